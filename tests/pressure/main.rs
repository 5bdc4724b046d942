//! A server under pressure, and what that costs it in memory, in descriptors and in time for others.
//!
//! The server is this program itself, started again, so that its memory is its own. There is a
//! short form of each test, and a full one, which takes some minutes:
//!
//! ```text
//! MESSI_PRESSURE=full cargo test --release --test pressure
//! ```
//!
//! The soak lasts for as many seconds as are asked for, here for an hour:
//!
//! ```text
//! MESSI_SOAK=3600 cargo test --release --test pressure soak
//! ```

#[allow(dead_code, reason = "the tests against the original use the rest")]
#[path = "../common/events.rs"]
mod events;
#[allow(dead_code, reason = "the tests with killed processes use the rest")]
#[path = "../common/process.rs"]
mod process;

mod descriptors;
mod floods;
mod gauge;
mod honest;
mod raw;
mod slow_readers;
mod slow_senders;
mod soak;
mod target;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if target::run_if_asked() {
        return ExitCode::SUCCESS;
    }
    let tests = [
        slow_readers::TESTS,
        slow_senders::TESTS,
        floods::TESTS,
        descriptors::TESTS,
        soak::TESTS,
    ];
    let trials = tests.into_iter().flatten();
    let trials = trials.map(|&(name, test)| trial(name, test)).collect();
    let mut arguments = Arguments::from_args();
    // Each is to have the machine for itself.
    arguments.test_threads = Some(1);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test and its name.
type Test = (&'static str, fn());

fn trial(name: &str, test: fn()) -> Trial {
    let trial = Trial::test(name, move || {
        test();
        Ok(())
    });
    // Memory and descriptors are those that Linux tells of.
    trial.with_ignored_flag(!cfg!(target_os = "linux"))
}

/// One of two values, by the form that is asked for.
fn by_form<T>(short: T, full: T) -> T {
    match env::var("MESSI_PRESSURE").as_deref() {
        Err(_) => short,
        Ok("full") => full,
        Ok(other) => panic!("MESSI_PRESSURE is {other:?}: it may be \"full\""),
    }
}
