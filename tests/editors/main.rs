//! Opens a program in rust-analyzer, and asks it as editors do.
//!
//! The tests need rust-analyzer and the sources of the standard library: `rustup component add rust-analyzer rust-src`.

mod client;
mod editor;
mod places;
#[allow(
    dead_code,
    unused_imports,
    reason = "the tests against other implementations use the rest"
)]
#[path = "../harness/preparation/mod.rs"]
mod preparation;
mod problems;
mod program;
mod rust_analyzer;
mod schema;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use libtest_mimic::{Arguments, Completion, Trial};

use editor::Editor;
use preparation::Unprepared;

/// The name of a test, and its function.
type Test = (&'static str, fn(&mut Editor));

/// One editor for all tests, opened by the first one: rust-analyzer takes long to read a program.
type Shared = OnceLock<Result<Mutex<Editor>, Unprepared>>;

fn main() -> ExitCode {
    let editor = Arc::new(Shared::new());
    let tests = [places::TESTS, problems::TESTS, schema::TESTS].concat();
    let trials = tests.into_iter().map(|test| trial(test, &editor)).collect();
    drop(editor);

    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial((name, test): Test, editor: &Arc<Shared>) -> Trial {
    let editor = Arc::clone(editor);
    Trial::ignorable_test(name, move || {
        match editor.get_or_init(|| Editor::open().map(Mutex::new)) {
            Ok(editor) => {
                // A failed test leaves the program as it was.
                test(&mut editor.lock().unwrap_or_else(PoisonError::into_inner));
                Ok(Completion::Completed)
            }
            Err(unprepared) => unprepared.outcome(),
        }
    })
}
