//! The times of consecutive round trips.

use std::time::Instant;

use hdrhistogram::Histogram;

use crate::Latency;

/// The upper bound of the histogram, in nanoseconds. Longer round trips are counted as this one.
const LONGEST: u64 = 60_000_000_000;

/// The times of consecutive round trips.
#[derive(Debug)]
pub(crate) struct RoundTrips {
    begin: Instant,
    histogram: Histogram<u64>,
}

impl RoundTrips {
    /// Begins the first round trip.
    pub(crate) fn new() -> Self {
        Self {
            begin: Instant::now(),
            histogram: Histogram::new_with_bounds(1, LONGEST, 3).expect("the bounds are valid"),
        }
    }

    /// Records the end of a round trip, which is also the start of the next.
    pub(crate) fn record(&mut self, now: Instant) {
        self.histogram
            .saturating_record((now - self.begin).as_nanos() as u64);
        self.begin = now;
    }

    /// Returns the distribution of the times.
    pub(crate) fn latency(&self) -> Latency {
        let microseconds = |quantile| self.histogram.value_at_quantile(quantile) as f64 / 1e3;
        Latency {
            p50: microseconds(0.5),
            p99: microseconds(0.99),
            p999: microseconds(0.999),
            max: microseconds(1.0),
        }
    }
}
