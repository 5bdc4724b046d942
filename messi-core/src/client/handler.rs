//! The traits by which generated code connects the handler of a client with this crate.

use std::time::Duration;

use crate::protocol::ServerMessage;
use crate::{Client, ConnectError, DisconnectReason, Protocol, Received, ResponseFuture, Retry};

/// Sends requests to a server. Clients implement it.
pub trait RequestServer<P: Protocol> {
    /// Sends a request. `extract` takes its response out of a message.
    fn request<T: Send + 'static>(
        &self,
        request: impl Into<P::ClientToServer>,
        extract: fn(P::ServerToClient) -> Option<T>,
    ) -> ResponseFuture<T>;
}

/// A protocol with clients that a handler of type `H` can drive.
///
/// Expansions implement it for each `H` that implements the generated client handler trait.
pub trait ConnectWith<H>: Protocol {
    /// Calls the handler's `on_connected`.
    fn on_connected(handler: &mut H, client: &Client<Self>) -> impl Future<Output = ()> + Send;

    /// Calls the handler's `on_interrupted`.
    fn on_interrupted(
        handler: &mut H,
        client: &Client<Self>,
        reason: DisconnectReason,
    ) -> impl Future<Output = ()> + Send;

    /// Calls the handler's `on_resumed`.
    fn on_resumed(
        handler: &mut H,
        client: &Client<Self>,
        away: Duration,
    ) -> impl Future<Output = ()> + Send;

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

    /// Calls the handler's `on_message`.
    fn on_message<'a>(
        handler: &'a mut H,
        client: &'a Client<Self>,
        message: Received<ServerMessage<'a, Self>>,
    ) -> impl Future<Output = ()> + Send;
}
