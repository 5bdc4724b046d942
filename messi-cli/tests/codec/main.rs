//! The C codec and the C of messages, compiled by gcc: programs of `tests/c`, the size of the flash, and a
//! comparison with Google's protobuf.
//!
//! Tests whose compiler or packages are missing are reported as ignored; in CI they fail.
//!
//! ```text
//! MESSI_MESSAGES=100000 MESSI_SEED=5 cargo test -p messi-cli --test codec
//! ```

#[path = "../../../tests/harness/arguments.rs"]
mod arguments;
#[path = "../../../tests/harness/preparation/mod.rs"]
mod preparation;

mod compiler;
#[path = "../common/compilers.rs"]
mod compilers;
mod corpus;
mod differential;
mod directory;
mod flash;
mod microcontroller;
mod pbtools;
mod programs;

use std::env;
use std::process::ExitCode;

use libtest_mimic::Trial;

use compilers::outcome;
use preparation::Unprepared;

/// The name of a test, and its function.
type Test = (&'static str, fn() -> Result<(), Unprepared>);

/// Tests that run at the same time, unless the arguments say otherwise: two of them wait for a package index.
const THREADS: usize = 4;

fn main() -> ExitCode {
    // The longest tests come first.
    let tests = [
        pbtools::TESTS,
        differential::TESTS,
        programs::TESTS,
        corpus::TESTS,
        flash::TESTS,
        microcontroller::TESTS,
    ];
    let trials = tests
        .into_iter()
        .flatten()
        .map(|&(name, test)| Trial::ignorable_test(name, move || outcome(test())));
    libtest_mimic::run(&arguments::with_threads(THREADS), trials.collect()).exit_code()
}

/// Returns a number of the environment, or the default.
fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect("a number"))
}
