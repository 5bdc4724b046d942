//! A recorder of metrics for one thread, with values that tests read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// Values by the name of their sample in the format OpenMetrics.
#[derive(Default)]
pub struct Meter {
    counters: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    /// The bits of floating-point numbers.
    gauges: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    histograms: Mutex<BTreeMap<String, Arc<Values>>>,
    units: Mutex<BTreeMap<String, Unit>>,
}

/// The recorded values of a histogram.
#[derive(Default)]
struct Values(Mutex<Vec<f64>>);

impl HistogramFn for Values {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}

impl Meter {
    /// Returns the samples of all counters and gauges, each as a line in the format OpenMetrics.
    pub fn samples(&self) -> Vec<String> {
        let counters = self.counters.lock().unwrap();
        let counters = counters.iter();
        let counters = counters.map(|(name, it)| format!("{name} {}", it.load(Ordering::Relaxed)));
        let gauges = self.gauges.lock().unwrap();
        let gauges = gauges.iter();
        let value = |bits: &AtomicU64| f64::from_bits(bits.load(Ordering::Relaxed));
        let gauges = gauges.map(|(name, it)| format!("{name} {}", value(it)));
        counters.chain(gauges).collect()
    }

    /// Returns whether a counter or gauge has this line.
    pub fn has(&self, line: &str) -> bool {
        self.samples().iter().any(|it| it == line)
    }

    /// Returns the recorded values of a histogram.
    pub fn values(&self, name: &str) -> Vec<f64> {
        self.histograms.lock().unwrap()[name]
            .0
            .lock()
            .unwrap()
            .clone()
    }

    /// Returns the names of all histograms.
    pub fn histograms(&self) -> Vec<String> {
        self.histograms.lock().unwrap().keys().cloned().collect()
    }

    /// Returns the described unit of a metric.
    pub fn unit(&self, name: &str) -> Option<Unit> {
        self.units.lock().unwrap().get(name).copied()
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>) {
        let mut units = self.units.lock().unwrap();
        units.extend(unit.map(|unit| (name.as_str().to_owned(), unit)));
    }
}

impl Recorder for Meter {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(entry(&self.counters, key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(entry(&self.gauges, key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(entry(&self.histograms, key))
    }
}

/// Returns the value of a key, which is shared by all that register it.
fn entry<T: Default>(values: &Mutex<BTreeMap<String, Arc<T>>>, key: &Key) -> Arc<T> {
    let labels = key
        .labels()
        .map(|it| format!("{}=\"{}\"", it.key(), it.value()));
    let labels = labels.collect::<Vec<_>>().join(",");
    let name = format!("{}{{{labels}}}", key.name());
    values.lock().unwrap().entry(name).or_default().clone()
}
