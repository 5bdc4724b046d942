//! Limits of a server behind a proxy.

use std::time::Duration;

use futures::future::join_all;
use futures::{AsyncReadExt, AsyncWriteExt};
use messi::Runtime;
use messi::testing::Simulation;
use messi::tls::ServerTls;

use super::*;
use crate::transports::tls::authority::Authority;

/// Configures a server in a simulation that trusts all peers.
fn in_room(simulation: &Simulation) -> ServerBuilder<Chat> {
    let builder = ChatServer::builder(ROOM).runtime(simulation);
    builder.proxy_protocol(["0.0.0.0/0"])
}

/// Starts a client that never sends a byte, and never connects again.
fn silent(simulation: &Simulation, uri: &str) -> ChatClient {
    let builder = ChatClient::builder(uri)
        .runtime(simulation)
        .keep_alive_interval(HOUR)
        .reconnect_delay(HOUR, HOUR);
    start_client(builder).0
}

#[test]
fn the_limit_for_one_address_is_of_the_clients_and_not_of_the_proxy() {
    run(async {
        let builder = behind_proxy().max_clients_per_address(1);
        let (server, mut events) = serve(builder).await;
        let first = connect_for("192.0.2.1:1", &server).await;
        assert_eq!(events.next().await, Event::Connected);
        let _second = connect_for("192.0.2.2:1", &server).await;
        assert_eq!(events.next().await, Event::Connected);
        let mut refused = connect_for("192.0.2.1:2", &server).await;
        assert!(refused.expect_end().await.is_empty());
        // IPv4 within IPv6.
        let mut refused = connect_for("[::ffff:192.0.2.1]:3", &server).await;
        assert!(refused.expect_end().await.is_empty());
        let stats = server.stats();
        assert_eq!((stats.clients, stats.refused), (2, 2));
        assert_eq!(stats.failed_handshakes, 0);
        // The place is free again once the client has left.
        drop(first);
        assert_eq!(events.next().await, CLOSED);
        let served = async {
            loop {
                let mut peer = connect_for("192.0.2.1:4", &server).await;
                let _ = peer.0.write_all(CONNECT_REQ).await;
                if peer.0.read_exact(&mut [0; 6]).await.is_ok() {
                    break;
                }
            }
        };
        within("a place", served).await;
        server.stop().await;
    });
}

#[test]
fn headers_that_are_read_at_the_same_time_are_counted_once_each() {
    const ADDRESSES: usize = 8;
    const EACH: usize = 8;
    run(async {
        let builder = behind_proxy().max_clients_per_address(1);
        let (server, _events) = serve(builder.runtime(Runtime::threads(4))).await;
        let connect = |number: usize| {
            let client = format!("192.0.2.{}:{}", number % ADDRESSES, 1_000 + number);
            let server = &server;
            async move { connect_for(&client, server).await }
        };
        let _peers = join_all((0..ADDRESSES * EACH).map(connect)).await;
        let expected = (ADDRESSES, (ADDRESSES * (EACH - 1)) as u64);
        let counted = async {
            loop {
                let stats = server.stats();
                let counted = (stats.clients, stats.refused);
                if stats.clients as u64 + stats.refused == (ADDRESSES * EACH) as u64 {
                    break counted;
                }
                async_std::task::yield_now().await;
            }
        };
        assert_eq!(within("all connections", counted).await, expected);
        server.stop().await;
    });
}

#[test]
fn peers_that_are_refused_take_no_place_and_no_part_of_the_rate() {
    run(async {
        let builder = behind_proxy().max_clients(1).max_clients_per_second(1);
        let (server, mut events) = serve(builder).await;
        // They are silent.
        let mut waiting = Vec::new();
        for _ in 0..10 {
            waiting.push(RawPeer::connect(server.local_addr()).await);
        }
        let mut wrong = RawPeer::connect(server.local_addr()).await;
        wrong.send(b"GET / HTTP/1.1\r\n").await;
        assert!(wrong.expect_end().await.is_empty());
        let _client = connect_for(CLIENT, &server).await;
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(server.stats().refused, 0);
        server.stop().await;
    });
}

#[test]
fn a_silent_peer_is_disconnected_after_five_seconds() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _events) = serve(in_room(&simulation)).await;
        let client = silent(&simulation, ROOM);
        client.connected().await.unwrap();
        simulation.sleep(Duration::from_millis(4_900)).await;
        assert_eq!(server.stats().failed_handshakes, 0);
        simulation.sleep(Duration::from_millis(200)).await;
        let stats = server.stats();
        assert_eq!((stats.failed_handshakes, stats.total.connections), (1, 0));
        assert!(!client.is_connected());
        client.stop().await;
        server.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn the_timeout_of_the_handshake_is_that_of_the_header() {
    let authority = Authority::new();
    let simulation = Simulation::new(1);
    simulation.run(async {
        let tls = ServerTls::new(authority.identity("room")).handshake_timeout(SECOND);
        let builder = ChatServer::builder("tls://room:1").tls(tls);
        let builder = builder.proxy_protocol(["0.0.0.0/0"]).runtime(&simulation);
        let (server, _events) = serve(builder).await;
        let client = silent(&simulation, ROOM);
        client.connected().await.unwrap();
        simulation.sleep(Duration::from_millis(900)).await;
        assert_eq!(server.stats().failed_handshakes, 0);
        simulation.sleep(Duration::from_millis(200)).await;
        assert_eq!(server.stats().failed_handshakes, 1);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn no_more_than_1024_headers_are_read_at_a_time() {
    const BOUND: usize = 1_024;
    const CLIENTS: usize = BOUND + 50;
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _events) = serve(in_room(&simulation)).await;
        let clients: Vec<_> = (0..CLIENTS).map(|_| silent(&simulation, ROOM)).collect();
        simulation.sleep(Duration::from_millis(5_100)).await;
        // The others have waited to be accepted.
        assert_eq!(server.stats().failed_handshakes, BOUND as u64);
        simulation.sleep(5 * SECOND).await;
        assert_eq!(server.stats().failed_handshakes, CLIENTS as u64);
        for client in clients {
            client.stop().await;
        }
        server.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn a_stop_does_not_wait_for_headers() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (server, _events) = serve(in_room(&simulation)).await;
        let client = silent(&simulation, ROOM);
        client.connected().await.unwrap();
        simulation.sleep(SECOND).await;
        let start = simulation.elapsed();
        server.stop().await;
        assert_eq!(simulation.elapsed(), start);
        assert_eq!(server.stats().failed_handshakes, 0);
        client.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}
