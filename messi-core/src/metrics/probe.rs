//! Measures the handler and the round trips of one connection.
//!
//! Reading the clock twice takes as long as a part of a message. So only one message of about 64 is measured. The
//! distance to the next one is random: with a fixed one, messages that come in a pattern could be missed for ever.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;
use std::time::{Duration, Instant};

use messi_wire::session::FirstKey;

use super::instruments::Histograms;
use crate::runtime::AsyncRuntime;

/// The largest distance from one measured message to the next. Half of it is the mean.
const MAX_DISTANCE: u32 = 127;

/// Measures the connection of one task.
pub(crate) struct Probe {
    /// `None` if the measurements are off.
    histograms: Option<Arc<Histograms>>,
    /// The number of the next message that is measured, counted from now on. 0 while it is handled.
    distance: u32,
    /// The begin of the callback that is measured.
    start: Option<Instant>,
}

impl Probe {
    /// Returns one that does not measure.
    pub(crate) fn off() -> Self {
        Self {
            histograms: None,
            distance: u32::MAX,
            start: None,
        }
    }

    /// Returns one that records in these histograms.
    pub(super) fn new(histograms: Arc<Histograms>, runtime: &dyn AsyncRuntime) -> Self {
        Self {
            histograms: Some(histograms),
            // Not the first message: that is often another one than those that follow, such as a login, and
            // would count too often.
            distance: random_distance(runtime),
            start: None,
        }
    }

    /// Begins the callback of a message. Only one that returns has an [`end`](Self::end).
    #[inline]
    pub(crate) fn begin(&mut self, runtime: &dyn AsyncRuntime) {
        self.distance = self.distance.saturating_sub(1);
        if self.distance == 0 {
            self.start = Some(runtime.now());
        }
    }

    /// Ends a callback that has returned, for a message that began with this key.
    #[inline]
    pub(crate) fn end(&mut self, key: FirstKey, runtime: &dyn AsyncRuntime) {
        if self.distance == 0 {
            self.record(key, runtime);
        }
    }

    #[cold]
    fn record(&mut self, key: FirstKey, runtime: &dyn AsyncRuntime) {
        self.distance = random_distance(runtime);
        if let (Some(histograms), Some(start)) = (&self.histograms, self.start) {
            histograms.record_handler(key.number(), runtime.now() - start);
        }
    }

    /// Records the time from a ping to its pong.
    pub(crate) fn record_round_trip(&self, time: Duration) {
        if let Some(histograms) = &self.histograms {
            histograms.record_round_trip(time);
        }
    }
}

/// Returns a distance of at least 1.
fn random_distance(runtime: &dyn AsyncRuntime) -> u32 {
    // A random number is below 1.
    1 + (runtime.random() * f64::from(MAX_DISTANCE)) as u32
}

impl Debug for Probe {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Probe").finish_non_exhaustive()
    }
}
