//! The client and the server in Rust, which report events like the programs.

mod client;
mod server;

pub(crate) use client::RustClient;
pub(crate) use server::{LEAVE, RustServer, SLOW};

/// The schema from which the programs are generated too.
pub(crate) mod chat {
    messi::protocol!("../../examples/chat/chat.proto");
}
