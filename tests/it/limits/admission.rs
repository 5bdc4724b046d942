//! Clients that a server refuses, in simulated time.

use std::net::SocketAddr;

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use messi::ServerBuilder;
use messi::testing::Simulation;

/// Starts clients, and returns how many are connected and how many were refused, a moment later.
async fn admitted(
    simulation: &Simulation,
    server: &ChatServer,
    clients: &mut Vec<ChatClient>,
    count: usize,
) -> (usize, u64) {
    for _ in 0..count {
        let (handler, _events) = reporter();
        let client = ChatClient::builder(ROOM)
            .runtime(simulation)
            // A refused client does not reconnect.
            .reconnect_delay(1_000 * SECOND, 1_000 * SECOND)
            .start(handler);
        clients.push(client.unwrap());
    }
    simulation.sleep(Duration::from_millis(1)).await;
    (server.stats().clients, server.stats().refused)
}

async fn start(simulation: &Simulation, server: ServerBuilder<Chat>) -> (ChatServer, Events) {
    let (handler, events) = reporter();
    let server = server.runtime(simulation).start(move |_| handler.clone());
    (server.await.unwrap(), events)
}

#[test]
fn clients_above_the_maximum_are_refused_and_counted_while_others_are_served() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatServer::builder(ROOM).max_clients(3);
        let (server, mut events) = start(&simulation, builder).await;
        let mut clients = Vec::new();
        assert_eq!(
            admitted(&simulation, &server, &mut clients, 3).await,
            (3, 0)
        );
        assert_eq!(
            admitted(&simulation, &server, &mut clients, 100).await,
            (3, 100)
        );
        for client in &clients[..3] {
            client.send(message("still here"));
        }
        for _ in 0..3 {
            assert_eq!(events.next().await, Event::Connected);
        }
        for _ in 0..3 {
            assert_eq!(events.next().await, Event::Message("still here".into()));
        }
        // A client that disconnects makes room.
        clients[0].stop().await;
        assert_eq!(
            admitted(&simulation, &server, &mut clients, 2).await,
            (3, 101)
        );
    });
}

#[test]
fn clients_above_the_rate_are_refused_until_later() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let builder = ChatServer::builder(ROOM).max_clients_per_second(10);
        let (server, _events) = start(&simulation, builder).await;
        let mut clients = Vec::new();
        assert_eq!(
            admitted(&simulation, &server, &mut clients, 15).await,
            (10, 5)
        );
        simulation.sleep(SECOND).await;
        assert_eq!(
            admitted(&simulation, &server, &mut clients, 15).await,
            (20, 10)
        );
    });
}

#[test]
fn clients_of_one_address_are_limited() {
    run(async {
        let (server, mut server_events) =
            serve(ChatServer::builder("tcp://:0").max_clients_per_address(1)).await;
        let here = SocketAddr::from(([127, 0, 0, 1], server.local_addr().port().unwrap()));
        let (client, _events) = start_client(ChatClient::builder(uri(here)));
        assert_eq!(server_events.next().await, Event::Connected);
        let mut second = RawPeer::connect(here).await;
        assert!(second.expect_end().await.is_empty());
        assert_eq!((server.stats().clients, server.stats().refused), (1, 1));
        client.stop().await;
        assert!(matches!(server_events.next().await, Event::Disconnected(_)));
        server.stop().await;
    });
}
