//! Clients that read more slowly than the server sends, over real sockets.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::{DisconnectReason, SendError, ServerBuilder};

/// Configures small send queues, and a keep-alive time that even a loaded machine never exceeds.
fn small_queues() -> ServerBuilder<Chat> {
    ChatServer::builder(LOOPBACK)
        .max_queued_bytes(64 * KIB)
        .keep_alive_timeout(HOUR)
}

#[test]
fn a_client_that_sends_requests_faster_than_it_reads_gets_all_responses() {
    run(async {
        let builder = small_queues().write_timeout(60 * SECOND);
        let server = builder.start(|_| Echo).await.unwrap();
        let builder = ChatClient::builder(uri(server.local_addr())).keep_alive_interval(HOUR);
        let (client, mut events) = start_client(builder);
        assert_eq!(events.next().await, Event::Connected);
        let text = "x".repeat(KIB);
        let count = 20_000;
        for number in 0..count {
            within("room", client.ready()).await.unwrap();
            client
                .try_send(message(format!("{number} {text}")))
                .unwrap();
        }
        for number in 0..count {
            assert_eq!(
                events.next().await,
                Event::Message(format!("{number} {text}"))
            );
        }
    });
}

#[test]
fn only_the_client_that_never_reads_is_disconnected() {
    run(async {
        let builder = small_queues().write_timeout(60 * SECOND);
        let (server, mut server_events) = serve(builder).await;
        let _stalled = RawPeer::connect(server.local_addr()).await;
        assert_eq!(server_events.next().await, Event::Connected);
        let (_client, mut client_events) = connect(&server, &mut server_events).await;
        let text = "x".repeat(8 * KIB);
        let clients = server.clients();
        let (stalled, healthy) = (&clients[0], &clients[1]);
        let mut sent = 0;
        let send = || stalled.try_send(message(text.clone()));
        while send().map_err(SendError::from) != Err(SendError::NotConnected) {
            sent += 1;
            assert!(sent < 100_000, "the queue has no bound");
            within("room", healthy.ready()).await.unwrap();
            server.broadcast(message(sent.to_string()));
        }
        for number in 1..=sent {
            assert_eq!(
                client_events.next().await,
                Event::Message(number.to_string())
            );
        }
        assert_eq!(
            server_events.next().await,
            Event::Disconnected(DisconnectReason::SlowConsumer)
        );
    });
}

#[test]
fn a_client_that_stops_reading_is_disconnected_after_the_write_timeout() {
    run(async {
        let builder = small_queues().write_timeout(Duration::from_millis(100));
        let (server, mut server_events) = serve(builder).await;
        let mut stalled = RawPeer::connect(server.local_addr()).await;
        assert_eq!(server_events.next().await, Event::Connected);
        let at_server = server.clients().remove(0);
        // Its pings keep the connection alive, but do not count as progress.
        let pinging = async_std::task::spawn(async move {
            loop {
                let ping = futures::AsyncWriteExt::write_all(&mut stalled.0, b"\x03\0\0\0");
                if ping.await.is_err() {
                    return;
                }
                async_std::task::sleep(Duration::from_millis(10)).await;
            }
        });
        while at_server.ready().await.is_ok() {
            let _ = at_server.try_send(message("x".repeat(8 * KIB)));
        }
        assert_eq!(
            server_events.next().await,
            Event::Disconnected(DisconnectReason::SlowConsumer)
        );
        pinging.cancel().await;
    });
}
