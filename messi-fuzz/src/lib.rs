//! The functions that the fuzzers run. Each takes an input, and panics if messi violates one of its
//! guarantees.
//!
//! The crate `fuzz` calls them from libFuzzer. `tests/seeded.rs` calls them with the same corpora and
//! with random mutations from a fixed seed, and needs only a stable compiler.

mod connection;
mod controls;
pub mod corpus;
mod frames;
mod input;
pub mod mutation;
mod proxy_header;
mod schema;
mod views;
pub mod watch;

pub use connection::connection;
pub use controls::controls;
pub use frames::frames;
pub use proxy_header::proxy_header;
pub use schema::{MARK, Schemas};
pub use views::views;
