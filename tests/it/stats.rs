//! Statistics of clients and servers, in simulated time.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::testing::Simulation;
use messi::{ClientState, SendError};

const DELAY: Duration = Duration::from_millis(50);

/// The size on the wire of a `message_ind` with a text of one byte, with its header.
const FRAME: u64 = 4 + 11;

/// Starts a server for two clients.
async fn start(simulation: &Simulation) -> (ChatServer, Events) {
    serve(ChatServer::builder(ROOM).runtime(simulation).max_clients(2)).await
}

async fn join(simulation: &Simulation) -> (ChatClient, Events) {
    let (client, events) = start_client(ChatClient::builder(ROOM).runtime(simulation));
    client.connected().await.unwrap();
    simulation.sleep(2 * DELAY).await;
    (client, events)
}

#[test]
fn messages_and_bytes_are_counted_each_way() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _events) = start(&simulation).await;
        let (client, _client_events) = join(&simulation).await;
        for text in ["a", "b", "c"] {
            client.send(message(text));
        }
        server.broadcast(message("d"));
        simulation.sleep(DELAY).await;
        let (ours, theirs) = (client.stats(), server.clients()[0].stats());
        assert_eq!((ours.sent_messages, ours.received_messages), (3, 1));
        assert_eq!((ours.sent_bytes, ours.received_bytes), (3 * FRAME, FRAME));
        assert_eq!((theirs.sent_messages, theirs.received_messages), (1, 3));
        assert_eq!(
            (theirs.sent_bytes, theirs.received_bytes),
            (FRAME, 3 * FRAME)
        );
        assert_eq!((ours.queued_bytes, theirs.queued_bytes), (0, 0));
        assert_eq!((ours.connections, theirs.connections), (1, 1));
        assert_eq!(ours.dropped.total(), 0);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn the_round_trip_time_is_measured_by_the_last_ping() {
    let simulation = Simulation::new(1);
    simulation.later_connections().set_delay(DELAY);
    simulation.run(async {
        let (server, _events) = start(&simulation).await;
        let (client, _client_events) = join(&simulation).await;
        assert_eq!(client.stats().round_trip_time, None);
        simulation.sleep(3 * SECOND).await;
        assert_eq!(client.stats().round_trip_time, Some(2 * DELAY));
        simulation.connections()[0].set_delay(2 * DELAY);
        simulation.sleep(2 * SECOND).await;
        assert_eq!(client.stats().round_trip_time, Some(4 * DELAY));
        assert_eq!(server.clients()[0].stats().round_trip_time, None);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn the_round_trip_time_ends_with_its_connection() {
    let simulation = Simulation::new(1);
    simulation.later_connections().set_delay(DELAY);
    simulation.run(async {
        let (server, _events) = start(&simulation).await;
        let (client, _client_events) = join(&simulation).await;
        simulation.sleep(3 * SECOND).await;
        assert_eq!(client.stats().round_trip_time, Some(2 * DELAY));
        server.clients()[0].disconnect();
        // The client reconnects after a second, and pings two seconds later.
        for _ in 0..30 {
            simulation.sleep(SECOND / 10).await;
            assert_eq!(client.stats().round_trip_time, None);
        }
        assert_eq!(client.stats().connections, 2);
        simulation.sleep(SECOND).await;
        assert_eq!(client.stats().round_trip_time, Some(2 * DELAY));
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn queued_bytes_and_their_peak_are_reported() {
    let simulation = Simulation::new(1);
    simulation.later_connections().to_server().set_buffer(1);
    simulation.run(async {
        let (server, _events) = start(&simulation).await;
        let (client, _client_events) = join(&simulation).await;
        simulation.connections()[0].to_server().stall();
        for _ in 0..10 {
            client.send(message("a"));
        }
        let stats = client.stats();
        assert_eq!(stats.queued_bytes as u64, 10 * FRAME);
        simulation.connections()[0].to_server().resume();
        client.flush().await.unwrap();
        let stats = client.stats();
        assert_eq!(stats.queued_bytes, 0);
        assert_eq!(stats.peak_queued_bytes as u64, 10 * FRAME);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn dropped_messages_are_counted_by_cause() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _events) = start(&simulation).await;
        let client = ChatClient::builder(ROOM)
            .runtime(&simulation)
            .max_queued_bytes(20)
            .max_message_size(100)
            .start(reporter().0)
            .unwrap();
        client.send(message("too early"));
        client.connected().await.unwrap();
        let send = |text: &str| client.try_send(message(text)).map_err(SendError::from);
        assert!(matches!(
            send(&"x".repeat(100)),
            Err(SendError::MessageTooBig { .. })
        ));
        assert_eq!(send("a"), Ok(()));
        assert_eq!(send("b"), Err(SendError::QueueFull));
        assert_eq!(send("c"), Err(SendError::QueueFull));
        let dropped = client.stats().dropped;
        assert_eq!(
            (dropped.not_connected, dropped.too_big, dropped.queue_full),
            (1, 1, 2)
        );
        assert_eq!(dropped.total(), 4);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn statistics_of_a_server_include_disconnected_clients() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, mut events) = start(&simulation).await;
        let (first, _first_events) = join(&simulation).await;
        let (second, _second_events) = join(&simulation).await;
        // Above `max_clients`.
        let (third, _third_events) = join(&simulation).await;
        first.send(message("a"));
        second.send(message("b"));
        server.broadcast(message("c"));
        simulation.sleep(DELAY).await;
        let stats = server.stats();
        assert_eq!(stats.clients, 2);
        assert_eq!(stats.refused, 1);
        third.stop().await;
        first.stop().await;
        events
            .find(|event| matches!(event, Event::Disconnected(_)))
            .await;
        let stats = server.stats();
        assert_eq!(stats.clients, 1);
        assert_eq!(stats.total.connections, 2);
        assert_eq!(stats.total.received_messages, 2);
        assert_eq!(stats.total.sent_messages, 2);
        assert_eq!(stats.total.received_bytes, 2 * FRAME);
        second.stop().await;
        server.stop().await;
        assert_eq!(server.stats().total.received_messages, 2);
        assert_eq!(server.stats().clients, 0);
    });
}

#[test]
fn statistics_of_a_client_include_its_state_and_its_connections() {
    let simulation = Simulation::new(1);
    simulation.later_connections().set_delay(DELAY);
    simulation.run(async {
        let (client, mut events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
        assert_eq!(client.state(), ClientState::Connecting);
        assert!(matches!(events.next().await, Event::ConnectFailure(_)));
        simulation.sleep(DELAY).await;
        assert_eq!(client.state(), ClientState::Waiting);
        let (server, _server_events) = start(&simulation).await;
        client.connected().await.unwrap();
        assert_eq!(client.state(), ClientState::Connected);
        assert_eq!(client.stats().reconnects(), 0);
        simulation.connections().last().unwrap().cut();
        events
            .find(|event| matches!(event, Event::Disconnected(_)))
            .await;
        assert_eq!(client.state(), ClientState::Waiting);
        client.connected().await.unwrap();
        assert_eq!(client.stats().reconnects(), 1);
        client.stop().await;
        assert_eq!(client.state(), ClientState::Stopped);
        server.stop().await;
    });
}
