//! The figures that are calculated from reports.

use work::{Latency, Memory, Report};

/// A figure of a benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The heading of the column, with the unit.
    pub name: &'static str,
    /// Whether a lower value is better.
    pub is_cost: bool,
    /// Calculates the figure from a report.
    pub value: fn(&Report) -> f64,
}

impl Figure {
    /// Returns how many times better `own` is than `other`.
    pub fn ratio(&self, own: f64, other: f64) -> f64 {
        match self.is_cost {
            true => other / own,
            false => own / other,
        }
    }
}

/// Defines a figure that is better when higher.
const fn gain(name: &'static str, value: fn(&Report) -> f64) -> Figure {
    Figure {
        name,
        is_cost: false,
        value,
    }
}

/// Defines a figure that is better when lower.
const fn cost(name: &'static str, value: fn(&Report) -> f64) -> Figure {
    Figure {
        name,
        is_cost: true,
        value,
    }
}

pub const RATE: Figure = gain("messages/s", |report| {
    report.messages as f64 / report.seconds
});
pub const DELIVERED: Figure = Figure {
    name: "delivered/s",
    ..RATE
};
pub const MEGABYTES: Figure = gain("MB/s", |report| bytes(report) / 1e6 / report.seconds);

pub const CPU_PER_MILLION: Figure = cost("CPU s per million", |report| {
    cpu(report) / (report.messages as f64 / 1e6)
});
pub const CPU_PER_GIGABYTE: Figure =
    cost("CPU s per GB", |report| cpu(report) / (bytes(report) / 1e9));
pub const SERVED: Figure = Figure {
    name: "served/s",
    ..RATE
};

pub const CPU_SECONDS: Figure = cost("CPU s", cpu);
pub const CPU_PER_CONNECTION: Figure = cost("CPU µs each", |report| {
    1e6 * cpu(report) / report.messages as f64
});
pub const SERVER_CPU: Figure = cost("server, % of a core", |report| {
    100.0 * report.server_cpu / report.seconds
});
pub const CLIENT_CPU: Figure = cost("clients, % of a core", |report| {
    100.0 * report.client_cpu / report.seconds
});
pub const SERVER_CPU_EACH: Figure = cost("server, CPU µs each a second", |report| {
    1e6 * report.server_cpu / report.seconds / report.messages as f64
});
pub const CLIENT_CPU_EACH: Figure = cost("client, CPU µs each a second", |report| {
    1e6 * report.client_cpu / report.seconds / report.messages as f64
});

/// The context switches of both processes. A round trip has two messages.
pub const SWITCHES: Figure = cost("switches per message", |report| {
    let switches = report.client_switches + report.server_switches;
    switches as f64 / (2 * report.messages) as f64
});

pub const P50: Figure = cost("p50 µs", |report| latency(report).p50);
pub const P99: Figure = cost("p99 µs", |report| latency(report).p99);
pub const P999: Figure = cost("p99.9 µs", |report| latency(report).p999);

pub const LAST_P50: Figure = cost("p50 ms until the last client has it", |report| {
    latency(report).p50 / 1e3
});
pub const LAST_MAX: Figure = cost("max ms until the last client has it", |report| {
    latency(report).max / 1e3
});

pub const SERVER_MEMORY: Figure = cost("server, KiB each", |report| memory(report).server_kib);
pub const CLIENT_MEMORY: Figure = cost("client, KiB each", |report| memory(report).client_kib);

pub const SECONDS: Figure = cost("seconds", |report| report.seconds);
pub const OVERFLOWS: Figure = cost("backlog overflows", |report| report.listen_overflows as f64);
pub const LOST: Figure = cost("connections lost", |report| report.lost as f64);

/// Returns the CPU time of both processes.
fn cpu(report: &Report) -> f64 {
    report.client_cpu + report.server_cpu
}

fn bytes(report: &Report) -> f64 {
    (report.messages * report.text_size) as f64
}

fn latency(report: &Report) -> Latency {
    report.latency.clone().unwrap_or_default()
}

fn memory(report: &Report) -> Memory {
    report.memory.clone().unwrap_or_default()
}
