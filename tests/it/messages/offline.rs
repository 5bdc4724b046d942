//! Messages that are sent while there is no connection, in simulated time.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::testing::{Clock, Simulation};
use messi::{DisconnectReason, SendError};

/// A handler that sends a message in `on_connected`.
struct Greeting;

impl ChatClientHandler for Greeting {
    async fn on_connected(&mut self, client: &ChatClient) {
        client.send(message("hello"));
    }
}

/// Starts a client with an offline queue of this size and age.
fn client(simulation: &Simulation, bytes: usize, age: Duration) -> ChatClient {
    ChatClient::builder(ROOM)
        .runtime(simulation)
        .reconnect_delay(SECOND, SECOND)
        .offline_queue(bytes, age)
        .start(Greeting)
        .unwrap()
}

async fn server(simulation: &Simulation) -> (ChatServer, Events) {
    serve(ChatServer::builder(ROOM).runtime(simulation)).await
}

/// Returns the messages that the server receives within two seconds.
async fn texts(simulation: &Simulation, events: &mut Events) -> Vec<String> {
    let mut texts = Vec::new();
    simulation
        .timeout(2 * SECOND, async {
            loop {
                if let Event::Message(text) = events.next().await {
                    texts.push(text);
                }
            }
        })
        .await
        .unwrap_or(());
    texts
}

#[test]
fn queued_messages_are_sent_in_order_after_those_of_on_connected() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let client = client(&simulation, 64 * KIB, HOUR);
        for text in ["a", "b", "c"] {
            client.send(message(text));
        }
        client.try_send(message("d")).unwrap();
        let (server, mut events) = server(&simulation).await;
        client.connected().await.unwrap();
        client.send(message("e"));
        let texts = texts(&simulation, &mut events).await;
        assert_eq!(texts, ["hello", "a", "b", "c", "d", "e"]);
        assert_eq!(client.stats().dropped.total(), 0);
        assert_eq!(client.stats().sent_messages, 6);
        server.stop().await;
        client.stop().await;
    });
}

#[test]
fn messages_are_dropped_and_counted_without_an_offline_queue() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let client = ChatClient::builder(ROOM)
            .runtime(&simulation)
            .start(Greeting)
            .unwrap();
        client.send(message("lost"));
        let result = client.try_send(message("lost")).map_err(SendError::from);
        assert_eq!(result, Err(SendError::NotConnected));
        assert_eq!(client.stats().dropped.not_connected, 2);
        client.stop().await;
    });
}

#[test]
fn the_memory_of_the_offline_queue_is_bounded() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let client = client(&simulation, 4 * KIB, HOUR);
        let sent = (0..1_000)
            .take_while(|number| client.try_send(message(number.to_string())).is_ok())
            .count();
        assert!(sent > 10, "{sent}");
        assert!(client.stats().queued_bytes < 4 * KIB);
        client.send(message("no room"));
        assert_eq!(client.stats().dropped.queue_full, 2);
        let (server, mut events) = server(&simulation).await;
        let texts = texts(&simulation, &mut events).await;
        let expected = (0..sent).map(|number| number.to_string());
        assert_eq!(texts[1..], expected.collect::<Vec<_>>());
        server.stop().await;
        client.stop().await;
    });
}

#[test]
fn the_offline_queue_takes_at_most_half_of_the_send_queue() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let client = ChatClient::builder(ROOM)
            .runtime(&simulation)
            .max_queued_bytes(8 * KIB)
            .offline_queue(usize::MAX, HOUR)
            .start(Greeting)
            .unwrap();
        while client.try_send(message("x".repeat(100))).is_ok() {}
        assert!(client.stats().queued_bytes <= 4 * KIB);
        client.stop().await;
    });
}

#[test]
fn expired_messages_are_dropped() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let client = client(&simulation, 64 * KIB, 10 * SECOND);
        client.send(message("old"));
        simulation.sleep(8 * SECOND).await;
        client.send(message("young"));
        simulation.sleep(4 * SECOND).await;
        let (server, mut events) = server(&simulation).await;
        let texts = texts(&simulation, &mut events).await;
        assert_eq!(texts, ["hello", "young"]);
        assert_eq!(client.stats().dropped.expired, 1);
        assert_eq!(client.stats().dropped.total(), 1);
        server.stop().await;
        client.stop().await;
    });
}

#[test]
fn expired_messages_make_room() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let client = client(&simulation, KIB, SECOND);
        while client.try_send(message("old")).is_ok() {}
        simulation.sleep(2 * SECOND).await;
        client.try_send(message("young")).unwrap();
        client.stop().await;
    });
}

#[test]
fn queued_messages_survive_a_lost_connection_and_are_sent_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut events) = server(&simulation).await;
        let client = client(&simulation, 64 * KIB, HOUR);
        client.connected().await.unwrap();
        client.send(message("before"));
        assert_eq!(texts(&simulation, &mut events).await, ["hello", "before"]);
        simulation.connections()[0].cut();
        // Until keep-alive has closed the connection on both sides.
        events
            .find(|event| matches!(event, Event::Disconnected(_)))
            .await;
        while client.is_connected() {
            simulation.sleep(Duration::from_millis(1)).await;
        }
        client.send(message("between"));
        let texts = texts(&simulation, &mut events).await;
        assert_eq!(texts, ["hello", "between"]);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn messages_sent_while_on_connected_runs_survive_the_connection() {
    let cut: End = |simulation, _| simulation.connections()[0].cut();
    let disconnect: End = |_, server| server.clients()[0].disconnect();
    for end in [cut, disconnect] {
        assert_kept_if_closed_during_on_connected(end);
    }
}

/// Closes the first connection.
type End = fn(&Simulation, &ChatServer);

fn assert_kept_if_closed_during_on_connected(end: End) {
    /// A handler that takes five seconds for `on_connected`.
    struct SlowToConnect(Clock);

    impl ChatClientHandler for SlowToConnect {
        async fn on_connected(&mut self, _: &ChatClient) {
            self.0.sleep(5 * SECOND).await;
        }
    }

    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut events) = server(&simulation).await;
        let client = ChatClient::builder(ROOM)
            .runtime(&simulation)
            .offline_queue(64 * KIB, HOUR)
            .start(SlowToConnect(simulation.clock()))
            .unwrap();
        client.connected().await.unwrap();
        client.send(message("held"));
        simulation.sleep(SECOND).await;
        end(&simulation, &server);
        let held = Event::Message("held".into());
        events.find(|event| *event == held).await;
        assert_eq!(simulation.connections().len(), 2);
        assert_eq!(client.stats().dropped.total(), 0);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn a_stop_drops_the_messages_of_the_offline_queue() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let client = client(&simulation, 64 * KIB, HOUR);
        client.send(message("never sent"));
        client.stop().await;
        assert_eq!(client.stats().dropped.unsent, 1);
        assert_eq!(client.stats().queued_bytes, 0);
        assert_eq!(
            client.try_send(message("late")).map_err(SendError::from),
            Err(SendError::NotConnected)
        );
    });
}

#[test]
fn unsent_messages_of_a_lost_connection_are_dropped_and_counted() {
    let simulation = Simulation::new(1);
    simulation.later_connections().to_server().stall();
    simulation.later_connections().to_server().set_buffer(1);
    simulation.run(async {
        let (server, mut events) = server(&simulation).await;
        let (client, mut client_events) =
            start_client(ChatClient::builder(ROOM).runtime(&simulation));
        client.connected().await.unwrap();
        for text in ["a", "b", "c"] {
            client.send(message(text));
        }
        simulation.sleep(SECOND).await;
        simulation.connections()[0].cut();
        let closed = Event::Disconnected(DisconnectReason::ConnectionClosed);
        client_events.find(|event| *event == closed).await;
        assert_eq!(client.stats().dropped.unsent, 3);
        assert_eq!(events.next().await, Event::Connected);
        client.stop().await;
        server.stop().await;
    });
}
