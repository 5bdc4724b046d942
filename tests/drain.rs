//! Draining a server, on the pretended clock and over real sockets.

mod common;

use std::future::pending;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use common::chat::*;
use common::*;
use futures::future::{join, join_all};
use messi::DisconnectReason;
use messi::testing::{Clock, Simulation};

const SECOND: Duration = Duration::from_secs(1);

/// The size of a long text, in bytes.
const LONG: usize = 100_000;

/// Takes a pretended time for each message, then says it back.
struct Slow {
    clock: Clock,
    time: Duration,
    reporter: Reporter,
}

impl ChatServerHandler for Slow {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        self.clock.sleep(self.time).await;
        client.reply(message);
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.reporter.report(Event::Disconnected(reason));
    }
}

/// A server whose handlers take this time for each message.
async fn slow_server(simulation: &Simulation, time: Duration) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let clock = simulation.clock();
    let server = ChatServer::builder("tcp://room:1")
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

/// A connected client that does not come back by itself.
async fn client(simulation: &Simulation) -> (ChatClient, Events) {
    let (reporter, mut events) = reporter();
    let client = ChatClient::builder("tcp://room:1")
        .runtime(simulation)
        .reconnect_delay(3_600 * SECOND, 3_600 * SECOND)
        .start(reporter)
        .unwrap();
    client.connected().await.unwrap();
    assert_eq!(events.next().await, Event::Connected);
    // The server has accepted it.
    simulation.sleep(Duration::from_millis(1)).await;
    (client, events)
}

#[test]
fn what_has_come_is_handled_and_answered_before_the_end() {
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
fn what_a_client_has_flushed_is_handled_and_answered_though_it_is_not_read_yet() {
    const REQUESTS: usize = 100;
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = slow_server(&simulation, Duration::from_millis(2)).await;
        let (client, mut events) = client(&simulation).await;
        // A megabyte waits for the handler, and nothing is read meanwhile. The operating systems hold
        // the rest.
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
fn what_is_on_its_way_in_parts_is_waited_for() {
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
        // Only a part of it is there when the server is to leave.
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
fn a_client_that_never_falls_silent_is_left_all_the_same() {
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
fn a_client_is_kept_alive_while_its_messages_are_handled() {
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
fn no_client_comes_in_any_more_and_later_messages_are_not_handled() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _server_events) = slow_server(&simulation, 5 * SECOND).await;
        let (client, mut events) = client(&simulation).await;
        client.send(message("in time"));
        simulation.sleep(SECOND).await;
        let late = async {
            simulation.sleep(SECOND).await;
            client.send(message("too late"));
            let (reporter, mut events) = reporter();
            let _late = ChatClient::builder("tcp://room:1")
                .runtime(&simulation)
                .start(reporter)
                .unwrap();
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
fn what_is_not_done_by_the_limit_is_abandoned() {
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
fn clients_are_told_to_leave_one_by_one() {
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
            // One that has not been told yet is served as ever.
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
        let ((), (ends, served)) = drained.await;
        assert_eq!(ends, [0, 2, 4, 6]);
        assert_eq!(served, 0);
        for (client, _) in clients {
            client.stop().await;
        }
    });
}

#[test]
fn a_last_callback_that_never_returns_delays_neither_a_drain_nor_a_stop() {
    /// Never gets over the end of its connection.
    struct Mourning;

    impl ChatServerHandler for Mourning {
        async fn on_client_disconnected(&mut self, _: &ChatServerClient, _: DisconnectReason) {
            pending().await
        }
    }

    let simulation = Simulation::new(1);
    simulation.run(async {
        for is_drained in [true, false] {
            let server = ChatServer::builder("tcp://room:1")
                .runtime(&simulation)
                .start(|_| Mourning)
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

/// Over real sockets.
#[test]
fn a_drain_with_a_thousand_clients_of_which_some_never_read_ends_with_its_limit() {
    const CLIENTS: usize = 1_000;
    const DEAF: usize = CLIENTS / 10;
    const LIMIT: Duration = Duration::from_secs(3);

    run(async {
        let (reporter, mut events) = reporter();
        let server = ChatServer::builder("tcp://127.0.0.1:0")
            .keep_alive_timeout(Duration::from_secs(600))
            // Room for all that the deaf do not read.
            .max_total_queued_bytes(DEAF * 8_000_000)
            .start(move |_| reporter.clone())
            .await
            .unwrap();
        let address = server.local_addr().socket_addr().unwrap();
        let _deaf: Vec<TcpStream> = (0..DEAF).map(|_| deaf_peer(address)).collect();
        let mut peers = Vec::new();
        for _ in DEAF..CLIENTS {
            peers.push(RawPeer::connect(address).await);
        }
        for _ in 0..CLIENTS {
            assert_eq!(events.next().await, Event::Connected);
        }
        server.broadcast(message("x".repeat(LONG)));
        // More than the operating system takes for a client that does not read.
        for client in server.clients().iter().take(DEAF) {
            for _ in 0..30 {
                client.send(message("x".repeat(LONG)));
            }
        }
        let reading = peers
            .into_iter()
            .map(async |mut peer| peer.expect_end().await.len());
        let reading = async_std::task::spawn(join_all(reading));
        let start = Instant::now();
        within("drain", server.drain(LIMIT)).await;
        let time = start.elapsed();
        // It was held up, but no longer than that.
        assert!(time >= LIMIT, "{time:?}");
        assert!(time < LIMIT + Duration::from_millis(250), "{time:?}");
        assert_eq!(server.stats().clients, 0);
        drop(server);
        let stopped = Event::Disconnected(DisconnectReason::Stopped);
        assert_eq!(events.rest().await, vec![stopped; CLIENTS]);
        let received = within("the clients", reading).await;
        assert!(received.iter().all(|&bytes| bytes > LONG));
    });
}
