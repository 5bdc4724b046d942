//! Compares our generated types with Google's protobuf for Python: each side decodes the messages of
//! the other with the same fields, and encodes them again.
//!
//! The first test installs the Python package. The number of random messages each way can be set:
//!
//! ```text
//! MESSI_MESSAGES=100000 cargo test --release --test cross_decoding
//! ```

#[path = "../harness/preparation/mod.rs"]
mod preparation;

mod all_types;
mod both_ways;
mod google;
mod kitchen;
mod listing;
mod sample;
mod unknown;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

use google::Google;

/// The name of a test, and its function.
type Test = (&'static str, fn(&mut Google));

fn main() -> ExitCode {
    let tests = both_ways::TESTS.iter();
    let tests = tests.chain(all_types::TESTS).chain(unknown::TESTS);
    let trials = tests.map(|&(name, test)| trial(name, test)).collect();

    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, test: fn(&mut Google)) -> Trial {
    Trial::ignorable_test(name, move || match Google::start() {
        Ok(mut google) => {
            test(&mut google);
            Ok(Completion::Completed)
        }
        Err(unprepared) => unprepared.outcome(),
    })
}
