//! The counters, gauges and histograms of one server or client in the facade.
//!
//! They are registered with the recorder that the calling thread has at that moment. Clients with the same labels
//! share them. So they are moved by differences: absolute values of one client would overwrite those of another.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, SharedString, Unit,
    with_recorder,
};

use super::families::{FAMILIES, Family, HANDLER, HistogramFamily, ROUND_TRIP, Read, Scope, Value};
use crate::{LOG_TARGET, ServerStats};

/// Describes all metrics of messi to a recorder.
const METADATA: Metadata<'static> = Metadata::new(LOG_TARGET, Level::INFO, None);

/// The counters and gauges, with the values that they were moved to.
pub(super) struct Instruments {
    counters: Vec<(Counter, Read)>,
    gauges: Vec<(Gauge, Read)>,
    reported: ServerStats,
}

impl Instruments {
    /// Registers the counters and gauges of a server or a client.
    pub(super) fn register(labels: &[Label], is_server: bool) -> Self {
        let mut instruments = Self {
            counters: Vec::new(),
            gauges: Vec::new(),
            reported: ServerStats::default(),
        };
        let families = FAMILIES.iter();
        let families = families.filter(|it| is_server || it.scope != Scope::Server);
        with_recorder(|recorder| {
            families.for_each(|family| instruments.add(recorder, family, labels));
        });
        // There may be thousands of clients, each with its own.
        instruments.counters.shrink_to_fit();
        instruments.gauges.shrink_to_fit();
        instruments
    }

    fn add(&mut self, recorder: &dyn Recorder, family: &'static Family, labels: &[Label]) {
        let (name, unit) = (family.name, unit(family));
        match &family.value {
            Value::Counter(read) => {
                recorder.describe_counter(name.into(), Some(unit), family.help.into());
                self.add_counter(recorder, name, labels.to_vec(), *read);
            }
            Value::Causes(causes) => {
                recorder.describe_counter(name.into(), Some(unit), family.help.into());
                for (cause, read) in *causes {
                    let cause = Label::from_static_parts("cause", cause);
                    let labels = [labels, &[cause]].concat();
                    self.add_counter(recorder, name, labels, *read);
                }
            }
            Value::Gauge(read) => {
                recorder.describe_gauge(name.into(), Some(unit), family.help.into());
                let key = Key::from_parts(name, labels.to_vec());
                self.gauges
                    .push((recorder.register_gauge(&key, &METADATA), *read));
            }
            // No sum of them over clients has a meaning.
            Value::Peak(_) | Value::Time(_) => {}
        }
    }

    fn add_counter(
        &mut self,
        recorder: &dyn Recorder,
        name: &'static str,
        labels: Vec<Label>,
        read: Read,
    ) {
        let key = Key::from_parts(name, labels);
        self.counters
            .push((recorder.register_counter(&key, &METADATA), read));
    }

    /// Moves the counters and gauges to the values of now.
    pub(super) fn report(&mut self, stats: ServerStats) {
        let before = mem::replace(&mut self.reported, stats);
        for (counter, read) in &self.counters {
            let growth = read(&stats).saturating_sub(read(&before));
            // Most counters stand still: a recorder need not be bothered.
            if growth > 0 {
                counter.increment(growth);
            }
        }
        for (gauge, read) in &self.gauges {
            let (before, now) = (read(&before), read(&stats));
            if now > before {
                gauge.increment((now - before) as f64);
            } else if now < before {
                gauge.decrement((before - now) as f64);
            }
        }
    }
}

impl Drop for Instruments {
    /// Takes the values out of the gauges, which other clients may share.
    fn drop(&mut self) {
        for (gauge, read) in &self.gauges {
            let value = read(&self.reported);
            if value > 0 {
                gauge.decrement(value as f64);
            }
        }
    }
}

/// The histograms of all connections of a server or a client.
pub(super) struct Histograms {
    /// One for each member of received messages, by its number.
    handlers: Vec<(u32, Histogram)>,
    round_trip: Histogram,
}

impl Histograms {
    /// Registers the histograms. `members` are those that the peer sends.
    pub(super) fn register(labels: &[Label], members: &[(u32, &'static str)]) -> Arc<Self> {
        let handler = |recorder: &dyn Recorder, (number, member): &(u32, &'static str)| {
            let member = Label::from_static_parts("message", member);
            let histogram = register_histogram(recorder, &HANDLER, [labels, &[member]].concat());
            (*number, histogram)
        };
        with_recorder(|recorder| {
            let handlers = members.iter().map(|member| handler(recorder, member));
            Arc::new(Self {
                handlers: handlers.collect(),
                round_trip: register_histogram(recorder, &ROUND_TRIP, labels.to_vec()),
            })
        })
    }

    /// Records the time of the method for the messages of a member.
    pub(super) fn record_handler(&self, member: u32, time: Duration) {
        // A number that is not there belongs to a newer schema: there is no method for it.
        if let Some((_, histogram)) = self.handlers.iter().find(|(number, _)| *number == member) {
            histogram.record(time);
        }
    }

    /// Records the time of a ping.
    pub(super) fn record_round_trip(&self, time: Duration) {
        self.round_trip.record(time);
    }
}

fn register_histogram(
    recorder: &dyn Recorder,
    family: &HistogramFamily,
    labels: Vec<Label>,
) -> Histogram {
    recorder.describe_histogram(family.name.into(), Some(Unit::Seconds), family.help.into());
    let key = Key::from_parts(family.name, labels);
    recorder.register_histogram(&key, &METADATA)
}

fn unit(family: &Family) -> Unit {
    match family.unit() {
        Some("bytes") => Unit::Bytes,
        Some("seconds") => Unit::Seconds,
        _ => Unit::Count,
    }
}

/// Returns labels of the facade. All metrics share the values of these labels.
pub(super) fn shared_labels(labels: &[(&'static str, String)]) -> Vec<Label> {
    let shared = |value: &str| SharedString::from_shared(Arc::from(value));
    let labels = labels.iter();
    labels
        .map(|(name, value)| Label::new(*name, shared(value)))
        .collect()
}
