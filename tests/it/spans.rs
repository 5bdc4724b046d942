//! The feature `tracing`: events of handlers have the span of their connection.
//!
//! A simulation runs in the thread of its test, which has the lines of its events: so these tests need no process of
//! their own.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use crate::common::chat::*;
use crate::common::*;
use messi::DisconnectReason;
use messi::testing::Simulation;
use tracing::{info, subscriber};

thread_local! {
    /// The lines that a test of this thread has written.
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Writes to the lines of this thread, if a test asks for them.
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                lines.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a test in a simulation of this thread, and returns the lines of its events.
fn lines_of(simulation: &Simulation, test: impl Future<Output = ()>) -> Vec<String> {
    subscribe();
    LINES.set(Some(Vec::new()));
    simulation.run(test);
    let text = String::from_utf8(LINES.take().unwrap()).unwrap();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// Subscribes to the events of all threads, once.
///
/// A subscriber of one thread could miss its events: the first thread that comes to the place of an event decides whether
/// anyone wants it, and then only by its own subscriber.
fn subscribe() {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_writer(|| Lines)
            .with_level(false)
            .with_target(false)
            .without_time()
            .finish();
        subscriber::set_global_default(subscriber).unwrap();
    });
}

/// A handler of either side that writes an event in each callback.
struct Narrator;

impl ChatServerHandler for Narrator {
    async fn on_client_connected(&mut self, _: &ChatServerClient) {
        info!("connected");
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, _: DisconnectReason) {
        info!("disconnected");
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        // Between two polls, other connections have had theirs.
        client.clock().sleep(SECOND).await;
        info!("{}", message.text);
        client.send(message);
    }
}

impl ChatClientHandler for Narrator {
    async fn on_connected(&mut self, client: &ChatClient) {
        info!("connected");
        client.send(message("hello"));
    }

    async fn on_disconnected(&mut self, _: &ChatClient, _: DisconnectReason) {
        info!("disconnected");
    }

    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        info!("{}", message.text);
    }
}

#[test]
fn events_of_a_client_have_the_span_of_its_connection() {
    let simulation = Simulation::new(1);
    let lines = lines_of(&simulation, async {
        let server = ChatServer::builder(ROOM).runtime(&simulation);
        let server = server.start(|_| Echo).await.unwrap();
        info!("outside");
        let client = ChatClient::builder(ROOM).runtime(&simulation);
        let client = client.start(Narrator).unwrap();
        client.connected().await.unwrap();
        simulation.sleep(SECOND / 10).await;
        client
            .with_handler(|_: &mut Narrator| info!("closure"))
            .await
            .unwrap();
        client.stop().await;
        server.stop().await;
    });
    let span = |event| {
        format!(r#"connection{{side="client" protocol="chat" peer=tcp://room:1}}: {event}"#)
    };
    let expected = [
        "outside".into(),
        span("connected"),
        span("hello"),
        span("closure"),
        span("disconnected"),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn events_of_a_server_have_the_spans_of_their_clients() {
    let simulation = Simulation::new(1);
    let lines = lines_of(&simulation, async {
        let server = ChatServer::builder(ROOM).runtime(&simulation);
        let server = server.start(|_| {
            info!("handler");
            Narrator
        });
        let server = server.await.unwrap();
        for text in ["one", "two"] {
            let (client, _events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
            client.connected().await.unwrap();
            client.send(message(text));
            // Not stopped before its message was handled.
            server.runtime().spawn(async move {
                client.clock().sleep(5 * SECOND).await;
                client.stop().await;
            });
            simulation.sleep(SECOND / 2).await;
        }
        let ids: Vec<_> = server
            .clients()
            .iter()
            .map(|it| (it.id(), it.peer_addr()))
            .collect();
        for (id, peer) in ids {
            info!(%id, %peer, "present");
        }
        simulation.sleep(10 * SECOND).await;
        server.stop().await;
    });
    for (id, text) in [(1, "one"), (2, "two")] {
        let of_client = |line: &&String| line.contains(&format!(" id={id} "));
        let lines: Vec<_> = lines.iter().filter(of_client).collect();
        let peer = lines
            .iter()
            .find_map(|line| line.strip_prefix(&format!("present id={id} peer=")));
        let span = format!(
            r#"connection{{side="server" protocol="chat" id={id} peer={}}}: "#,
            peer.expect("an address")
        );
        let events: Vec<_> = lines
            .iter()
            .filter_map(|line| line.strip_prefix(&span))
            .collect();
        assert_eq!(events, ["handler", "connected", text, "disconnected"]);
    }
}
