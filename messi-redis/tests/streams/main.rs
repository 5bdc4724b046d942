//! Tests the engine in the mode with a stream, with the servers of `tests/servers`.

#[allow(unused_imports, reason = "tests of other crates use the rest")]
#[path = "../../../tests/harness/preparation/mod.rs"]
mod preparation;

#[allow(dead_code, reason = "tests of other crates use the rest")]
#[path = "../../../tests/harness/port.rs"]
mod port;
#[path = "../../../tests/harness/signal.rs"]
mod signal;

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
    tested::run(scenarios_of)
}

/// Sets the mode that is tested.
fn in_mode(engine: Redis) -> Redis {
    engine.streams(1_000)
}

fn scenarios_of(vendor: Vendor, runtime: Runtime) -> Vec<Scenario> {
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
    scenarios
}
