//! The traits by which generated code uses this crate.
//!
//! An expansion of `messi::protocol!` has one marker type per protocol (`pub struct Chat;`) that
//! implements [`Protocol`], and, for every handler `H` of the user's, [`ConnectWith<H>`] and
//! [`ServeWith<H>`]. Clients and servers are generic over the marker, so that everything but
//! declarations is written, compiled and tested once, in this crate.

use std::future::Future;

pub use messi_wire::session::RequestKind;
use messi_wire::session::RequestKinds;
use prost::Message;

use crate::{Client, ConnectError, DisconnectReason, ResponseFuture, Retry, ServerClient};

/// A protocol generated from a schema: the two messages that travel over a connection.
pub trait Protocol: Sized + Send + Sync + 'static {
    /// The name of the protocol as the schema has it: the last part of its package.
    const NAME: &'static str;

    /// The message type that clients send.
    type ClientToServer: Message + Default + 'static;

    /// The message type that servers send.
    type ServerToClient: Message + Default + 'static;

    /// The kinds of requests that clients send.
    const CLIENT_REQUESTS: &'static [RequestKind] = &[];

    /// The kinds of requests that servers send.
    const SERVER_REQUESTS: &'static [RequestKind] = &[];

    /// Returns the field number of the request or response that a message of a client holds. The message is
    /// not encoded for it: it may be too big.
    fn client_member(_message: &Self::ClientToServer) -> Option<u32> {
        None
    }

    /// Returns the field number of the request or response that a message of a server holds.
    fn server_member(_message: &Self::ServerToClient) -> Option<u32> {
        None
    }
}

/// Returns the kinds of requests of a protocol as clients see them.
pub(crate) fn client_kinds<P: Protocol>() -> RequestKinds {
    RequestKinds::new(P::CLIENT_REQUESTS, P::SERVER_REQUESTS)
}

/// Returns the kinds of requests of a protocol as servers see them.
pub(crate) fn server_kinds<P: Protocol>() -> RequestKinds {
    RequestKinds::new(P::SERVER_REQUESTS, P::CLIENT_REQUESTS)
}

/// Sends requests to a server. Clients implement it.
pub trait RequestServer<P: Protocol> {
    /// Sends a request. `extract` takes its response out of a message.
    fn request<T: Send + 'static>(
        &self,
        request: impl Into<P::ClientToServer>,
        extract: fn(P::ServerToClient) -> Option<T>,
    ) -> ResponseFuture<T>;
}

/// Sends requests to a client. The handles of a server's clients implement it.
pub trait RequestClient<P: Protocol> {
    /// Sends a request. `extract` takes its response out of a message.
    fn request<T: Send + 'static>(
        &self,
        request: impl Into<P::ServerToClient>,
        extract: fn(P::ClientToServer) -> Option<T>,
    ) -> ResponseFuture<T>;
}

/// Outcome of a received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// A method of the handler was called.
    Delivered,
    /// The message held no member that is known to this side's schema.
    UnknownChoice,
}

/// A protocol whose clients can be driven by a handler of type `H`.
///
/// Expansions implement it for each `H` that implements the generated client handler trait.
pub trait ConnectWith<H>: Protocol {
    /// Calls the handler's `on_connected`.
    fn on_connected(handler: &mut H, client: &Client<Self>) -> impl Future<Output = ()> + Send;

    /// Calls the handler's `on_disconnected`.
    fn on_disconnected(
        handler: &mut H,
        client: &Client<Self>,
        reason: DisconnectReason,
    ) -> impl Future<Output = ()> + Send;

    /// Calls the handler's `on_connect_failure`.
    fn on_connect_failure(
        handler: &mut H,
        client: &Client<Self>,
        error: &ConnectError,
    ) -> impl Future<Output = Retry> + Send;

    /// Calls the handler's method for the member that the message holds.
    fn on_message(
        handler: &mut H,
        client: &Client<Self>,
        message: Self::ServerToClient,
    ) -> impl Future<Output = Dispatch> + Send;
}

/// A protocol whose server-side connections can be driven by a handler of type `H`.
///
/// Expansions implement it for each `H` that implements the generated server handler trait.
pub trait ServeWith<H>: Protocol {
    /// Calls the handler's `on_client_connected`.
    fn on_client_connected(
        handler: &mut H,
        client: &ServerClient<Self>,
    ) -> impl Future<Output = ()> + Send;

    /// Calls the handler's `on_client_disconnected`.
    fn on_client_disconnected(
        handler: &mut H,
        client: &ServerClient<Self>,
        reason: DisconnectReason,
    ) -> impl Future<Output = ()> + Send;

    /// Calls the handler's method for the member that the message holds.
    fn on_message(
        handler: &mut H,
        client: &ServerClient<Self>,
        message: Self::ClientToServer,
    ) -> impl Future<Output = Dispatch> + Send;
}
