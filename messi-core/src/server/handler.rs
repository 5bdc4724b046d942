//! The trait by which generated code connects the handlers of a server with this crate.

use std::time::Duration;

use crate::protocol::ClientMessage;
use crate::{DisconnectReason, Protocol, Received, ServerClient};

/// A protocol with server-side connections that a handler of type `H` can drive.
///
/// Expansions implement it for each `H` that implements the generated server handler trait.
pub trait ServeWith<H>: Protocol {
    /// Calls the handler's `on_client_connected`.
    fn on_client_connected(
        handler: &mut H,
        client: &ServerClient<Self>,
    ) -> impl Future<Output = ()> + Send;

    /// Calls the handler's `on_client_interrupted`.
    fn on_client_interrupted(
        handler: &mut H,
        client: &ServerClient<Self>,
        reason: DisconnectReason,
    ) -> impl Future<Output = ()> + Send;

    /// Calls the handler's `on_client_resumed`.
    fn on_client_resumed(
        handler: &mut H,
        client: &ServerClient<Self>,
        away: Duration,
    ) -> impl Future<Output = ()> + Send;

    /// Calls the handler's `on_client_disconnected`.
    fn on_client_disconnected(
        handler: &mut H,
        client: &ServerClient<Self>,
        reason: DisconnectReason,
    ) -> impl Future<Output = ()> + Send;

    /// Calls the handler's `on_message`.
    fn on_message<'a>(
        handler: &'a mut H,
        client: &'a ServerClient<Self>,
        message: Received<ClientMessage<'a, Self>>,
    ) -> impl Future<Output = ()> + Send;
}
