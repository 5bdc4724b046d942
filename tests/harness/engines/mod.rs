//! Real servers that carry the messages of clusters, each in a process of its own, and where their programs come from.

#[allow(dead_code, reason = "tests of one engine do not start the others")]
pub(crate) mod nats;
#[allow(dead_code, reason = "the same")]
pub(crate) mod redis;
mod server;
mod wheels;

use std::env;

use libtest_mimic::{Completion, Failed};

use crate::preparation::Unprepared;

pub(crate) use server::{Kind, Program, Server};

const REQUIRED: &str = "MESSI_ORACLES_REQUIRED";

/// Returns the outcome of a test if its server can't be had: ignored, or failed where no server may be missing.
pub(crate) fn outcome(unprepared: &Unprepared) -> Result<Completion, Failed> {
    match unprepared {
        Unprepared::Missing(name) if env::var_os(REQUIRED).is_some() => {
            Err(format!("missing: {name}, and {REQUIRED} is set").into())
        }
        unprepared => unprepared.outcome(),
    }
}
