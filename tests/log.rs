//! Checks that the log of a program has the events of connections, and never the content of messages.
//!
//! A crate of its own, since every line that the process logs is checked.

#[path = "it/common/mod.rs"]
mod common;

use std::time::Duration;

use common::chat::*;
use common::*;
use log::{Level, LevelFilter};
use messi::testing::Simulation;

struct Panicking;

impl ChatServerHandler for Panicking {
    async fn on_message_ind(&mut self, _: &ChatServerClient, _: MessageInd) {
        panic!("expected panic");
    }
}

#[test]
fn connection_events_are_logged_without_messages() {
    recorder::record(LevelFilter::Trace);
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (client, mut events) = start_client(
            ChatClient::builder(ROOM)
                .runtime(&simulation)
                .offline_queue(10_000, Duration::from_secs(1)),
        );
        client.send(message("secret"));
        assert!(matches!(events.next().await, Event::ConnectFailure(_)));
        simulation.sleep(Duration::from_secs(2)).await;
        let server = ChatServer::builder(ROOM)
            .runtime(&simulation)
            .start(|_| Panicking)
            .await
            .unwrap();
        client.connected().await.unwrap();
        client.send(message("secret"));
        events
            .find(|event| matches!(event, Event::Disconnected(_)))
            .await;
        client.stop().await;
        server.stop().await;
    });
    let lines = recorder::lines();
    let levels_and_words = [
        (
            Level::Warn,
            "chat client: no connection to tcp://room:1: can't connect to 198.18.0.1:1: connection refused",
        ),
        (Level::Info, "chat server: listening on"),
        (Level::Warn, "messages expired in the offline queue: 1"),
        (Level::Debug, "chat client: connected to tcp://room:1"),
        (
            Level::Debug,
            "chat server at tcp://room:1: client 1 connected from",
        ),
        (
            Level::Error,
            "chat server at tcp://room:1: client 1: the method for message_ind panicked",
        ),
        (
            Level::Debug,
            "chat server at tcp://room:1: client 1 disconnected: the handler panicked",
        ),
        (
            Level::Debug,
            "chat client: disconnected from tcp://room:1: connection closed by the peer",
        ),
    ];
    for (level, words) in levels_and_words {
        assert!(
            lines
                .iter()
                .any(|(l, line)| *l == level && line.contains(words)),
            "{level} {words} is not in {lines:#?}"
        );
    }
    // A server of thousands of clients logs no line for each of them, unless asked to.
    let mut info = lines.iter().filter(|(level, _)| *level == Level::Info);
    assert!(
        info.all(|(_, line)| line.contains("listening on")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().all(|(_, line)| !line.contains("secret")),
        "{lines:#?}"
    );
}

#[test]
fn messages_that_are_not_sent_are_logged_with_their_names() {
    recorder::record(LevelFilter::Trace);
    let simulation = Simulation::new(2);
    simulation.run(async {
        let (server, _events) = serve(
            ChatServer::builder(ROOM)
                .runtime(&simulation)
                .max_message_size(100),
        )
        .await;
        let (client, mut events) = start_client(
            ChatClient::builder(ROOM)
                .runtime(&simulation)
                .max_queued_bytes(20)
                .reconnect_delay(HOUR, HOUR),
        );
        client.send(ConnectReq {
            user: "too early".into(),
        });
        client.connected().await.unwrap();
        simulation.sleep(SECOND).await;
        let id = server.clients()[0].id();
        server.broadcast(message("x".repeat(150)));
        client.send(message("a"));
        client.send(message("b"));
        events
            .find(|event| matches!(event, Event::Disconnected(_)))
            .await;
        simulation.sleep(SECOND).await;
        server.send_to(&[id], ConnectRsp {});
        client.stop().await;
        server.stop().await;
    });
    let lines = recorder::lines();
    for line in [
        "`connect_req` is not sent: not connected",
        "`message_ind` is not sent: message of 162 bytes is above the limit of 100 bytes",
        "`message_ind` is not sent: the queue is full",
        "`connect_rsp` is not sent: not connected",
    ] {
        assert!(
            lines.contains(&(Level::Debug, line.into())),
            "{line}: {lines:#?}"
        );
    }
}
