//! What the fuzzers run, as plain functions of bytes: each panics if a promise is broken.
//!
//! `fuzz/` hands them to libFuzzer; `tests/seeded.rs` runs them over the same corpora and over
//! mutations that a seed decides, with no more than a stable compiler.

pub mod corpus;
pub mod mutation;
mod schema;
pub mod watch;

pub use messi_core::fuzzing::{connection, frames};
pub use schema::{MARK, Schemas};
