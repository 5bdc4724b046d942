//! Tests the engine in the mode with a stream, with the servers of `tests/servers`.

#[allow(unused_imports, reason = "tests of other crates use the rest")]
#[path = "../../../tests/harness/preparation/mod.rs"]
mod preparation;

#[allow(dead_code, reason = "tests of other crates use the rest")]
#[path = "../../../tests/harness/port.rs"]
mod port;

#[path = "../../../tests/harness/engines/mod.rs"]
mod engines;

#[path = "../../../tests/harness/engines/suite/mod.rs"]
mod suite;

#[path = "../servers/tested.rs"]
mod tested;

mod commands;
mod links;
mod nodes;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use messi_redis::Redis;

use engines::redis::Vendor;
use suite::Scenario;
use suite::runtimes::Runtime;

/// Scenarios of engines that push messages to their links: here, a link asks for them.
const OF_PUSHES: [&str; 3] = [
    "a_killed_server_fails_both_halves",
    "a_link_that_the_server_cuts_is_an_error",
    "a_link_that_does_not_receive_is_closed",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = Vendor::ALL
        .into_iter()
        .flat_map(|vendor| Runtime::ALL.map(|runtime| (vendor, runtime)))
        .flat_map(|(vendor, runtime)| trials(vendor, runtime))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Sets the mode that is tested.
fn in_mode(engine: Redis) -> Redis {
    engine.streams(1_000)
}

fn trials(vendor: Vendor, runtime: Runtime) -> Vec<Trial> {
    let mut scenarios = [suite::links::ALL, suite::cluster::ALL, links::ALL].concat();
    if vendor.has_tls() {
        scenarios.extend(suite::tls::ALL);
    }
    // They take seconds, and do not differ between runtimes.
    if matches!(runtime, Runtime::Tokio) {
        scenarios.extend(nodes::ALL);
        scenarios.extend(suite::cluster::SLOW);
    }
    scenarios.retain(|it: &Scenario| !OF_PUSHES.contains(&it.name));
    let trial = |it| suite::trial(vendor.name(), move || vendor.program(), runtime, it);
    scenarios.into_iter().map(trial).collect()
}
