//! Our generated types beside Google's protobuf for Python: what one encodes the other decodes, with
//! every field the same, and encodes again.
//!
//! Python and its package are prepared by the first test that runs. How many random messages go
//! each way can be set:
//!
//! ```text
//! MESSI_MESSAGES=100000 cargo test --release --test cross_decoding
//! ```

#[path = "../harness/preparation/mod.rs"]
mod preparation;

mod both_ways;
mod google;
mod kitchen;
mod listing;
mod sample;
mod unknown;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

use google::Google;

/// A test and its name.
type Test = (&'static str, fn(&mut Google));

fn main() -> ExitCode {
    let tests = both_ways::TESTS.iter().chain(unknown::TESTS);
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
