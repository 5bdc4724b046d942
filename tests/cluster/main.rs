//! Clusters with each node in a process of its own, over real engines.
//!
//! A node is this program, started again. The engines are servers that the tests start. If one can't be had, its tests
//! are reported as ignored, or fail where `MESSI_ORACLES_REQUIRED` is set.

#[path = "../harness/arguments.rs"]
mod arguments;
#[allow(
    dead_code,
    unused_imports,
    reason = "the tests of single engines use the rest"
)]
#[path = "../harness/engines/mod.rs"]
mod engines;
#[allow(dead_code, reason = "the tests against the original use the rest")]
#[path = "../harness/events.rs"]
mod events;
#[path = "../harness/port.rs"]
mod port;
#[allow(unused_imports, reason = "tests of other crates use the rest")]
#[path = "../harness/preparation/mod.rs"]
mod preparation;
#[path = "../harness/process.rs"]
mod process;
#[allow(dead_code, reason = "the tests of runtimes use the rest")]
#[path = "../harness/runtime.rs"]
mod runtime;
#[path = "../harness/signal.rs"]
mod signal;

mod channel;
mod cluster;
mod engine;
mod engine_failures;
mod guest;
mod member;
mod node;
mod node_failures;
mod partitions;
mod presence;
mod proxy;
mod slow;
mod start;
mod topics;

use std::process::ExitCode;

use libtest_mimic::{Completion, Trial};

use engine::Engine;
use engines::Program;

mod proto {
    messi::protocol!("room.proto");
}

/// Tests that run at the same time, unless the arguments say otherwise: they wait most of the time.
const THREADS: usize = 20;

fn main() -> ExitCode {
    runtime::set_default();
    if member::run_if_asked() {
        return ExitCode::SUCCESS;
    }
    let trials = Engine::ALL.into_iter().flat_map(|engine| {
        let tests = [
            start::TESTS,
            engine_failures::TESTS,
            node_failures::TESTS,
            partitions::TESTS,
            presence::TESTS,
            slow::TESTS,
            topics::TESTS,
        ];
        let tests = tests.into_iter().flatten();
        tests.map(move |&(name, test)| trial(engine, name, test))
    });
    libtest_mimic::run(&arguments::with_threads(THREADS), trials.collect()).exit_code()
}

/// The name of a test, and its function.
type Test = (&'static str, fn(Engine, &Program));

fn trial(engine: Engine, name: &str, test: fn(Engine, &Program)) -> Trial {
    let name = format!("{}::{name}", engine.name());
    Trial::ignorable_test(name, move || match engine.program() {
        Ok(program) => {
            test(engine, &program);
            Ok(Completion::Completed)
        }
        Err(unprepared) => engines::outcome(&unprepared),
    })
}
