//! Handlers that take ten seconds for a message, in simulated time. Only their own connection waits,
//! and no message is lost.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::DisconnectReason;
use messi::testing::{Clock, Simulation};

const MOMENT: Duration = Duration::from_millis(1);

/// A handler of either side that takes 10 s for the first message of each connection.
struct Slow {
    clock: Clock,
    reporter: Reporter,
    is_first: bool,
}

impl Slow {
    fn new(clock: &Clock, reporter: &Reporter) -> Self {
        Self {
            clock: clock.clone(),
            reporter: reporter.clone(),
            is_first: true,
        }
    }

    async fn handle(&mut self, message: MessageInd) {
        if std::mem::take(&mut self.is_first) {
            self.clock.sleep(10 * SECOND).await;
        }
        self.reporter.report(Event::Message(message.text));
    }
}

impl ChatClientHandler for Slow {
    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.reporter.report(Event::Disconnected(reason));
    }

    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        self.handle(message).await;
    }
}

impl ChatServerHandler for Slow {
    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.reporter.report(Event::Disconnected(reason));
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.send(message.clone());
        self.handle(message).await;
    }
}

/// Starts a server and a client with slow handlers. Each pauses reading while 64 KiB wait for its
/// handler.
async fn slow_pair(simulation: &Simulation) -> (ChatServer, Events, ChatClient, Events) {
    let (server_reporter, server_events) = reporter();
    let (client_reporter, client_events) = reporter();
    let clock = simulation.clock();
    let ui = Slow::new(&clock, &client_reporter);
    let server = ChatServer::builder(ROOM)
        .runtime(simulation)
        .max_unhandled_bytes(64 * KIB)
        .start(move |_| Slow::new(&clock, &server_reporter))
        .await
        .unwrap();
    let client = ChatClient::builder(ROOM)
        .runtime(simulation)
        .max_unhandled_bytes(64 * KIB)
        // By default, it ends at the same moment as the slow callback.
        .write_timeout(20 * SECOND)
        .start(ui)
        .unwrap();
    client.connected().await.unwrap();
    simulation.sleep(MOMENT).await;
    (server, server_events, client, client_events)
}

#[test]
fn messages_received_during_a_slow_callback_are_handled_after_it() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events, client, mut client_events) = slow_pair(&simulation).await;
        for number in 0..100 {
            simulation.sleep(SECOND / 10).await;
            client.send(message(number.to_string()));
        }
        for events in [&mut server_events, &mut client_events] {
            for number in 0..100 {
                assert_eq!(events.next().await, Event::Message(number.to_string()));
            }
        }
        // Both handlers waited from 0.1 s on: the server echoes a message before it waits.
        assert_eq!(simulation.elapsed(), 10 * SECOND + SECOND / 10 + MOMENT);
        client.stop().await;
        server.stop().await;
        assert_eq!(client.stats().connections, 1);
    });
}

#[test]
fn messages_sent_in_a_callback_are_written_before_it_returns() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (_server, _server_events, client, _client_events) = slow_pair(&simulation).await;
        let connection = &simulation.connections()[0];
        client.send(message("echo me"));
        simulation.sleep(MOMENT).await;
        assert_eq!(connection.to_client().read(), connection.to_server().read());
        assert!(connection.to_client().read() > 0);
    });
}

#[test]
fn a_server_pauses_reading_from_a_fast_sender_and_loses_no_message() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut server_events, client, _client_events) = slow_pair(&simulation).await;
        let connection = &simulation.connections()[0];
        let text = "x".repeat(KIB);
        for number in 0..1_000 {
            client.send(message(format!("{number} {text}")));
        }
        simulation.sleep(5 * SECOND).await;
        // The server has read up to its limit and one read more. The client has queued the rest.
        assert!(connection.to_server().read() <= 128 * KIB as u64);
        assert!(client.stats().queued_bytes > 800 * KIB);
        for number in 0..1_000 {
            let expected = Event::Message(format!("{number} {text}"));
            assert_eq!(server_events.next().await, expected);
        }
        client.stop().await;
        server.stop().await;
        assert_eq!(client.stats().connections, 1);
    });
}

#[test]
fn a_slow_callback_does_not_delay_other_connections() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (_server, mut server_events, client, _client_events) = slow_pair(&simulation).await;
        client.send(message("slow"));
        simulation.sleep(5 * SECOND).await;
        let (other, mut other_events) =
            start_client(ChatClient::builder(ROOM).runtime(&simulation));
        other.connected().await.unwrap();
        other.send(message("other"));
        assert_eq!(other_events.next().await, Event::Connected);
        assert_eq!(other_events.next().await, Event::Message("other".into()));
        assert!(simulation.elapsed() < 6 * SECOND);
        assert_eq!(server_events.next().await, Event::Message("slow".into()));
    });
}
