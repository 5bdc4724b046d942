//! All tests that can share a process, in one program, so that it is linked once.
//!
//! The tests run at the same time. A test that needs its own process is in another crate: see
//! `tests/README.md`.

mod cluster;
mod common;
mod errors;
mod generated;
mod lifecycle;
mod limits;
mod messages;
mod metrics;
mod openmetrics;
mod requests;
mod sessions;
mod spans;
mod stats;
mod transports;
mod wire;
