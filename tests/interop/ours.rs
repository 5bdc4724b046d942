//! Our client and our server, made to report as the original's do.

mod client;
mod server;

pub(crate) use client::OurClient;
pub(crate) use server::{LEAVE, OurServer, SLOW};

/// The schema that the peers are generated from too.
mod chat {
    messi::protocol!("../../examples/chat/chat.proto");
}
