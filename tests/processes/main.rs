//! Clients and servers with a peer process that is killed, suspended or measured, and tests that fail on purpose.
//!
//! The peer is this program, started again. The number of kills each way can be set:
//!
//! ```text
//! MESSI_KILLS=1000 cargo test --release --test processes kill
//! ```

#[allow(dead_code, reason = "the tests against the original use the rest")]
#[path = "../harness/events.rs"]
mod events;
#[path = "../harness/port.rs"]
mod port;
#[allow(dead_code, reason = "the tests against the original use the rest")]
#[path = "../harness/process.rs"]
mod process;
#[allow(dead_code, reason = "the tests of runtimes use the rest")]
#[path = "../harness/runtime.rs"]
mod runtime;
#[path = "../harness/signal.rs"]
mod signal;

mod flow;
mod foreign_waits;
mod kill;
mod peer;
mod stop;
#[cfg(target_os = "linux")]
mod switches;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    runtime::set_default();
    if peer::run_if_asked() || foreign_waits::run_if_asked() {
        return ExitCode::SUCCESS;
    }
    let tests = kill::TESTS.iter().chain(stop::TESTS);
    let tests = tests.chain(foreign_waits::TESTS);
    #[cfg(target_os = "linux")]
    let tests = tests.chain(switches::TESTS);
    let trials = tests.map(|&(name, test)| trial(name, test)).collect();

    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The name of a test, and its function.
type Test = (&'static str, fn());

fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
