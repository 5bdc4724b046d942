//! The peers and the works there are.

use work::Workload;

use crate::figures::{self, Figure};

/// A program to measure. A variant of one is a line of its own in [`PEERS`].
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its name in options, tables and plots: for a variant, `program:variant`.
    pub name: &'static str,
    /// The package that is built and run.
    pub program: &'static str,
    /// What the program calls the variant, "" being the usual one.
    pub variant: &'static str,
}

const fn peer(name: &'static str, program: &'static str) -> Peer {
    Peer {
        name,
        program,
        variant: "",
    }
}

/// The one that is compared with the others.
pub const SUBJECT: &str = "messi";

/// Every peer, in the order of the tables.
pub const PEERS: [Peer; 8] = [
    peer("raw-std", "peer-raw-std"),
    peer("raw-async-std", "peer-raw-async-std"),
    peer(SUBJECT, "peer-messi"),
    Peer {
        variant: "busy-poll",
        ..peer("messi:busy-poll", "peer-messi")
    },
    Peer {
        variant: "tls",
        ..peer("messi:tls", "peer-messi")
    },
    peer("tonic", "peer-tonic"),
    peer("protosocket", "peer-protosocket"),
    peer("original", "peer-original"),
];

/// A work with the figures that it is about.
#[derive(Clone, Debug)]
pub struct Benchmark {
    pub name: &'static str,
    /// A sentence for the tables.
    pub title: &'static str,
    pub workload: Workload,
    /// What is shown of it. The first is what peers are compared by.
    pub figures: &'static [Figure],
    /// The time it takes to see anything, in seconds.
    pub at_least: f64,
}

impl Benchmark {
    /// Whether next to nothing happens in it, for a long time.
    pub fn is_quiet(&self) -> bool {
        self.at_least > 0.0
    }
}

const fn benchmark(
    name: &'static str,
    title: &'static str,
    workload: Workload,
    figures: &'static [Figure],
) -> Benchmark {
    Benchmark {
        name,
        title,
        workload,
        figures,
        at_least: 0.0,
    }
}

/// Every work, in the order of the tables.
pub const BENCHMARKS: [Benchmark; 11] = [
    benchmark(
        "ping-pong",
        "One message there and one back, again and again",
        Workload::Requests { outstanding: 1 },
        &[
            figures::RATE,
            figures::CPU_PER_MILLION,
            figures::P50,
            figures::P99,
            figures::P999,
        ],
    ),
    benchmark(
        "outstanding-64",
        "The same with 64 messages under way",
        Workload::Requests { outstanding: 64 },
        &[figures::RATE, figures::CPU_PER_MILLION],
    ),
    benchmark(
        "blast",
        "One way, as fast as it goes, and one acknowledgement of all",
        Workload::Blast { size: 24 },
        &[figures::RATE, figures::CPU_PER_MILLION],
    ),
    benchmark(
        "broadcast-50",
        "To 50 clients, 512 messages back to back; the next 512 when every client has all",
        Workload::Broadcast {
            clients: 50,
            burst: 512,
        },
        &[figures::DELIVERED, figures::CPU_PER_MILLION],
    ),
    benchmark(
        "broadcast-50-single",
        "To 50 clients, one message at a time",
        Workload::Broadcast {
            clients: 50,
            burst: 1,
        },
        &[figures::DELIVERED, figures::CPU_PER_MILLION],
    ),
    benchmark(
        "broadcast-1000",
        "To 1,000 clients, 128 messages back to back; the next 128 when every client has all",
        Workload::Broadcast {
            clients: 1_000,
            burst: 128,
        },
        &[figures::DELIVERED, figures::CPU_PER_MILLION],
    ),
    benchmark(
        "broadcast-1000-single",
        "To 1,000 clients, one message at a time",
        Workload::Broadcast {
            clients: 1_000,
            burst: 1,
        },
        &[figures::DELIVERED, figures::CPU_PER_MILLION],
    ),
    Benchmark {
        // Several pings, and the time after which a lost one is noticed.
        at_least: 10.0,
        ..benchmark(
            "idle",
            "10,000 connections that only keep alive, of which none may be lost",
            Workload::Idle {
                connections: 10_000,
            },
            &[
                figures::SERVER_MEMORY,
                figures::CLIENT_MEMORY,
                figures::SERVER_CPU,
                figures::CLIENT_CPU,
                figures::LOST,
            ],
        )
    },
    benchmark(
        "payload-64k",
        "One way with texts of 64 KiB",
        Workload::Blast { size: 64 << 10 },
        &[figures::MEGABYTES, figures::CPU_PER_GIGABYTE],
    ),
    benchmark(
        "payload-900k",
        "One way with texts of 900 KiB",
        Workload::Blast { size: 900 << 10 },
        &[figures::MEGABYTES, figures::CPU_PER_GIGABYTE],
    ),
    benchmark(
        "storm",
        "10,000 clients that connect at the same moment, until all are answered",
        Workload::Storm {
            connections: 10_000,
        },
        &[
            figures::SECONDS,
            figures::CPU_SECONDS,
            figures::OVERFLOWS,
            figures::LOST,
        ],
    ),
];
