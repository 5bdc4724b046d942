//! The server in Rust.

use std::time::Duration;

use async_std::task::{self, block_on};
use messi::{DisconnectReason, Reply, ServerBuilder};

use super::chat::{
    Chat, ChatServer, ChatServerClient, ChatServerHandler, ConnectReq, ConnectRsp, MessageInd,
};
use crate::events::{Events, Reporter};
use crate::party::Party;
use crate::port;
use crate::programs::MAX_MESSAGE_SIZE;

/// The text of a message that takes [`SLOW_TIME`] to handle.
pub(crate) const SLOW: &str = "handle this slowly";

/// Longer than every keep-alive time: the longest is 4 s.
const SLOW_TIME: Duration = Duration::from_secs(5);

/// The text of a message that has its sender disconnected.
pub(crate) const LEAVE: &str = "disconnect me";

/// A server in Rust. It is stopped when dropped.
#[derive(Debug)]
pub(crate) struct RustServer {
    server: ChatServer,
    events: Events,
}

impl RustServer {
    /// Starts a server on a port, or on a free one if the port is 0.
    pub(crate) fn start(port: u16) -> Self {
        Self::start_with(port, |builder| builder)
    }

    /// Starts a server with settings of its own.
    pub(crate) fn start_with(
        port: u16,
        set: impl Fn(ServerBuilder<Chat>) -> ServerBuilder<Chat>,
    ) -> Self {
        let (reporter, events) = Events::of("Rust server");
        let server = port::when_free(|| {
            let reporter = reporter.clone();
            let builder = ChatServer::builder(port::uri(port)).max_message_size(MAX_MESSAGE_SIZE);
            block_on(set(builder).start(move |_| Session {
                reporter: reporter.clone(),
            }))
        });

        Self { server, events }
    }

    /// Returns the port on which the server listens.
    pub(crate) fn port(&self) -> u16 {
        self.server.local_addr().port().unwrap()
    }
}

impl Party for RustServer {
    fn events(&mut self) -> &mut Events {
        &mut self.events
    }

    fn send(&mut self, text: &str) {
        self.server.broadcast(MessageInd {
            user: "server".to_owned(),
            text: text.to_owned(),
        });
    }

    fn burst(&mut self, count: usize) {
        for number in 1..=count {
            self.send(&number.to_string());
        }
    }
}

impl Drop for RustServer {
    fn drop(&mut self) {
        block_on(self.server.stop());
    }
}

struct Session {
    reporter: Reporter,
}

impl ChatServerHandler for Session {
    async fn on_client_connected(&mut self, _: &ChatServerClient) {
        self.reporter.event("client_connected");
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.reporter
            .event(format!("client_disconnected {reason:?}"));
    }

    async fn on_connect_req(
        &mut self,
        _: &ChatServerClient,
        request: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        self.reporter.event(format!("connect_req {}", request.user));
        reply.send(ConnectRsp {});
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        self.reporter
            .event(format!("message {} {}", message.user, message.text));

        match message.text.as_str() {
            LEAVE => client.disconnect(),
            SLOW => task::sleep(SLOW_TIME).await,
            _ => (),
        }

        client.server().broadcast(message);
    }
}
