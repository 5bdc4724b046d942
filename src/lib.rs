//! Typed, ordered, bidirectional messages over one TCP connection.

pub use messi_core::{
    Client, ClientBuilder, ClientId, ConnectError, DisconnectReason, Error, ListenError, Retry,
    SendError, Server, ServerBuilder, ServerClient, UriError,
};
pub use messi_macros::protocol;
pub use prost;
pub use prost_types;

/// What expansions of [`protocol!`] name. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use std::collections::HashMap;

    pub use messi_core::{ConnectWith, Dispatch, Protocol, ServeWith};
}
