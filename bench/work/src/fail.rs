//! The end of a process that has seen something wrong.

use std::fmt::Display;
use std::process;

/// Says what is wrong and ends the process: a figure of a peer that misbehaves is worth nothing.
///
/// Not a panic, since transports catch those.
pub fn fail(problem: impl Display) -> ! {
    let program = std::env::args().next().unwrap_or_default();
    eprintln!("{program}: {problem}");
    process::exit(1)
}
