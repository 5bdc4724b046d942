//! Runs the benchmarks with every peer, and creates tables and plots of the results.
//!
//! `bin/run.rs` is the command behind `bench/run`, `bin/growth.rs` is the one behind `bench/growth`, and
//! `bin/build-cost.rs` is the one behind `bench/build`.

pub mod build_cost;
pub mod catalogue;
pub mod figures;
pub mod growth;
pub mod machine;
pub mod measurement;
pub mod placement;
pub mod plot;
pub mod programs;
pub mod results;
pub mod speed;
pub mod table;
pub mod trial;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// A result with an error message for the terminal.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Writes the error of a command to the terminal, and returns the exit code of the process.
pub fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the path of the directory `bench`.
pub fn bench_directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
