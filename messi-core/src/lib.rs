//! The runtime of messi.

mod client;
mod error;
mod protocol;
mod server;

pub use client::{Client, ClientBuilder};
pub use error::{ConnectError, DisconnectReason, Error, ListenError, Retry, SendError, UriError};
pub use protocol::{ConnectWith, Dispatch, Protocol, ServeWith};
pub use server::{ClientId, Server, ServerBuilder, ServerClient};
