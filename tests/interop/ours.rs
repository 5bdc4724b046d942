//! Our client and our server, made to report as the original's do.

mod chat;
mod client;
mod server;

pub(crate) use client::OurClient;
pub(crate) use server::{LEAVE, OurServer, SLOW};
