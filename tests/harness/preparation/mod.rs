//! Prepares programs and packages of other languages for tests, once, under `target/interop`.
//!
//! If a machine lacks something, the tests are reported as ignored; in CI they fail.

mod cache;
mod command;
pub(crate) mod python;

use std::{env, fmt};

use libtest_mimic::{Completion, Failed};

pub(crate) use cache::{Cache, broken};
pub(crate) use command::run;

/// The reason why a test can't run.
#[derive(Clone, Debug)]
pub(crate) enum Unprepared {
    /// This system can't run the test.
    Unsupported(&'static str),
    /// A program or package is missing, and could be installed.
    Missing(String),
    /// A prepared file, or a file that it is made of, is wrong.
    Broken(String),
}

impl Unprepared {
    /// Returns the outcome of a test that can't run: ignored, or failed in CI, where it would go unnoticed.
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
            Self::Missing(name) => write!(f, "missing: {name}"),
            Self::Broken(problem) => write!(f, "can't prepare the other side: {problem}"),
        }
    }
}

fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}
