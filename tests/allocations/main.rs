//! Counts allocations. The counting allocator is that of the whole program.

#[path = "../it/common/mod.rs"]
mod common;

mod costs;
mod hostile_payloads;
mod idle;
mod presence;
mod topics;
