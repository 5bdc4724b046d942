//! Handlers that panic, wait, disconnect or stop their server, over real sockets.

use std::future::pending;

use crate::common::chat::*;
use crate::common::*;
use futures::channel::oneshot;
use messi::DisconnectReason;

/// The size of a long text, in bytes.
const LONG: usize = 1_000_000;

/// A handler that takes the text of a message as a command.
struct Commanded(Reporter);

impl ChatServerHandler for Commanded {
    async fn on_client_connected(&mut self, client: &ChatServerClient) {
        self.0.on_client_connected(client).await;
    }

    async fn on_client_disconnected(
        &mut self,
        client: &ChatServerClient,
        reason: DisconnectReason,
    ) {
        self.0.on_client_disconnected(client, reason).await;
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        self.0.report(Event::Message(message.text.clone()));
        match message.text.as_str() {
            "panic" => panic_without_hook(),
            "wait" => pending().await,
            "disconnect" => client.disconnect(),
            "farewell" => {
                client.send(crate::common::message("x".repeat(LONG)));
                client.disconnect();
            }
            "stop" => _ = client.server().stop().await,
            _ => client.send(message),
        }
    }
}

/// Connects a client to a server with these handlers, and sends commands.
async fn connect_and_send(commands: &[&str]) -> (ChatServer, Events, ChatClient, Events) {
    let (reporter, mut server_events) = reporter();
    let server = ChatServer::builder(LOOPBACK)
        .start(move |_| Commanded(reporter.clone()))
        .await
        .unwrap();
    let (client, client_events) = connect(&server, &mut server_events).await;
    for command in commands {
        client.send(message(*command));
    }
    (server, server_events, client, client_events)
}

#[test]
fn a_handler_that_panics_closes_only_its_connection() {
    run(async {
        let (server, mut server_events, _client, mut client_events) =
            connect_and_send(&["hello", "panic", "never handled"]).await;
        assert_eq!(client_events.next().await, Event::Message("hello".into()));
        assert_eq!(
            client_events.next().await,
            Event::Disconnected(DisconnectReason::ConnectionClosed)
        );
        assert_eq!(server_events.next().await, Event::Message("hello".into()));
        assert_eq!(server_events.next().await, Event::Message("panic".into()));
        assert_eq!(
            server_events.next().await,
            Event::Disconnected(DisconnectReason::HandlerPanicked)
        );
        let (other, mut other_events) = connect(&server, &mut server_events).await;
        other.send(message("still here?"));
        assert_eq!(
            other_events.next().await,
            Event::Message("still here?".into())
        );
    });
}

#[test]
fn a_handler_that_disconnects_receives_no_more_messages() {
    run(async {
        let (_server, mut server_events, _client, _client_events) =
            connect_and_send(&["disconnect", "never handled"]).await;
        assert_eq!(
            server_events.next().await,
            Event::Message("disconnect".into())
        );
        assert_eq!(
            server_events.next().await,
            Event::Disconnected(DisconnectReason::Disconnected)
        );
    });
}

#[test]
fn a_client_that_keeps_sending_receives_the_messages_sent_before_its_disconnect() {
    run(async {
        let (reporter, mut events) = reporter();
        let server = ChatServer::builder(LOOPBACK)
            .start(move |_| Commanded(reporter.clone()))
            .await
            .unwrap();
        let mut peer = RawPeer::connect(server.local_addr()).await;
        assert_eq!(events.next().await, Event::Connected);
        // The message_ind with the text "farewell", and later messages that are never handled.
        let command = b"\x01\x00\x00\x0c\x12\x0a\x12\x08farewell";
        peer.send(&[command, b"\x01\x00\x00\x00".repeat(50_000).as_slice()].concat())
            .await;
        assert!(peer.expect_end().await.len() > LONG);
    });
}

#[test]
fn a_server_stops_although_a_handler_never_returns() {
    run(async {
        let (server, server_events, _client, _client_events) =
            connect_and_send(&["wait", "never handled"]).await;
        let mut server_events = server_events;
        assert_eq!(server_events.next().await, Event::Message("wait".into()));
        within("stop", server.stop()).await;
        assert_eq!(
            server_events.rest().await,
            [Event::Disconnected(DisconnectReason::Stopped)]
        );
    });
}

#[test]
fn a_handler_may_stop_its_server() {
    run(async {
        let (server, mut server_events, _client, _client_events) =
            connect_and_send(&["stop"]).await;
        assert_eq!(server_events.next().await, Event::Message("stop".into()));
        within("the server to stop", server.wait()).await;
        assert_eq!(
            server_events.rest().await,
            [Event::Disconnected(DisconnectReason::Stopped)]
        );
    });
}

#[test]
fn a_connection_stays_alive_and_loses_no_message_while_its_handler_waits() {
    /// Waits in the callback of its first message until it is released.
    struct Waiting {
        reporter: Reporter,
        release: Option<oneshot::Receiver<()>>,
    }

    impl ChatServerHandler for Waiting {
        async fn on_message_ind(&mut self, _: &ChatServerClient, message: MessageInd) {
            if let Some(release) = self.release.take() {
                let _ = release.await;
            }
            self.reporter.report(Event::Message(message.text));
        }
    }

    run(async {
        let (reporter, mut events) = reporter();
        let (releaser, release) = oneshot::channel();
        let mut release = Some(release);
        let server = ChatServer::builder(LOOPBACK)
            .start(move |_| Waiting {
                reporter: reporter.clone(),
                release: release.take(),
            })
            .await
            .unwrap();
        let mut peer = RawPeer::connect(server.local_addr()).await;
        // The message_ind with the text "hi", then pings: pongs are sent while the handler waits.
        peer.send(b"\x01\x00\x00\x06\x12\x04\x12\x02hi").await;
        for _ in 0..3 {
            peer.send(b"\x03\x00\x00\x00").await;
            peer.expect(b"\x04\x00\x00\x00").await;
        }
        peer.send(b"\x01\x00\x00\x06\x12\x04\x12\x02ho").await;
        releaser.send(()).unwrap();
        assert_eq!(events.next().await, Event::Message("hi".into()));
        assert_eq!(events.next().await, Event::Message("ho".into()));
    });
}

#[test]
fn messages_sent_by_on_connected_come_first() {
    /// Sends slowly in `on_connected`.
    struct Slow {
        go_on: Option<oneshot::Receiver<()>>,
        connecting: Option<oneshot::Sender<()>>,
    }

    impl ChatClientHandler for Slow {
        async fn on_connected(&mut self, client: &ChatClient) {
            client.send(message("first"));
            let _ = self.connecting.take().unwrap().send(());
            let _ = self.go_on.take().unwrap().await;
            client.send(message("second"));
        }
    }

    run(async {
        let (server, mut server_events) = start_server().await;
        let (connecting, is_connecting) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel();
        let client = ChatClient::builder(uri(server.local_addr()))
            .start(Slow {
                go_on: Some(may_go_on),
                connecting: Some(connecting),
            })
            .unwrap();
        within("on_connected", is_connecting).await.unwrap();
        client.send(message("third"));
        go_on.send(()).unwrap();
        assert_eq!(server_events.next().await, Event::Connected);
        for text in ["first", "second", "third"] {
            assert_eq!(server_events.next().await, Event::Message(text.into()));
        }
    });
}
