//! The list of all peers and benchmarks.

use work::Workload;

use crate::Result;
use crate::figures::{self, Figure};

/// A pair of programs to measure: mostly the same program for both sides.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The name in options, tables and plots. A variant is named `peer:variant`.
    pub name: &'static str,
    pub client: Program,
    pub server: Program,
}

/// A program of a peer, or a variant of one.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The package of the program.
    pub package: &'static str,
    /// The name of the variant in the program, or "" for the default.
    pub variant: &'static str,
}

const fn program(package: &'static str) -> Program {
    Program {
        package,
        variant: "",
    }
}

const fn peer(name: &'static str, program: Program) -> Peer {
    Peer {
        name,
        client: program,
        server: program,
    }
}

const fn variant(name: &'static str, package: &'static str, variant: &'static str) -> Peer {
    peer(name, Program { package, variant })
}

/// The peer that is compared with all others.
pub const SUBJECT: &str = "messi";

/// All peers, in the order of the tables.
pub const PEERS: [Peer; 19] = [
    peer("raw-std", program("peer-raw-std")),
    peer("raw", program("peer-raw")),
    variant("raw:async-std", "peer-raw", "async-std"),
    variant("raw:tokio", "peer-raw", "tokio"),
    peer(SUBJECT, program("peer-messi")),
    variant("messi:async-std", "peer-messi", "async-std"),
    variant("messi:smol", "peer-messi", "smol"),
    variant("messi:tokio", "peer-messi", "tokio"),
    variant("messi:busy-poll", "peer-messi", "busy-poll"),
    variant("messi:views", "peer-messi", "views"),
    variant("messi:sessions", "peer-messi", "sessions"),
    variant("messi:tls", "peer-messi", "tls"),
    peer("tonic", program("peer-tonic")),
    peer("protosocket", program("peer-protosocket")),
    peer("c", program("peer-c")),
    peer("original", program("peer-original")),
    peer("python", program("peer-python")),
    Peer {
        server: program("peer-c"),
        ..peer("python-client", program("peer-python"))
    },
    Peer {
        // The original has no server in Python.
        server: program("peer-original"),
        ..variant("original-python", "peer-python", "original")
    },
];

/// A workload with the figures to report.
#[derive(Clone, Debug)]
pub struct Benchmark {
    pub name: &'static str,
    /// The description in the tables.
    pub title: &'static str,
    pub workload: Workload,
    /// The figures in the tables. The first one is compared between peers.
    pub figures: &'static [Figure],
    /// The minimum duration of a measurement, in seconds.
    pub min_seconds: f64,
}

impl Benchmark {
    /// Returns whether connections are idle most of the time.
    pub fn is_quiet(&self) -> bool {
        self.min_seconds > 0.0
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
        min_seconds: 0.0,
    }
}

/// All benchmarks, in the order of the tables.
pub const BENCHMARKS: [Benchmark; 11] = [
    benchmark(
        "ping-pong",
        "One request and one response at a time",
        Workload::Requests { outstanding: 1 },
        &[
            figures::RATE,
            figures::CPU_PER_MILLION,
            figures::SWITCHES,
            figures::P50,
            figures::P99,
            figures::P999,
        ],
    ),
    benchmark(
        "outstanding-64",
        "Requests and responses, 64 outstanding",
        Workload::Requests { outstanding: 64 },
        &[figures::RATE, figures::CPU_PER_MILLION],
    ),
    benchmark(
        "blast",
        "One way at full speed, with one acknowledgement at the end",
        Workload::Blast { size: 24 },
        &[figures::RATE, figures::CPU_PER_MILLION],
    ),
    benchmark(
        "broadcast-50",
        "To 50 clients, batches of 512 messages; the next batch starts when every client has received all",
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
        "To 1,000 clients, batches of 128 messages; the next batch starts when every client has received all",
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
        // Long enough for several pings, and for the detection of a lost one.
        min_seconds: 10.0,
        ..benchmark(
            "idle",
            "10,000 connections with keep-alive only",
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
        "One way, texts of 64 KiB",
        Workload::Blast { size: 64 << 10 },
        &[figures::MEGABYTES, figures::CPU_PER_GIGABYTE],
    ),
    benchmark(
        "payload-900k",
        "One way, texts of 900 KiB",
        Workload::Blast { size: 900 << 10 },
        &[figures::MEGABYTES, figures::CPU_PER_GIGABYTE],
    ),
    benchmark(
        "storm",
        "10,000 clients connect at the same moment; ends when all have a response",
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

/// Returns the items of `all` with one of the names, or all items if there is no name.
pub fn select<T: Clone>(
    all: &[T],
    names: &[String],
    name_of: impl Fn(&T) -> &'static str,
    kind: &str,
) -> Result<Vec<T>> {
    for name in names {
        if !all.iter().any(|it| name_of(it) == name) {
            let known: Vec<_> = all.iter().map(&name_of).collect();
            return Err(format!(
                "unknown {kind} {name:?}, expected one of: {}",
                known.join(", ")
            )
            .into());
        }
    }
    let is_selected = |it: &&T| names.is_empty() || names.iter().any(|name| name_of(it) == name);
    Ok(all.iter().filter(is_selected).cloned().collect())
}
