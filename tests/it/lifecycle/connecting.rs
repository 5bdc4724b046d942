//! Connecting, failed attempts, reconnecting and keep-alive, over real sockets.

use std::io::ErrorKind;
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::{ConnectError, DisconnectReason, ListenError, NotConnected, Retry, SendError};

const SHORT: Duration = Duration::from_millis(20);

/// Starts a client with short delays between attempts to connect.
fn eager_client(uri: String) -> (ChatClient, Events) {
    start_client(ChatClient::builder(uri).reconnect_delay(SHORT, SHORT))
}

#[test]
fn an_invalid_uri_is_an_error_at_once() {
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
            ListenError::Bind { address, source } => {
                let expected = (server.local_addr(), ErrorKind::AddrInUse);
                assert_eq!((address, source.kind()), expected);
            }
            other => panic!("{other}"),
        }
    });
}

#[test]
fn a_server_listens_on_host_names_and_ipv6_addresses() {
    run(async {
        for host in ["localhost", "[::1]", ""] {
            let (server, mut server_events) =
                serve(ChatServer::builder(format!("tcp://{host}:0"))).await;
            let (client_reporter, mut client_events) = reporter();
            let uri = format!("tcp://{host}:{}", server.local_addr().port().unwrap());
            let _client = ChatClient::builder(uri).start(client_reporter).unwrap();
            assert_eq!(client_events.next().await, Event::Connected);
            assert_eq!(server_events.next().await, Event::Connected);
        }
    });
}

#[test]
fn a_refused_connection_is_reported_and_retried() {
    run(async {
        let port = RefusingPort::new();
        let (_client, mut events) = eager_client(port.uri());
        for _ in 0..3 {
            match events.next().await {
                Event::ConnectFailure(ConnectError::Io { source, .. }) => {
                    assert_eq!(source.kind(), ErrorKind::ConnectionRefused);
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
            // If the name server does not respond.
            Event::ConnectFailure(ConnectError::Timeout { .. }) => {}
            other => panic!("{other:?}"),
        }
    });
}

/// A handler that returns the next decision of a list for each failure.
struct Decisions {
    decisions: Vec<Retry>,
    reporter: Reporter,
}

impl ChatClientHandler for Decisions {
    async fn on_connect_failure(&mut self, _: &ChatClient, error: &ConnectError) -> Retry {
        self.reporter.report(Event::ConnectFailure(error.clone()));
        self.decisions.remove(0)
    }
}

#[test]
fn the_handler_decides_whether_and_when_to_retry() {
    run(async {
        let port = RefusingPort::new();
        let (reporter, events) = reporter();
        let decisions = vec![Retry::After(Duration::ZERO), Retry::Backoff, Retry::Never];
        // If the decisions were ignored, the next attempt would follow in an hour.
        let client = ChatClient::builder(port.uri())
            .reconnect_delay(SHORT, HOUR)
            .start(Decisions {
                decisions,
                reporter,
            })
            .unwrap();
        assert_eq!(events.rest().await.len(), 3);
        within("stop", client.stop()).await;
    });
}

#[test]
fn a_client_reconnects_to_a_restarted_server() {
    run(async {
        let uri = port::uri(port::free());
        let (mut server, mut server_events) = serve(ChatServer::builder(&uri)).await;
        let (client, mut events) = eager_client(uri.clone());
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
                client.try_send(message("lost")).map_err(SendError::from),
                Err(SendError::NotConnected)
            );
            (server, server_events) = serve(ChatServer::builder(&uri)).await;
            events.find(|event| *event == Event::Connected).await;
        }
    });
}

#[test]
fn connected_waits_for_a_connection() {
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
        assert_eq!(within("the end", waiting).await, Err(NotConnected));
    });
}

#[test]
fn connected_fails_once_the_client_has_stopped_retrying() {
    run(async {
        let (reporter, _events) = reporter();
        let decisions = vec![Retry::Never];
        let port = RefusingPort::new();
        let client = ChatClient::builder(port.uri())
            .start(Decisions {
                decisions,
                reporter,
            })
            .unwrap();
        assert_eq!(
            within("the end", client.connected()).await,
            Err(NotConnected)
        );
    });
}

#[test]
fn a_client_disconnects_from_a_silent_server() {
    run(async {
        let (listener, uri) = raw_server().await;
        let (_client, mut events) =
            start_client(ChatClient::builder(uri).keep_alive_interval(SHORT));
        let _silent = RawPeer::accept(&listener).await;
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(
            events.next().await,
            Event::Disconnected(DisconnectReason::KeepAliveTimeout)
        );
    });
}

#[test]
fn a_server_disconnects_a_silent_client() {
    run(async {
        let (server, mut events) =
            serve(ChatServer::builder(LOOPBACK).keep_alive_timeout(SHORT)).await;
        let mut silent = RawPeer::connect(server.local_addr()).await;
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(
            events.next().await,
            Event::Disconnected(DisconnectReason::KeepAliveTimeout)
        );
        assert!(silent.expect_end().await.is_empty());
    });
}

#[test]
fn a_client_stops_at_once_in_every_state() {
    run(async {
        let port = RefusingPort::new();
        // While it waits for the next attempt.
        let patient = ChatClient::builder(port.uri()).reconnect_delay(HOUR, HOUR);
        let (client, mut events) = start_client(patient);
        events.next().await;
        within("stop", client.stop()).await;
        within("stop again", client.stop()).await;
        assert!(events.rest().await.is_empty());
        // Right after its start.
        let (client, events) = eager_client(port.uri());
        within("stop", client.stop()).await;
        events.rest().await;
    });
}
