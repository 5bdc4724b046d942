//! Clients and servers with handlers that report to the measurement.

use std::sync::mpsc::Sender;

use messi::{DisconnectReason, Reply};
use work::fail;

messi::protocol!("../../proto/chat.proto");

/// The server side of a connection: it sends each message back.
pub(crate) struct Echo;

impl ChatServerHandler for Echo {
    async fn on_connect_req(
        &mut self,
        _: &ChatServerClient,
        _: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        reply.send(ConnectRsp {});
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.send(message);
    }
}

/// The server side of a connection that only receives.
pub(crate) struct Sink;

impl ChatServerHandler for Sink {}

/// An event of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Message,
    Interrupted,
    Resumed,
}

/// The client side of a connection, which reports its events.
pub(crate) struct Reporter(pub(crate) Sender<Event>);

impl Reporter {
    fn report(&self, event: Event) {
        // The measurement may be over.
        let _ = self.0.send(event);
    }
}

impl ChatClientHandler for Reporter {
    async fn on_message_ind(&mut self, _: &ChatClient, _: MessageInd) {
        self.report(Event::Message);
    }

    async fn on_interrupted(&mut self, _: &ChatClient, _: DisconnectReason) {
        self.report(Event::Interrupted);
    }

    async fn on_resumed(&mut self, _: &ChatClient, _: std::time::Duration) {
        self.report(Event::Resumed);
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        if matches!(reason, DisconnectReason::SessionLost(_)) {
            fail(format!("a session was lost: {reason}"));
        }
    }
}

/// Returns a message with 32 bytes of user data.
pub(crate) fn message() -> MessageInd {
    MessageInd {
        user: work::USER.into(),
        text: "x".repeat(24),
    }
}
