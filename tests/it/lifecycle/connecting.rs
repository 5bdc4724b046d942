//! Connecting, failing to, reconnecting, and everything that ends a connection.

use std::future::pending;
use std::io::ErrorKind;
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use futures::channel::oneshot;
use messi::{Address, ConnectError, DisconnectReason, ListenError, Retry, SendError};

/// The size of a long text, in bytes.
const LONG: usize = 1_000_000;

const SHORT: Duration = Duration::from_millis(20);

/// A client that comes back soon.
fn eager_client(uri: String) -> (ChatClient, Events) {
    let (reporter, events) = reporter();
    let client = ChatClient::builder(uri)
        .reconnect_delay(SHORT, SHORT)
        .start(reporter)
        .unwrap();
    (client, events)
}

/// A server where there was one before.
async fn restart_server(address: Address) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder(uri(address))
        .start(move |_| reporter.clone())
        .await
        .unwrap();
    (server, events)
}

/// The URI of a server that is not there.
async fn refusing_uri() -> String {
    let (listener, uri) = raw_server().await;
    drop(listener);
    uri
}

#[test]
fn a_bad_uri_is_an_error_at_once() {
    run(async {
        let (handler, _events) = reporter();
        let error = ChatClient::builder("127.0.0.1:6000")
            .start(handler)
            .unwrap_err();
        assert!(error.to_string().contains("tcp://<host>:<port>"), "{error}");
        let (handler, _events) = reporter();
        let server = ChatServer::builder("tcp://127.0.0.1")
            .start(move |_| handler.clone())
            .await;
        assert!(matches!(server, Err(ListenError::Uri(_))));
    });
}

#[test]
fn a_port_in_use_is_an_error_at_once() {
    run(async {
        let (server, _events) = start_server().await;
        let (handler, _events) = reporter();
        let second = ChatServer::builder(uri(server.local_addr()))
            .start(move |_| handler.clone())
            .await;
        match second.unwrap_err() {
            ListenError::Bind { address, kind, .. } => {
                assert_eq!((address, kind), (server.local_addr(), ErrorKind::AddrInUse));
            }
            other => panic!("{other}"),
        }
    });
}

#[test]
fn host_names_and_ipv6_addresses_are_served() {
    run(async {
        for host in ["localhost", "[::1]", ""] {
            let (server_reporter, mut server_events) = reporter();
            let server = ChatServer::builder(format!("tcp://{host}:0"))
                .start(move |_| server_reporter.clone())
                .await
                .unwrap();
            let (client_reporter, mut client_events) = reporter();
            let uri = format!("tcp://{host}:{}", server.local_addr().port().unwrap());
            let _client = ChatClient::builder(uri).start(client_reporter).unwrap();
            assert_eq!(client_events.next().await, Event::Connected);
            assert_eq!(server_events.next().await, Event::Connected);
        }
    });
}

#[test]
fn a_refused_connection_is_reported_and_tried_again() {
    run(async {
        let uri = refusing_uri().await;
        let (_client, mut events) = eager_client(uri);
        for _ in 0..3 {
            match events.next().await {
                Event::ConnectFailure(ConnectError::Io { kind, .. }) => {
                    assert_eq!(kind, ErrorKind::ConnectionRefused);
                }
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn a_host_without_an_address_is_reported() {
    run(async {
        let (_client, mut events) = eager_client("tcp://no-such-host.invalid:1".into());
        match events.next().await {
            Event::ConnectFailure(ConnectError::Resolve { host, .. }) => {
                assert_eq!(host, "no-such-host.invalid");
            }
            // Where the look-up itself goes nowhere.
            Event::ConnectFailure(ConnectError::Timeout { .. }) => {}
            other => panic!("{other:?}"),
        }
    });
}

/// Gives the next answer of a list for each failure.
struct Answers {
    answers: Vec<Retry>,
    reporter: Reporter,
}

impl ChatClientHandler for Answers {
    async fn on_connect_failure(&mut self, _: &ChatClient, error: &ConnectError) -> Retry {
        self.reporter.report(Event::ConnectFailure(error.clone()));
        self.answers.remove(0)
    }
}

#[test]
fn the_handler_decides_when_to_try_again_and_when_to_give_up() {
    run(async {
        let uri = refusing_uri().await;
        let (reporter, events) = reporter();
        let answers = vec![Retry::After(Duration::ZERO), Retry::Backoff, Retry::Never];
        // Were the answers not heard, the delay would be an hour.
        let hour = Duration::from_secs(3_600);
        let client = ChatClient::builder(uri)
            .reconnect_delay(SHORT, hour)
            .start(Answers { answers, reporter })
            .unwrap();
        assert_eq!(events.rest().await.len(), 3);
        within("stop", client.stop()).await;
    });
}

#[test]
fn a_client_comes_back_when_its_server_does() {
    run(async {
        let (mut server, mut server_events) = start_server().await;
        let address = server.local_addr();
        let (client, mut events) = eager_client(uri(address.clone()));
        assert_eq!(events.next().await, Event::Connected);
        for round in 0..3 {
            assert_eq!(server_events.next().await, Event::Connected);
            client.send(message(round.to_string()));
            assert_eq!(
                server_events.next().await,
                Event::Message(round.to_string())
            );
            server.stop().await;
            assert_eq!(
                events.next().await,
                Event::Disconnected(DisconnectReason::ConnectionClosed)
            );
            assert_eq!(
                client.try_send(message("lost")),
                Err(SendError::NotConnected)
            );
            (server, server_events) = restart_server(address.clone()).await;
            events.find(|event| *event == Event::Connected).await;
        }
    });
}

#[test]
fn a_connection_can_be_waited_for() {
    run(async {
        let (server, mut server_events) = start_server().await;
        let (client, mut events) = eager_client(uri(server.local_addr()));
        within("a connection", client.connected()).await.unwrap();
        assert!(client.is_connected());
        client.send(message("not lost"));
        assert_eq!(server_events.next().await, Event::Connected);
        assert_eq!(
            server_events.next().await,
            Event::Message("not lost".into())
        );
        server.stop().await;
        let closed = Event::Disconnected(DisconnectReason::ConnectionClosed);
        assert_eq!(events.find(|event| *event == closed).await, closed);
        assert!(!client.is_connected());
        let mut waiting = std::pin::pin!(client.connected());
        assert_eq!(futures::poll!(waiting.as_mut()), std::task::Poll::Pending);
        within("stop", client.stop()).await;
        assert_eq!(
            within("the end", waiting).await,
            Err(SendError::NotConnected)
        );
    });
}

#[test]
fn a_client_that_has_given_up_is_not_waited_for() {
    run(async {
        let (reporter, _events) = reporter();
        let answers = vec![Retry::Never];
        let client = ChatClient::builder(refusing_uri().await)
            .start(Answers { answers, reporter })
            .unwrap();
        assert_eq!(
            within("the end", client.connected()).await,
            Err(SendError::NotConnected)
        );
    });
}

#[test]
fn a_silent_server_is_given_up() {
    run(async {
        let (listener, uri) = raw_server().await;
        let (reporter, mut events) = reporter();
        let _client = ChatClient::builder(uri)
            .keep_alive_interval(SHORT)
            .start(reporter)
            .unwrap();
        let _silent = RawPeer::accept(&listener).await;
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(
            events.next().await,
            Event::Disconnected(DisconnectReason::KeepAliveTimeout)
        );
    });
}

#[test]
fn a_silent_client_is_given_up() {
    run(async {
        let (reporter, mut events) = reporter();
        let server = ChatServer::builder("tcp://127.0.0.1:0")
            .keep_alive_timeout(SHORT)
            .start(move |_| reporter.clone())
            .await
            .unwrap();
        let mut silent = RawPeer::connect(server.local_addr()).await;
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(
            events.next().await,
            Event::Disconnected(DisconnectReason::KeepAliveTimeout)
        );
        assert!(silent.expect_end().await.is_empty());
    });
}

/// Does what it is told with a message.
struct Obedient(Reporter);

impl ChatServerHandler for Obedient {
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
            "panic" => panic!("as told"),
            "wait" => pending().await,
            "disconnect" => client.disconnect(),
            "farewell" => {
                client.reply(crate::common::message("x".repeat(LONG)));
                client.disconnect();
            }
            "stop" => client.server().stop().await,
            _ => client.reply(message),
        }
    }
}

/// A server that does what it is told, and a client that tells it so.
async fn told(orders: &[&str]) -> (ChatServer, Events, ChatClient, Events) {
    let (reporter, mut server_events) = reporter();
    let server = ChatServer::builder("tcp://127.0.0.1:0")
        .start(move |_| Obedient(reporter.clone()))
        .await
        .unwrap();
    let (client, client_events) = connect(&server, &mut server_events).await;
    for order in orders {
        client.send(message(*order));
    }
    (server, server_events, client, client_events)
}

#[test]
fn a_handler_that_panics_ends_only_its_connection() {
    run(async {
        let (server, mut server_events, _client, mut client_events) =
            told(&["hello", "panic", "never handled"]).await;
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
fn a_handler_that_disconnects_gets_no_more_messages() {
    run(async {
        let (_server, mut server_events, _client, _client_events) =
            told(&["disconnect", "never handled"]).await;
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
fn a_client_that_goes_on_sending_still_gets_what_was_sent_before_the_end() {
    run(async {
        let (reporter, mut events) = reporter();
        let server = ChatServer::builder("tcp://127.0.0.1:0")
            .start(move |_| Obedient(reporter.clone()))
            .await
            .unwrap();
        let mut peer = RawPeer::connect(server.local_addr()).await;
        assert_eq!(events.next().await, Event::Connected);
        // The message_ind with the text "farewell", and more that nobody reads.
        let order = b"\x01\x00\x00\x0c\x12\x0a\x12\x08farewell";
        peer.send(&[order, b"\x01\x00\x00\x00".repeat(50_000).as_slice()].concat())
            .await;
        assert!(peer.expect_end().await.len() > LONG);
    });
}

#[test]
fn a_handler_that_never_returns_does_not_keep_a_server_from_stopping() {
    run(async {
        let (server, server_events, _client, _client_events) =
            told(&["wait", "never handled"]).await;
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
        let (server, mut server_events, _client, _client_events) = told(&["stop"]).await;
        assert_eq!(server_events.next().await, Event::Message("stop".into()));
        within("the server to stop", server.wait()).await;
        assert_eq!(
            server_events.rest().await,
            [Event::Disconnected(DisconnectReason::Stopped)]
        );
    });
}

#[test]
fn a_handler_that_waits_loses_nothing_and_keeps_its_connection_alive() {
    /// Waits in its first message until it is released.
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
        let server = ChatServer::builder("tcp://127.0.0.1:0")
            .start(move |_| Waiting {
                reporter: reporter.clone(),
                release: release.take(),
            })
            .await
            .unwrap();
        let mut peer = RawPeer::connect(server.local_addr()).await;
        // The message_ind with the text "hi", then pings: they are answered meanwhile.
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
fn what_on_connected_sends_comes_first() {
    /// Sends slowly when connected.
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

#[test]
fn a_client_stops_at_once_whatever_it_is_doing() {
    run(async {
        // Waiting before the next attempt.
        let (client, mut events) = {
            let (reporter, events) = reporter();
            let client = ChatClient::builder(refusing_uri().await)
                .reconnect_delay(Duration::from_secs(3_600), Duration::from_secs(3_600))
                .start(reporter)
                .unwrap();
            (client, events)
        };
        events.next().await;
        within("stop", client.stop()).await;
        within("stop again", client.stop()).await;
        assert!(events.rest().await.is_empty());
        // Just started.
        let (client, events) = eager_client(refusing_uri().await);
        within("stop", client.stop()).await;
        events.rest().await;
    });
}
