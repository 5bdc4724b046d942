//! What is written to the log of a program: what happens to connections, and never a message.

mod common;

use std::sync::Mutex;
use std::time::Duration;

use common::chat::*;
use common::*;
use log::{Level, LevelFilter, Log, Metadata, Record};
use messi::testing::Simulation;

/// What has been logged so far.
static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "messi"
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = (record.level(), record.args().to_string());
            LINES.lock().unwrap().push(line);
        }
    }

    fn flush(&self) {}
}

struct Panicking;

impl ChatServerHandler for Panicking {
    async fn on_message_ind(&mut self, _: &ChatServerClient, _: MessageInd) {
        panic!("as told");
    }
}

// One test, since there is one log.
#[test]
fn what_happens_to_connections_is_logged_without_their_messages() {
    log::set_logger(&Recorder).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (reporter, mut events) = reporter();
        let client = ChatClient::builder("tcp://room:1")
            .runtime(&simulation)
            .offline_queue(10_000, Duration::from_secs(1))
            .start(reporter)
            .unwrap();
        client.send(message("secret"));
        assert!(matches!(events.next().await, Event::ConnectFailure(_)));
        simulation.sleep(Duration::from_secs(2)).await;
        let server = ChatServer::builder("tcp://room:1")
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
    let lines = LINES.lock().unwrap().clone();
    let levels_and_words = [
        (Level::Warn, "no connection to tcp://room:1"),
        (Level::Info, "listening on"),
        (
            Level::Warn,
            "messages dropped, as they waited for a connection for too long: 1",
        ),
        (Level::Info, "connected to tcp://room:1"),
        (Level::Info, "client 1 connected from"),
        (Level::Error, "a callback panicked"),
        (Level::Info, "client 1 disconnected: the handler panicked"),
        (
            Level::Info,
            "disconnected from tcp://room:1: connection closed by the peer",
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
    assert!(
        lines.iter().all(|(_, line)| !line.contains("secret")),
        "{lines:#?}"
    );
}
