//! Tests the memory, the descriptors and the latency of a server under pressure.
//!
//! The server is this program, started again, so that its memory can be measured. Each test has a short
//! form, and a full one, which takes some minutes:
//!
//! ```text
//! MESSI_PRESSURE=full cargo test --release --test pressure
//! ```
//!
//! The duration of the soak can be set in seconds, here to an hour:
//!
//! ```text
//! MESSI_SOAK=3600 cargo test --release --test pressure soak
//! ```

#[allow(dead_code, reason = "the tests against the original use the rest")]
#[path = "../harness/events.rs"]
mod events;
#[path = "../harness/form.rs"]
mod form;
#[path = "../harness/machine.rs"]
mod machine;
#[allow(dead_code, reason = "the tests with killed processes use the rest")]
#[path = "../harness/process.rs"]
mod process;
#[allow(dead_code, reason = "the tests of runtimes use the rest")]
#[path = "../harness/runtime.rs"]
mod runtime;
#[path = "../harness/signal.rs"]
mod signal;

mod closing;
mod descriptors;
mod flooders;
mod floods;
mod gauge;
mod held_messages;
mod honest;
mod leavers;
mod partial_readers;
mod raw;
mod refused_floods;
mod slow_readers;
mod slow_senders;
mod soak;
mod target;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use form::by_form;

fn main() -> ExitCode {
    runtime::set_default();
    if target::run_if_asked() {
        return ExitCode::SUCCESS;
    }
    let loud = [
        slow_readers::TESTS,
        floods::TESTS,
        descriptors::TESTS,
        closing::TESTS,
        refused_floods::TESTS,
        partial_readers::TESTS,
        held_messages::TESTS,
        leavers::TESTS,
    ];
    let quiet = [soak::TESTS, slow_senders::TESTS].concat();
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(quiet.len());
    // Tests begin in their order: the quiet ones at the same time, as each measures a server of its own.
    let quiet = quiet.into_iter().map(|it| trial(it, machine::shared));
    let loud = loud.concat();
    let loud = loud.into_iter().map(|it| trial(it, machine::alone));
    libtest_mimic::run(&arguments, quiet.chain(loud).collect()).exit_code()
}

/// The name of a test, and its function.
type Test = (&'static str, fn());

/// Returns a test that has the machine in this way.
fn trial<Guard: 'static>((name, test): Test, machine: fn() -> Guard) -> Trial {
    let trial = Trial::test(name, move || {
        let _machine = machine();
        test();
        Ok(())
    });
    // Memory and descriptors are measured with Linux's `/proc`.
    trial.with_ignored_flag(!cfg!(target_os = "linux"))
}
