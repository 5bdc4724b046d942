//! The command line.

use clap::{Parser, ValueEnum};

use crate::engine::Kind;

/// Measures clusters of three nodes, and writes the results.
#[derive(Parser)]
pub(crate) struct Options {
    /// The engine, which is started.
    #[arg(long, default_value = "valkey")]
    pub(crate) engine: Kind,
    /// The URL of a running engine of this kind. Measurements that need a restart of the engine do not run then.
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// The measurements to run. By default all.
    #[arg(long, value_delimiter = ',')]
    work: Vec<Work>,
    /// The number of interleaved measurements of throughput and latency.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeats: usize,
    /// The duration of each measurement of throughput, in seconds.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,
    /// The number of restarts of the engine after each outage.
    #[arg(long, default_value_t = 10)]
    pub(crate) restarts: usize,
    /// The number of nodes that are killed.
    #[arg(long, default_value_t = 5)]
    pub(crate) kills: usize,
    /// Measure once and shortly, and print tables without writing files.
    #[arg(long)]
    pub(crate) quick: bool,
}

/// A measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// Broadcasts at full speed.
    Throughput,
    /// One message at a time.
    Latency,
    /// Restarts of the engine.
    Restart,
    /// Killed nodes.
    Kill,
    /// The costs of the engine, by the number of its subscribers.
    Capacity,
}

impl Options {
    /// Returns the selected measurements.
    pub(crate) fn works(&self) -> &[Work] {
        match self.work.is_empty() {
            true => Work::value_variants(),
            false => &self.work,
        }
    }
}
