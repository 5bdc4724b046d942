//! Draining a server, in simulated time.

use std::future::pending;
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use futures::future::{join, join_all};
use messi::DisconnectReason;
use messi::testing::{Clock, Simulation};

/// A handler that takes simulated time for each message, then echoes it.
struct Slow {
    clock: Clock,
    time: Duration,
    reporter: Reporter,
}

impl ChatServerHandler for Slow {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        self.clock.sleep(self.time).await;
        client.send(message);
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.reporter.report(Event::Disconnected(reason));
    }
}

/// Starts a server with handlers that take a certain time for each message.
async fn slow_server(simulation: &Simulation, time: Duration) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let clock = simulation.clock();
    let server = ChatServer::builder(ROOM)
        .runtime(simulation)
        .start(move |_| Slow {
            clock: clock.clone(),
            time,
            reporter: reporter.clone(),
        })
        .await
        .unwrap();
    (server, events)
}

/// Connects a client that does not reconnect.
async fn client(simulation: &Simulation) -> (ChatClient, Events) {
    let (client, mut events) = start_client(
        ChatClient::builder(ROOM)
            .runtime(simulation)
            .reconnect_delay(3_600 * SECOND, 3_600 * SECOND),
    );
    client.connected().await.unwrap();
    assert_eq!(events.next().await, Event::Connected);
    // Until the server has accepted it.
    simulation.sleep(Duration::from_millis(1)).await;
    (client, events)
}

#[test]
fn a_drain_handles_received_messages_and_sends_the_responses() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, server_events) = slow_server(&simulation, 2 * SECOND).await;
        let (client, mut events) = client(&simulation).await;
        for text in ["a", "b", "c"] {
            client.send(message(text));
        }
        simulation.sleep(SECOND).await;
        let start = simulation.elapsed();
        server.drain(60 * SECOND).await;
        assert_eq!(simulation.elapsed() - start, 5 * SECOND);
        for text in ["a", "b", "c"] {
            assert_eq!(events.next().await, Event::Message(text.into()));
        }
        let closed = Event::Disconnected(DisconnectReason::ConnectionClosed);
        assert_eq!(events.next().await, closed);
        let stopped = Event::Disconnected(DisconnectReason::Stopped);
        assert_eq!(server_events.rest().await, [stopped]);
        client.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn a_drain_handles_flushed_messages_that_were_not_read_yet() {
    const REQUESTS: usize = 100;
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = slow_server(&simulation, Duration::from_millis(2)).await;
        let (client, mut events) = client(&simulation).await;
        // The server stops reading while a megabyte waits for the handler. The operating systems buffer
        // the remaining messages.
        let to_server = simulation.connections()[0].to_server();
        to_server.set_buffer(4_000_000);
        for _ in 0..REQUESTS {
            client.send(message("x".repeat(30_000)));
        }
        client.flush().await.unwrap();
        simulation.sleep(Duration::from_millis(20)).await;
        server.drain(20 * SECOND).await;
        for _ in 0..REQUESTS {
            assert!(matches!(events.next().await, Event::Message(_)));
        }
        client.stop().await;
    });
}

#[test]
fn a_drain_waits_for_the_rest_of_a_partly_received_message() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = slow_server(&simulation, Duration::ZERO).await;
        let (client, mut events) = client(&simulation).await;
        let to_server = simulation.connections()[0].to_server();
        to_server.set_delay(Duration::from_millis(120));
        client.send(message("a"));
        client.flush().await.unwrap();
        to_server.set_delay(Duration::from_millis(160));
        let text = "x".repeat(100);
        client.send(message(text.clone()));
        // Only a part of it has arrived when the drain begins.
        to_server.split(50);
        client.flush().await.unwrap();
        simulation.sleep(Duration::from_millis(110)).await;
        server.drain(20 * SECOND).await;
        assert_eq!(events.next().await, Event::Message("a".into()));
        assert_eq!(events.next().await, Event::Message(text));
        client.stop().await;
    });
}

#[test]
fn a_drain_disconnects_a_client_that_keeps_sending() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = slow_server(&simulation, Duration::ZERO).await;
        let (client, _events) = client(&simulation).await;
        let talk = async {
            while client.is_connected() {
                client.send(message("again"));
                simulation.sleep(Duration::from_millis(20)).await;
            }
        };
        let start = simulation.elapsed();
        let drained = async {
            server.drain(20 * SECOND).await;
            simulation.elapsed() - start
        };
        let ((), taken) = join(talk, drained).await;
        assert!(taken < SECOND, "{taken:?}");
        client.stop().await;
    });
}

#[test]
fn keep_alive_continues_while_messages_are_handled() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = slow_server(&simulation, 20 * SECOND).await;
        let (client, mut events) = client(&simulation).await;
        client.send(message("slow"));
        simulation.sleep(SECOND).await;
        server.drain(60 * SECOND).await;
        assert_eq!(simulation.elapsed().as_secs(), 20);
        assert_eq!(events.next().await, Event::Message("slow".into()));
        client.stop().await;
    });
}

#[test]
fn a_drain_refuses_new_clients_and_ignores_later_messages() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = slow_server(&simulation, 5 * SECOND).await;
        let (client, mut events) = client(&simulation).await;
        client.send(message("in time"));
        simulation.sleep(SECOND).await;
        let late = async {
            simulation.sleep(SECOND).await;
            client.send(message("too late"));
            let (_late, mut events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
            assert!(matches!(events.next().await, Event::ConnectFailure(_)));
        };
        join(server.drain(60 * SECOND), late).await;
        assert_eq!(events.next().await, Event::Message("in time".into()));
        let closed = Event::Disconnected(DisconnectReason::ConnectionClosed);
        assert_eq!(events.next().await, closed);
        client.stop().await;
    });
}

#[test]
fn a_drain_drops_unhandled_messages_at_its_limit() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, server_events) = slow_server(&simulation, 3_600 * SECOND).await;
        let (client, _events) = client(&simulation).await;
        client.send(message("never handled"));
        simulation.sleep(SECOND).await;
        let start = simulation.elapsed();
        server.drain(10 * SECOND).await;
        assert_eq!(simulation.elapsed() - start, 10 * SECOND);
        let stopped = Event::Disconnected(DisconnectReason::Stopped);
        assert_eq!(server_events.rest().await, [stopped]);
        client.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn drain_over_disconnects_one_client_after_the_other() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = slow_server(&simulation, Duration::ZERO).await;
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(client(&simulation).await);
        }
        let start = simulation.elapsed();
        let ends = clients.iter_mut().map(async |(client, events)| {
            events.next().await;
            // Each client stays connected until its own disconnect.
            assert!(!client.is_connected());
            (simulation.elapsed() - start).as_secs()
        });
        let served = async {
            simulation.sleep(7 * SECOND).await;
            server.clients().len()
        };
        let drained = join(
            server.drain_over(8 * SECOND, 60 * SECOND),
            join(join_all(ends), served),
        );
        let (_, (ends, served)) = drained.await;
        assert_eq!(ends, [0, 2, 4, 6]);
        assert_eq!(served, 0);
        for (client, _) in clients {
            client.stop().await;
        }
    });
}

/// A handler that hangs in its last callback.
struct StuckInLastCallback;

impl ChatServerHandler for StuckInLastCallback {
    async fn on_client_disconnected(&mut self, _: &ChatServerClient, _: DisconnectReason) {
        pending().await
    }
}

#[test]
fn the_limit_of_a_drain_also_ends_a_stop() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = ChatServer::builder(ROOM)
            .runtime(&simulation)
            .start(|_| StuckInLastCallback)
            .await
            .unwrap();
        let (client, _) = client(&simulation).await;
        client.stop().await;
        let start = simulation.elapsed();
        // The stop waits a second for the last callback, the drain a tenth beyond its limit.
        join(server.stop(), server.drain(SECOND / 2)).await;
        assert!(simulation.elapsed() - start < Duration::from_millis(750));
    });
}

#[test]
fn a_last_callback_that_never_returns_does_not_delay_a_drain_or_a_stop() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        for is_drained in [true, false] {
            let server = ChatServer::builder(ROOM)
                .runtime(&simulation)
                .start(|_| StuckInLastCallback)
                .await
                .unwrap();
            let (client, _) = client(&simulation).await;
            client.stop().await;
            assert!(server.clients().is_empty());
            let start = simulation.elapsed();
            if is_drained {
                server.drain(3 * SECOND).await;
                assert!(simulation.elapsed() - start <= 3 * SECOND + Duration::from_millis(250));
            } else {
                server.stop().await;
                assert!(simulation.elapsed() - start <= SECOND);
            }
            assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
        }
    });
}

#[test]
fn a_stop_ends_a_drain() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = slow_server(&simulation, 3_600 * SECOND).await;
        let (client, _events) = client(&simulation).await;
        client.send(message("never handled"));
        simulation.sleep(SECOND).await;
        let stop = async {
            simulation.sleep(SECOND).await;
            server.stop().await;
        };
        join(server.drain(60 * SECOND), stop).await;
        assert!(simulation.elapsed() < 5 * SECOND);
        client.stop().await;
    });
}
