//! Tests all implementations with each other: ours in Rust, C and Python, and the original in C and
//! Python.
//!
//! The first test fetches the original, generates code with it and with our generator, and compiles
//! programs. For that it needs python3, gcc and a package index. If one of these is missing, the tests are
//! reported as ignored; in CI they fail. The sources around the generated code are in `peers/`: the same
//! files for the original's code and for ours, which shows that ours can replace it.

#[path = "../harness/arguments.rs"]
mod arguments;
#[allow(dead_code, reason = "the tests of killed processes use the rest")]
#[path = "../harness/events.rs"]
mod events;
#[path = "../harness/port.rs"]
mod port;
#[path = "../harness/preparation/mod.rs"]
mod preparation;
#[path = "../harness/process.rs"]
mod process;
#[allow(dead_code, reason = "the tests of runtimes use the rest")]
#[path = "../harness/runtime.rs"]
mod runtime;
#[path = "../harness/signal.rs"]
mod signal;

mod party;
mod prepare;
mod programs;
mod rust;
mod scenarios;
mod wire;

use std::process::ExitCode;

use libtest_mimic::{Completion, Trial};

use scenarios::Scenario;

/// The number of tests that run at the same time. They mostly wait, above all for keep-alive times.
const THREADS: usize = 40;

fn main() -> ExitCode {
    runtime::set_default();
    let trials = scenarios::all().into_iter().map(trial).collect();

    libtest_mimic::run(&arguments::with_threads(THREADS), trials).exit_code()
}

fn trial(scenario: Scenario) -> Trial {
    Trial::ignorable_test(scenario.name, || match prepare::peers() {
        Ok(peers) => {
            (scenario.run)(peers);
            Ok(Completion::Completed)
        }
        Err(unprepared) => unprepared.outcome(),
    })
}
