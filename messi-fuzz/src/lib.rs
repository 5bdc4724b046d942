//! What the fuzzers run, as plain functions of bytes: each panics if a promise is broken.
//!
//! `fuzz/` hands them to libFuzzer; `tests/seeded.rs` runs them over the same corpora and over
//! mutations that a seed decides, with no more than a stable compiler.

mod connection;
pub mod corpus;
mod frames;
pub mod mutation;
mod schema;
mod script;
pub mod watch;

pub use connection::connection;
pub use frames::frames;
pub use schema::{MARK, Schemas};
