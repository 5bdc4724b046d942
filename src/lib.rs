#![doc = include_str!("../README.md")]

pub use messi_core::{
    Client, ClientBuilder, ClientId, ConnectError, DisconnectReason, Error, ListenError, Retry,
    SendError, Server, ServerBuilder, ServerClient, UriError,
};
pub use prost;
pub use prost_types;

/// Reads a proto3 schema and expands into a protocol: its message types, a client, a server, and
/// a handler trait for each.
///
/// `messi::protocol!("chat.proto")`, at the level of a module. Of the package `chat`, or the file
/// `chat.proto` where there is no package, it makes
///
/// | item | what it is |
/// | --- | --- |
/// | `ChatClient` | a [`Client`], driven by a `ChatClientHandler` |
/// | `ChatServer` | a [`Server`], driven by one `ChatServerHandler` for each client |
/// | `ChatServerClient` | a [`ServerClient`]: a client as the server sees it |
/// | `ChatClientHandler` | the trait with `on_connected`, `on_disconnected`, `on_connect_failure`, and a method for each message that servers send |
/// | `ChatServerHandler` | the trait with `on_client_connected`, `on_client_disconnected`, and a method for each message that clients send |
/// | `ClientToServer`, `ServerToClient` | what each side sends, made by `From` of what they may hold |
/// | every message and enum | with its comment as documentation; imported packages are modules |
///
/// A dotted package gives its last part: `acme.chat` makes `ChatClient` too.
///
/// # The schema
///
/// Of proto3, everything but services, which are passed over, and extensions, which are refused.
/// There must be the messages `ClientToServer` and `ServerToClient`, each with exactly one oneof,
/// named `messages`, and with no message inside; plain fields and enums beside the oneof are
/// allowed. A member may be a message or a scalar: `string text = 1` makes
/// `on_text(&mut self, client, message: String)`.
///
/// # The path
///
/// It leads from the Rust file that names it, or else from the directory of `Cargo.toml`. Imports
/// are looked for in the schema's directory, then in that of `Cargo.toml`; `google/protobuf/…`
/// comes with this crate. An edit of any of these files rebuilds the crate that uses them.
///
/// # Options
///
/// `crate = ::renamed` says where this crate is, if not at `::messi`.
///
/// # Errors
///
/// All mistakes are reported at once, as compile errors that tell the place in the schema.
///
/// # Examples
///
/// ```
/// mod chat {
///     messi::protocol!("examples/chat/chat.proto");
/// }
///
/// use messi::prost::Message;
///
/// fn main() {
///     let message = chat::ClientToServer::from(chat::ConnectReq { user: "Erik".into() });
///     assert_eq!(message.encode_to_vec(), b"\x0a\x06\x0a\x04Erik");
/// }
/// ```
pub use messi_macros::protocol;

/// What expansions of [`protocol!`] name. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use std::collections::HashMap;

    pub use messi_core::{ConnectWith, Dispatch, Protocol, ServeWith};
}
