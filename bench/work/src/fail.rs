//! Ends the process after an error.

use std::fmt::Display;
use std::process;

/// Prints an error and ends the process, because figures of a faulty peer would be meaningless.
///
/// A panic would not do, because some transports catch panics.
pub fn fail(error: impl Display) -> ! {
    let program = std::env::args().next().unwrap_or_default();
    eprintln!("{program}: {error}");
    process::exit(1)
}
