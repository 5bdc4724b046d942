//! Messages that are lost, and how the sending side learns of them, in simulated time.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::testing::{Direction, Simulation};
use messi::{ClientBuilder, DisconnectReason};

const SILENT: Event = Event::Disconnected(DisconnectReason::KeepAliveTimeout);

/// Returns a builder of a client that does not reconnect.
fn client() -> ClientBuilder<Chat> {
    ChatClient::builder(ROOM).reconnect_delay(HOUR, HOUR)
}

async fn connect(simulation: &Simulation) -> Pair {
    Pair::connect_with(simulation, ChatServer::builder(ROOM), client()).await
}

/// Lets the receiving system accept no more.
fn block(direction: &Direction) {
    direction.set_buffer(1);
    direction.stall();
}

#[test]
fn messages_written_after_the_last_sign_of_life_are_unconfirmed() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        for _ in 0..3 {
            pair.client.send(message("received"));
            pair.server.broadcast(message("received"));
        }
        simulation.sleep(Duration::from_millis(10_500)).await;
        pair.connection.lose();
        for _ in 0..2 {
            pair.client.send(message("lost"));
            pair.server.broadcast(message("lost"));
        }
        pair.client_events.find(|event| *event == SILENT).await;
        pair.server_events.find(|event| *event == SILENT).await;
        let (client, server) = (pair.client.stats(), pair.server.stats().total);
        assert_eq!((client.unconfirmed, server.unconfirmed), (2, 2));
        assert_eq!((client.dropped.total(), server.dropped.total()), (0, 0));
        pair.stop().await;
    });
}

#[test]
fn messages_under_way_when_a_connection_breaks_are_unconfirmed() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        pair.client.send(message("lost"));
        pair.client.flush().await.unwrap();
        pair.connection.cut();
        pair.client_events.find(|event| *event == CLOSED).await;
        assert_eq!(pair.client.stats().unconfirmed, 1);
        // Counted once: without a connection, there are no more messages to lose.
        pair.client.stop().await;
        assert_eq!(pair.client.stats().unconfirmed, 1);
        pair.server.stop().await;
    });
}

#[test]
fn a_connection_that_is_closed_in_good_order_leaves_nothing_unconfirmed_on_its_own_side() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut pair = connect(&simulation).await;
        pair.client.send(message("received"));
        pair.server.broadcast(message("perhaps received"));
        assert_eq!(pair.client.stop().await.unwritten, 0);
        assert_eq!(pair.client.stats().unconfirmed, 0);
        pair.server_events.find(|event| *event == CLOSED).await;
        assert_eq!(pair.server.stats().total.unconfirmed, 1);
        pair.server.stop().await;
    });
}

#[test]
fn flush_returns_how_many_messages_were_not_written() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = connect(&simulation).await;
        pair.client.send(message("written"));
        pair.client.flush().await.unwrap();
        block(&pair.connection.to_server());
        for _ in 0..10 {
            pair.client.send(message("not written"));
        }
        let cut = async {
            simulation.sleep(SECOND).await;
            pair.connection.cut();
        };
        let (flushed, ()) = futures::join!(pair.client.flush(), cut);
        assert_eq!(flushed.unwrap_err().unwritten, 10);
        pair.stop().await;
    });
}

#[test]
fn stop_returns_how_many_messages_were_not_written() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = connect(&simulation).await;
        block(&pair.connection.to_server());
        for _ in 0..10 {
            pair.client.send(message("not written"));
        }
        assert_eq!(pair.client.stop().await.unwritten, 10);
        // The same for another task that stops it.
        assert_eq!(pair.client.stop().await.unwritten, 10);
        pair.server.stop().await;
    });
}

#[test]
fn stop_of_a_server_returns_how_many_messages_were_not_written() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = connect(&simulation).await;
        block(&pair.connection.to_client());
        for _ in 0..10 {
            pair.server.broadcast(message("not written"));
        }
        assert_eq!(pair.server.stop().await.unwritten, 10);
        assert_eq!(pair.server.stop().await.unwritten, 10);
        pair.client.stop().await;
    });
}

#[test]
fn a_drain_at_its_limit_returns_how_many_messages_were_not_written() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = connect(&simulation).await;
        block(&pair.connection.to_client());
        for _ in 0..10 {
            pair.server.broadcast(message("not written"));
        }
        let limit = Duration::from_millis(100);
        assert_eq!(pair.server.drain(limit).await.unwritten, 10);
        pair.client.stop().await;
    });
}

#[test]
fn stop_counts_the_messages_of_the_offline_queue() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = client().offline_queue(10_000, HOUR).runtime(&simulation);
        let (client, _events) = start_client(builder);
        for _ in 0..3 {
            client.send(message("kept"));
        }
        assert_eq!(client.flush().await.unwrap_err().unwritten, 3);
        assert_eq!(client.stop().await.unwritten, 3);
    });
}
