//! Generated clients and servers in C with their runtime, compiled by gcc: the programs of `tests/c`, the
//! examples, and the flash that a client takes.
//!
//! Tests whose compiler is missing are reported as ignored; in CI they fail.
//!
//! ```text
//! MESSI_INPUTS=1000000 MESSI_SEED=5 cargo test -p messi-cli --test runtime fuzzed
//! ```

#[path = "../../../tests/harness/arguments.rs"]
mod arguments;
#[path = "../../../tests/harness/preparation/mod.rs"]
#[allow(dead_code, unused_imports, reason = "other targets use the rest")]
mod preparation;

#[path = "../common/compilers.rs"]
mod compilers;
mod examples;
mod flash;
mod generated;
mod programs;
mod warnings;

use std::process::ExitCode;

use libtest_mimic::Trial;

use compilers::outcome;
use preparation::Unprepared;

/// The name of a test, and its function.
type Test = (&'static str, fn() -> Result<(), Unprepared>);

/// Tests that run at the same time, unless the arguments say otherwise: those with sockets wait most of the time.
const THREADS: usize = 4;

fn main() -> ExitCode {
    // The tests that only compile come first: the last ones mostly wait.
    let tests = [
        warnings::TESTS,
        programs::TESTS,
        examples::TESTS,
        flash::TESTS,
    ];
    let trials = tests
        .into_iter()
        .flatten()
        .map(|&(name, test)| Trial::ignorable_test(name, move || outcome(test())));
    libtest_mimic::run(&arguments::with_threads(THREADS), trials.collect()).exit_code()
}
