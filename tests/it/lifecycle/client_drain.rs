//! Draining a client, in simulated time.

use std::future::pending;
use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use futures::future::join;
use messi::testing::{Clock, Host, Simulation};
use messi::{ClientBuilder, ClientState, DisconnectReason};

/// A handler that takes simulated time for each message, then echoes it.
struct Slow {
    clock: Clock,
    time: Duration,
    reporter: Reporter,
}

impl ChatClientHandler for Slow {
    async fn on_connected(&mut self, _: &ChatClient) {
        self.reporter.report(Event::Connected);
    }

    async fn on_message_ind(&mut self, client: &ChatClient, message: MessageInd) {
        self.clock.sleep(self.time).await;
        client.send(message);
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.reporter.report(Event::Disconnected(reason));
    }
}

/// A server, and a client with a handler that takes a certain time for each message.
struct World<'a> {
    simulation: &'a Simulation,
    server: ChatServer,
    server_events: Events,
    client: ChatClient,
    events: Events,
}

impl<'a> World<'a> {
    async fn start(simulation: &'a Simulation, time: Duration) -> Self {
        let builder = ChatServer::builder(ROOM).runtime(simulation);
        let (server, mut server_events) = serve(builder).await;
        let (reporter, mut events) = reporter();
        let slow = Slow {
            clock: simulation.clock(),
            time,
            reporter,
        };
        let builder = ChatClient::builder(ROOM).runtime(simulation);
        let client = builder.start(slow).unwrap();
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(server_events.next().await, Event::Connected);
        Self {
            simulation,
            server,
            server_events,
            client,
            events,
        }
    }

    /// Drains the client, and returns how long that takes.
    async fn drain(&self, limit: Duration) -> Duration {
        let start = self.simulation.elapsed();
        self.client.drain(limit).await;
        self.simulation.elapsed() - start
    }

    /// Checks that the client has stopped, and stops the server.
    async fn end(self) {
        assert_eq!(self.client.state(), ClientState::Stopped);
        assert_eq!(self.simulation.connections().len(), 1);
        self.server.stop().await;
        let left = (self.simulation.tasks(), self.simulation.sockets());
        assert_eq!(left, (0, 0));
    }
}

#[test]
fn a_drain_handles_received_messages_and_writes_the_responses() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut world = World::start(&simulation, 2 * SECOND).await;
        for text in ["a", "b", "c"] {
            world.server.broadcast(message(text));
        }
        world.client.send(message("queued"));
        simulation.sleep(SECOND).await;
        assert_eq!(world.drain(60 * SECOND).await, 5 * SECOND);
        for text in ["queued", "a", "b", "c"] {
            let message = Event::Message(text.into());
            assert_eq!(world.server_events.next().await, message);
        }
        assert_eq!(world.server_events.next().await, CLOSED);
        assert_eq!(world.events.next().await, STOPPED);
        world.end().await;
    });
}

#[test]
fn a_drain_handles_messages_that_were_not_read_yet_but_no_later_ones() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut world = World::start(&simulation, 5 * SECOND).await;
        let to_client = simulation.connections()[0].to_client();
        to_client.set_delay(Duration::from_millis(20));
        world.server.broadcast(message("in time"));
        let late = async {
            simulation.sleep(SECOND).await;
            world.server.broadcast(message("too late"));
        };
        join(world.client.drain(60 * SECOND), late).await;
        let message = Event::Message("in time".into());
        assert_eq!(world.server_events.next().await, message);
        assert_eq!(world.server_events.next().await, CLOSED);
        world.end().await;
    });
}

#[test]
fn a_server_does_not_give_up_a_client_that_drains_for_long() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut world = World::start(&simulation, 20 * SECOND).await;
        world.server.broadcast(message("slow"));
        simulation.sleep(SECOND).await;
        assert_eq!(world.drain(60 * SECOND).await, 19 * SECOND);
        let message = Event::Message("slow".into());
        assert_eq!(world.server_events.next().await, message);
        assert_eq!(world.server_events.next().await, CLOSED);
        world.end().await;
    });
}

#[test]
fn a_drain_ends_soon_if_the_server_keeps_sending() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let world = World::start(&simulation, Duration::ZERO).await;
        let talk = async {
            while world.client.is_connected() {
                world.server.broadcast(message("again"));
                simulation.sleep(Duration::from_millis(20)).await;
            }
        };
        let ((), took) = join(talk, world.drain(60 * SECOND)).await;
        assert!(took < 2 * SECOND, "{took:?}");
        world.end().await;
    });
}

#[test]
fn a_drain_drops_a_callback_at_its_limit() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut world = World::start(&simulation, HOUR).await;
        world.server.broadcast(message("never handled"));
        simulation.sleep(SECOND).await;
        assert_eq!(world.drain(10 * SECOND).await, 10 * SECOND);
        assert_eq!(world.events.next().await, STOPPED);
        world.end().await;
    });
}

#[test]
fn a_stop_ends_a_drain() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let world = World::start(&simulation, HOUR).await;
        world.server.broadcast(message("never handled"));
        simulation.sleep(SECOND).await;
        let stop = async {
            simulation.sleep(SECOND).await;
            world.client.stop().await;
        };
        let ((), took) = join(stop, world.drain(60 * SECOND)).await;
        assert_eq!(took, SECOND);
        world.end().await;
    });
}

#[test]
fn a_last_callback_that_never_returns_is_dropped_after_the_limit() {
    /// A handler that hangs in its last callback.
    struct StuckInLastCallback;

    impl ChatClientHandler for StuckInLastCallback {
        async fn on_disconnected(&mut self, _: &ChatClient, _: DisconnectReason) {
            pending().await
        }
    }

    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _events) = serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
        let builder = ChatClient::builder(ROOM).runtime(&simulation);
        let client = builder.start(StuckInLastCallback).unwrap();
        client.connected().await.unwrap();
        let start = simulation.elapsed();
        client.drain(3 * SECOND).await;
        let took = simulation.elapsed() - start;
        assert_eq!(took, 3 * SECOND + Duration::from_millis(100));
        server.stop().await;
    });
}

/// A client with an offline queue.
fn with_offline_queue(simulation: &Simulation) -> ClientBuilder<Chat> {
    let builder = ChatClient::builder(ROOM).runtime(simulation);
    builder.offline_queue(1_000, HOUR)
}

#[test]
fn a_drain_writes_the_messages_that_wait_for_on_connected() {
    /// A handler with a first callback that takes a while.
    struct SlowToConnect(Clock);

    impl ChatClientHandler for SlowToConnect {
        async fn on_connected(&mut self, client: &ChatClient) {
            self.0.sleep(SECOND).await;
            client.send(message("first"));
        }
    }

    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatServer::builder(ROOM).runtime(&simulation);
        let (server, mut server_events) = serve(builder).await;
        let builder = with_offline_queue(&simulation);
        let client = builder.start(SlowToConnect(simulation.clock())).unwrap();
        client.connected().await.unwrap();
        client.send(message("second"));
        client.drain(60 * SECOND).await;
        assert_eq!(client.stats().dropped.unsent, 0);
        let messages = ["first", "second"].map(|text| Event::Message(text.into()));
        let [first, second] = messages;
        for expected in [Event::Connected, first, second, CLOSED] {
            assert_eq!(server_events.next().await, expected);
        }
        server.stop().await;
    });
}

#[test]
fn a_drain_without_a_connection_stops_at_once() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        for is_waiting in [true, false] {
            if !is_waiting {
                simulation.set_host("room", Host::BlackHole);
            }
            let (client, _events) = start_client(with_offline_queue(&simulation));
            client.send(message("waits"));
            simulation.sleep(Duration::from_millis(500)).await;
            let state = client.state();
            assert_eq!(state == ClientState::Waiting, is_waiting, "{state:?}");
            let start = simulation.elapsed();
            client.drain(60 * SECOND).await;
            assert_eq!(simulation.elapsed(), start);
            assert_eq!(client.state(), ClientState::Stopped);
            assert_eq!(client.stats().dropped.unsent, 1);
            assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
        }
    });
}

#[test]
fn a_drain_at_any_moment_of_connecting_ends_the_client() {
    for millis in 0..30 {
        let simulation = Simulation::new(millis);
        simulation.run(async {
            let later = simulation.later_connections();
            later.set_delay(Duration::from_millis(10));
            let (server, server_events) =
                serve(ChatServer::builder(ROOM).runtime(&simulation)).await;
            let (client, events) = start_client(ChatClient::builder(ROOM).runtime(&simulation));
            simulation.sleep(Duration::from_millis(millis)).await;
            client.drain(HOUR).await;
            assert!(simulation.elapsed() < SECOND);
            let events = events.rest().await;
            assert!(
                events.is_empty() || events == [Event::Connected, STOPPED],
                "{millis}: {events:?}"
            );
            server.stop().await;
            drop(server);
            assert!(server_events.rest().await.len() <= 2);
            assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
        });
    }
}
