//! Requirements for every engine, tested with real servers.
//!
//! The crate of an engine includes this, and has a module `tested`, with the items of the engine that the tests need:
//!
//! | item | meaning |
//! | --- | --- |
//! | `NAME` | the name of its servers in errors |
//! | `Server::engine()` | the engine for a server |
//! | `Server::connections()` | the number of connections to a server |
//! | `start_impatient(program)` | starts a server that cuts a link for which more than 24,000 bytes wait |
//! | `Server::tls_engine(host)`, `set_tls(command, port, certificate, key)`, `WITHOUT_TLS` | the engine and the options of a server with TLS, and the error of an engine without |

#[path = "../../arguments.rs"]
mod arguments;
pub(crate) mod cluster;
pub(crate) mod links;
pub(crate) mod parties;
pub(crate) mod runtimes;
pub(crate) mod tls;

use std::process::ExitCode;

use futures::future::BoxFuture;
use libtest_mimic::{Completion, Trial};

use crate::engines::{self, Program};
use crate::preparation::Unprepared;
use runtimes::Runtime;

/// A test with one server.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Runs it with the program of a server.
    pub(crate) run: fn(Program) -> BoxFuture<'static, ()>,
}

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        &[$(Scenario {
            name: stringify!($name),
            run: |program| $name(program).boxed(),
        }),*]
    };
}

pub(crate) use scenarios;

/// Creates the test of a scenario with a server. If the server can't be had, it is reported as ignored, or fails where
/// `MESSI_ORACLES_REQUIRED` is set.
pub(crate) fn trial(
    server: &str,
    program: impl FnOnce() -> Result<Program, Unprepared> + Send + 'static,
    runtime: Runtime,
    scenario: Scenario,
) -> Trial {
    let name = format!("{server}::{}::{}", runtime.name(), scenario.name);
    Trial::ignorable_test(name, move || match program() {
        Ok(program) => {
            runtime.run((scenario.run)(program));
            Ok(Completion::Completed)
        }
        Err(unprepared) => engines::outcome(&unprepared),
    })
}

/// Tests that run at the same time, unless the arguments say otherwise: they wait a part of the time.
const THREADS: usize = 8;

/// Runs tests as the arguments of the process say.
pub(crate) fn run(trials: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&arguments::with_threads(THREADS), trials).exit_code()
}
