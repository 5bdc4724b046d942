//! The report of a client.

use std::process;

use serde::{Deserialize, Serialize};

/// The output of a client as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The workload has finished.
    Done(Report),
    /// The peer does not support the workload, for this reason.
    #[serde(rename = "cannot")]
    Unsupported(String),
}

impl Outcome {
    /// Prints the outcome and ends the process.
    pub(crate) fn print(&self) -> ! {
        println!(
            "{}",
            serde_json::to_string(self).expect("an outcome can be serialized")
        );
        process::exit(0)
    }
}

/// The measurement of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The number of received and checked messages: round trips, deliveries, or served or idle connections.
    pub messages: u64,
    /// The size of the text of each message, in bytes.
    pub text_size: u64,
    /// The duration of the measurement.
    pub seconds: f64,
    /// The CPU time of the client process, in seconds.
    pub client_cpu: f64,
    /// The CPU time of the server process, in seconds.
    pub server_cpu: f64,
    /// The context switches to all threads of the client process.
    #[serde(default)]
    pub client_switches: u64,
    /// The context switches to all threads of the server process.
    #[serde(default)]
    pub server_switches: u64,
    /// The times of round trips with one outstanding request, or of rounds of broadcasts.
    pub latency: Option<Latency>,
    /// The memory of connections that are idle or receive broadcasts.
    pub memory: Option<Memory>,
    /// The number of connections that ended unexpectedly.
    pub lost: u64,
    /// The number of connections on this machine that found a full backlog.
    pub listen_overflows: u64,
}

/// Times of round trips, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    #[serde(default)]
    pub max: f64,
}

/// The growth of resident memory for each connection, in KiB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub server_kib: f64,
    pub client_kib: f64,
}
