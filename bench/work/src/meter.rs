//! Measures time and CPU between the end of the warm-up and the end of the measurement.

use std::process;
use std::time::{Duration, Instant};

use crate::process::{cpu, listen_overflows};
use crate::{Job, Report};

/// The duration of the warm-up as a fraction of the measurement.
const WARM_UP: f64 = 0.25;

/// The values of all counters at one moment.
#[derive(Clone, Debug)]
struct Snapshot {
    time: Instant,
    messages: u64,
    client_cpu: Duration,
    server_cpu: Duration,
    listen_overflows: u64,
}

/// Measures one workload.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    server_pid: u32,
    seconds: f64,
    created: Instant,
    begin: Option<Snapshot>,
}

/// The phase of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Messages are not counted yet.
    WarmingUp,
    /// The warm-up is over: messages are counted from now on.
    Begun,
    /// Messages are counted.
    Measuring,
    /// The measurement is over.
    Over,
}

impl Meter {
    pub(crate) fn new(job: &Job) -> Self {
        Self {
            server_pid: job.server_pid,
            seconds: job.seconds,
            created: Instant::now(),
            begin: None,
        }
    }

    /// Returns the phase at the time `now`. The first call after the warm-up begins the measurement, with
    /// this number of messages before it.
    pub(crate) fn phase(&mut self, now: Instant, messages: u64) -> Phase {
        match &self.begin {
            None if now - self.created < Duration::from_secs_f64(self.seconds * WARM_UP) => {
                Phase::WarmingUp
            }
            None => {
                self.begin(messages);
                Phase::Begun
            }
            Some(begin) if now - begin.time < Duration::from_secs_f64(self.seconds) => {
                Phase::Measuring
            }
            Some(_) => Phase::Over,
        }
    }

    /// Begins the measurement, with this number of messages before it.
    pub(crate) fn begin(&mut self, messages: u64) {
        self.begin = Some(self.snapshot(messages));
    }

    /// Returns the measurement until now.
    pub(crate) fn report(&self, messages: u64) -> Report {
        let end = self.snapshot(messages);
        let begin = self.begin.as_ref().unwrap_or(&end);
        Report {
            messages: end.messages - begin.messages,
            seconds: (end.time - begin.time).as_secs_f64(),
            client_cpu: (end.client_cpu - begin.client_cpu).as_secs_f64(),
            server_cpu: (end.server_cpu - begin.server_cpu).as_secs_f64(),
            listen_overflows: end.listen_overflows - begin.listen_overflows,
            ..Report::default()
        }
    }

    /// Reads all counters.
    fn snapshot(&self, messages: u64) -> Snapshot {
        Snapshot {
            client_cpu: cpu(process::id()),
            server_cpu: cpu(self.server_pid),
            listen_overflows: listen_overflows(),
            messages,
            time: Instant::now(),
        }
    }
}
