//! Our client and our server, which report events like the original's.

mod client;
mod server;

pub(crate) use client::OurClient;
pub(crate) use server::{LEAVE, OurServer, SLOW};

/// The schema from which the original's peers are generated too.
mod chat {
    messi::protocol!("../../examples/chat/chat.proto");
}
