//! The client in Rust.

use std::time::Duration;

use async_std::task::block_on;
use messi::{ClientBuilder, ConnectError, DisconnectReason, Retry, SendError};

use super::chat::{Chat, ChatClient, ChatClientHandler, ConnectReq, ConnectRsp, MessageInd};
use crate::events::{Events, Reporter};
use crate::party::Party;
use crate::port;
use crate::programs::MAX_MESSAGE_SIZE;

/// A client in Rust. It is stopped when dropped.
#[derive(Debug)]
pub(crate) struct RustClient {
    client: ChatClient,
    user: String,
    events: Events,
}

impl RustClient {
    /// Starts a client with a short reconnect delay, so that tests are short.
    pub(crate) fn start(port: u16, user: &str) -> Self {
        Self::start_with(port, user, |builder| builder)
    }

    /// Starts a client with settings of its own.
    pub(crate) fn start_with(
        port: u16,
        user: &str,
        set: impl FnOnce(ClientBuilder<Chat>) -> ClientBuilder<Chat>,
    ) -> Self {
        let (reporter, events) = Events::of(format!("Rust client {user}"));
        let builder = ChatClient::builder(port::uri(port))
            .reconnect_delay(Duration::from_millis(50), Duration::from_millis(200))
            .max_message_size(MAX_MESSAGE_SIZE);
        let handler = Handler {
            user: user.to_owned(),
            reporter,
        };
        let client = set(builder).start(handler).expect("a valid URI");

        Self {
            client,
            user: user.to_owned(),
            events,
        }
    }

    /// Sends a message, or returns the error if it can't be sent.
    pub(crate) fn try_send(&self, text: &str) -> Result<(), SendError> {
        self.client.try_send(self.message(text))?;
        Ok(())
    }

    fn message(&self, text: &str) -> MessageInd {
        MessageInd {
            user: self.user.clone(),
            text: text.to_owned(),
        }
    }
}

impl Party for RustClient {
    fn events(&mut self) -> &mut Events {
        &mut self.events
    }

    fn send(&mut self, text: &str) {
        self.client.send(self.message(text));
    }

    fn burst(&mut self, count: usize) {
        for number in 1..=count {
            self.send(&number.to_string());
        }
    }
}

impl Drop for RustClient {
    fn drop(&mut self) {
        block_on(self.client.stop());
    }
}

struct Handler {
    user: String,
    reporter: Reporter,
}

impl ChatClientHandler for Handler {
    async fn on_connected(&mut self, client: &ChatClient) {
        self.reporter.event("connected");
        client.send(ConnectReq {
            user: self.user.clone(),
        });
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.reporter.event(format!("disconnected {reason:?}"));
    }

    async fn on_connect_failure(&mut self, _: &ChatClient, error: &ConnectError) -> Retry {
        self.reporter.event(format!("connect_failure {error:?}"));
        Retry::Backoff
    }

    async fn on_connect_rsp(&mut self, _: &ChatClient, _: ConnectRsp) {
        self.reporter.event("connect_rsp");
    }

    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        self.reporter
            .event(format!("message {} {}", message.user, message.text));
    }
}
