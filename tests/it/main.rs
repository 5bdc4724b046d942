//! Every test that can share its process with others, in one program: it is linked once.
//!
//! The tests run side by side. One that needs a process to itself is in a crate of its own; the
//! reasons are in `tests/README.md`.

mod common;
mod generated;
mod lifecycle;
mod limits;
mod messages;
mod requests;
mod stats;
mod transports;
mod wire;
