//! Measures time, CPU and memory between the end of the warm-up and the end of the measurement.

use std::process;
use std::time::{Duration, Instant};

use crate::process::{listen_overflows, resident_kib};
use crate::usage::Threads;
use crate::{Job, Memory, Report};

/// The duration of the warm-up as a fraction of the measurement.
const WARM_UP: f64 = 0.25;

/// The values of all counters at one moment.
#[derive(Clone, Debug)]
struct Snapshot {
    time: Instant,
    messages: u64,
    client: Threads,
    server: Threads,
    listen_overflows: u64,
}

/// Measures one workload.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    server_pid: u32,
    seconds: f64,
    created: Instant,
    /// The resident memory of both processes before the first connection.
    resident: Resident,
    begin: Option<Box<Snapshot>>,
}

/// The resident memory of both processes, in KiB.
#[derive(Clone, Copy, Debug)]
struct Resident {
    server: u64,
    client: u64,
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
            resident: Resident::of(job.server_pid),
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
        self.begin = Some(Box::new(self.snapshot(messages)));
    }

    /// Returns the measurement until now.
    pub(crate) fn report(&self, messages: u64) -> Report {
        // The clock is read before the counters here, and after them at the beginning: the reading itself is not
        // a part of the measurement.
        let end = Snapshot {
            time: Instant::now(),
            ..self.snapshot(messages)
        };
        let begin = self.begin.as_deref().unwrap_or(&end);
        let client = end.client.since(&begin.client);
        let server = end.server.since(&begin.server);
        Report {
            messages: end.messages - begin.messages,
            seconds: (end.time - begin.time).as_secs_f64(),
            client_cpu: client.cpu.as_secs_f64(),
            server_cpu: server.cpu.as_secs_f64(),
            client_switches: client.switches,
            server_switches: server.switches,
            listen_overflows: end.listen_overflows - begin.listen_overflows,
            ..Report::default()
        }
    }

    /// Returns the growth of memory for each of this number of connections, which were opened after `new`.
    pub(crate) fn memory(&self, connections: usize) -> Memory {
        let (before, now) = (self.resident, Resident::of(self.server_pid));
        let each = |before: u64, now: u64| now.saturating_sub(before) as f64 / connections as f64;
        Memory {
            server_kib: each(before.server, now.server),
            client_kib: each(before.client, now.client),
        }
    }

    /// Reads all counters, and the clock last.
    fn snapshot(&self, messages: u64) -> Snapshot {
        Snapshot {
            client: Threads::of(process::id()),
            server: Threads::of(self.server_pid),
            listen_overflows: listen_overflows(),
            messages,
            time: Instant::now(),
        }
    }
}

impl Resident {
    fn of(server_pid: u32) -> Self {
        Self {
            server: resident_kib(server_pid),
            client: resident_kib(process::id()),
        }
    }
}
