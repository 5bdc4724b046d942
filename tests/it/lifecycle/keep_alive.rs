//! Keep-alive, exact to the second, in simulated time.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::DisconnectReason;
use messi::testing::{Direction, Simulation};

const TIMEOUT: Event = Event::Disconnected(DisconnectReason::KeepAliveTimeout);

/// The size of a ping or pong, in bytes.
const HEADER: u64 = 4;

#[test]
fn an_idle_connection_exchanges_a_ping_and_a_pong_every_two_seconds() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect(&simulation).await;
        simulation.sleep(3_601 * SECOND).await;
        assert_eq!(pair.connection.to_server().read(), 1_800 * HEADER);
        assert_eq!(pair.connection.to_client().read(), 1_800 * HEADER);
        pair.stop().await;
        let stopped = Event::Disconnected(DisconnectReason::Stopped);
        assert_eq!(pair.client_events.rest().await, [stopped]);
    });
}

#[test]
fn both_sides_detect_a_lost_connection() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        simulation.sleep(11 * SECOND).await;
        pair.connection.lose();
        // The ping at 10 s was the last that arrived. The next one has no pong when another is due.
        assert_eq!(pair.server_events.next().await, TIMEOUT);
        assert_eq!(simulation.elapsed(), 13 * SECOND);
        assert_eq!(pair.client_events.next().await, TIMEOUT);
        assert_eq!(simulation.elapsed(), 14 * SECOND);
    });
}

#[test]
fn a_server_disconnects_a_client_whose_bytes_are_lost() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        simulation.sleep(11 * SECOND).await;
        pair.connection.to_server().lose();
        assert_eq!(pair.server_events.next().await, TIMEOUT);
        assert_eq!(simulation.elapsed(), 13 * SECOND);
        assert_eq!(pair.client_events.next().await, CLOSED);
    });
}

#[test]
fn a_client_disconnects_from_a_server_whose_bytes_are_lost() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        pair.connection.to_client().lose();
        assert_eq!(pair.client_events.next().await, TIMEOUT);
        assert_eq!(simulation.elapsed(), 4 * SECOND);
        assert_eq!(pair.server_events.next().await, CLOSED);
    });
}

/// Returns when a client with this timeout gives up a server whose bytes are lost, and the number of pings
/// that it has sent by then.
fn given_up_after(timeout: Duration) -> (Duration, u64) {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect_with(
            &simulation,
            ChatServer::builder(ROOM),
            ChatClient::builder(ROOM).keep_alive_timeout(timeout),
        )
        .await;
        pair.connection.to_client().lose();
        assert_eq!(pair.client_events.next().await, TIMEOUT);
        let pings = pair.connection.to_server().written() / HEADER;
        (simulation.elapsed(), pings)
    })
}

#[test]
fn a_client_waits_for_its_keep_alive_timeout_after_the_first_ping() {
    assert_eq!(given_up_after(SECOND), (3 * SECOND, 1));
    assert_eq!(given_up_after(7 * SECOND), (9 * SECOND, 4));
}

#[test]
fn lost_pongs_do_not_end_a_connection_within_the_keep_alive_timeout() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect_with(
            &simulation,
            ChatServer::builder(ROOM),
            ChatClient::builder(ROOM).keep_alive_timeout(10 * SECOND),
        )
        .await;
        for _ in 0..10 {
            pair.connection.to_client().stall();
            simulation.sleep(9 * SECOND).await;
            pair.connection.to_client().resume();
            simulation.sleep(SECOND).await;
        }
        assert!(pair.client.is_connected());
        assert_eq!(simulation.connections().len(), 1);
        pair.stop().await;
    });
}

/// Limits a direction to a kilobyte per second.
fn slow_down(direction: &Direction) {
    direction.set_delay(SECOND);
    direction.set_buffer(1_000);
}

#[test]
fn a_connection_survives_an_upload_of_several_minutes() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        slow_down(&pair.connection.to_server());
        let text = "x".repeat(200_000);
        pair.client.send(message(text.clone()));
        assert_eq!(pair.server_events.next().await, Event::Message(text));
        assert!(simulation.elapsed() > 200 * SECOND);
        pair.stop().await;
    });
}

#[test]
fn a_connection_survives_a_download_of_several_minutes() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = Pair::connect(&simulation).await;
        slow_down(&pair.connection.to_client());
        let text = "x".repeat(200_000);
        pair.server.broadcast(message(text.clone()));
        assert_eq!(pair.client_events.next().await, Event::Message(text));
        assert!(simulation.elapsed() > 200 * SECOND);
        pair.stop().await;
    });
}
