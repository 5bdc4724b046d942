//! Runs the works with every peer, and makes tables and plots of what they measured.
//!
//! `bin/run.rs` is the command behind `bench/run`, `bin/build-cost.rs` that behind `bench/build`.

pub mod build_cost;
pub mod catalogue;
pub mod figures;
pub mod machine;
pub mod placement;
pub mod plot;
pub mod results;
pub mod table;
pub mod trial;

use std::error::Error;
use std::path::PathBuf;

/// What went wrong, for people to read: everything ends with the first problem.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The directory `bench`.
pub fn bench_directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
