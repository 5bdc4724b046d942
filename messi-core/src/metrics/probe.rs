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
pub(crate) struct Probe(Option<Measurements>);

struct Measurements {
    histograms: Arc<Histograms>,
    /// The number of the next message that is measured, counted from now on.
    distance: u32,
}

/// The begin of a callback, if its time is measured.
#[derive(Clone, Copy)]
pub(crate) struct Timing(Option<Instant>);

impl Probe {
    /// Returns one that measures nothing.
    pub(crate) fn off() -> Self {
        Self(None)
    }

    /// Returns one that records in these histograms.
    pub(super) fn new(histograms: Arc<Histograms>, runtime: &dyn AsyncRuntime) -> Self {
        Self(Some(Measurements {
            histograms,
            // Not the first message: that is often another one than those that follow, such as a login, and
            // would count too often.
            distance: random_distance(runtime),
        }))
    }

    /// Begins the callback of a message.
    #[inline]
    pub(crate) fn begin(&mut self, runtime: &dyn AsyncRuntime) -> Timing {
        let Some(measurements) = &mut self.0 else {
            return Timing(None);
        };
        measurements.distance -= 1;
        if measurements.distance > 0 {
            return Timing(None);
        }
        measurements.distance = random_distance(runtime);
        Timing(Some(runtime.now()))
    }

    /// Records the time of a callback that has returned, whose message began with this key.
    #[inline]
    pub(crate) fn end(&self, timing: Timing, key: FirstKey, runtime: &dyn AsyncRuntime) {
        if let Timing(Some(start)) = timing
            && let Some(Measurements { histograms, .. }) = &self.0
        {
            histograms.record_handler(key.number(), runtime.now() - start);
        }
    }

    /// Records the time from a ping to its pong.
    pub(crate) fn record_round_trip(&self, time: Duration) {
        if let Some(Measurements { histograms, .. }) = &self.0 {
            histograms.record_round_trip(time);
        }
    }
}

/// Returns a distance of at least 1.
#[cold]
fn random_distance(runtime: &dyn AsyncRuntime) -> u32 {
    // A random number is below 1.
    1 + (runtime.random() * f64::from(MAX_DISTANCE)) as u32
}

impl Debug for Probe {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Probe").finish_non_exhaustive()
    }
}
