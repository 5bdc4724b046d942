//! What a test needs of other languages: fetched and made once, and kept under `target/interop`.
//!
//! A machine may lack it. Then the tests are reported as ignored; in CI that is a failure.

mod cache;
mod command;
pub(crate) mod python;

use std::{env, fmt};

use libtest_mimic::{Completion, Failed};

pub(crate) use cache::{Cache, broken};
pub(crate) use command::run;

/// Why a test can't run.
#[derive(Clone, Debug)]
pub(crate) enum Unprepared {
    /// This system can't run it at all.
    Unsupported(&'static str),
    /// The machine lacks something that can be installed.
    Missing(String),
    /// Something is wrong with what the test needs or with what that is made of.
    Broken(String),
}

impl Unprepared {
    /// Ignores a test that this machine can't run, but not where nobody would notice.
    pub(crate) fn outcome(&self) -> Result<Completion, Failed> {
        match self {
            Self::Unsupported(_) => Ok(Completion::ignored_with(self)),
            Self::Missing(_) if !in_ci() => Ok(Completion::ignored_with(self)),
            Self::Missing(_) | Self::Broken(_) => Err(self.into()),
        }
    }
}

impl fmt::Display for Unprepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(reason) => f.write_str(reason),
            Self::Missing(what) => write!(f, "missing: {what}"),
            Self::Broken(problem) => write!(f, "can't prepare the other side: {problem}"),
        }
    }
}

fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}
