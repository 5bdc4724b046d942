//! What a client has measured.

use std::process;

use serde::{Deserialize, Serialize};

/// What a client prints, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The work is done.
    Done(Report),
    /// The peer can't do the work, and why.
    Unsupported(String),
}

impl Outcome {
    /// Prints the outcome and ends the process.
    pub(crate) fn print(&self) -> ! {
        println!(
            "{}",
            serde_json::to_string(self).expect("an outcome is plain data")
        );
        process::exit(0)
    }
}

/// The figures of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Messages that arrived and were checked: round trips, deliveries, or connections served.
    pub messages: u64,
    /// The size of the text of each, in bytes.
    pub text_size: u64,
    /// The time it took.
    pub seconds: f64,
    /// CPU time of the client's process meanwhile, in seconds.
    pub client_cpu: f64,
    /// CPU time of the server's process meanwhile, in seconds.
    pub server_cpu: f64,
    /// Of round trips, where one is outstanding.
    pub latency: Option<Latency>,
    /// Of idle connections.
    pub memory: Option<Memory>,
    /// Connections that ended though nobody wanted it.
    pub lost: u64,
    /// Connections that found the listener's backlog full, on the whole machine.
    pub listen_overflows: u64,
}

/// Times of round trips, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
}

/// Resident memory for each connection, in KiB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub server_kib: f64,
    pub client_kib: f64,
}
