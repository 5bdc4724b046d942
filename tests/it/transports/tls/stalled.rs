//! Handshakes that stall.

use std::time::Duration;

use messi::testing::Simulation;

use super::*;

/// Starts a server in a simulation.
async fn start_in(simulation: &Simulation, tls: ServerTls) -> ChatServer {
    let (reporter, _events) = reporter();
    ChatServer::builder("tls://room:6000")
        .tls(tls)
        .max_clients(1)
        .runtime(simulation)
        .start(move |_| reporter.clone())
        .await
        .unwrap()
}

/// Starts a client of that server.
fn connect_in(simulation: &Simulation, tls: ClientTls) -> (ChatClient, Events) {
    let (reporter, events) = reporter();
    let client = ChatClient::builder("tls://room:6000")
        .tls(tls)
        .runtime(simulation);
    (client.start(reporter).unwrap(), events)
}

#[test]
fn a_handshake_times_out_after_five_seconds_on_both_sides() {
    let authority = Authority::new();
    let simulation = Simulation::new(1);
    simulation.run(async {
        // Both directions are lost: the two limits end at the same moment, and neither side must be
        // disconnected by the other.
        let later = simulation.later_connections();
        later.to_server().stall();
        later.to_client().stall();
        let server = start_in(&simulation, ServerTls::new(authority.identity("room"))).await;
        let start = simulation.elapsed();
        let (client, mut events) = connect_in(&simulation, trusting(&authority));
        assert_eq!(
            failure(&mut events).await,
            "TLS handshake with room failed: no handshake within 5 s"
        );
        let taken = simulation.elapsed() - start;
        assert!((5..6).contains(&taken.as_secs()), "{taken:?}");
        later.to_server().resume();
        later.to_client().resume();
        // The server, which accepts one client only, has room again.
        simulation.sleep(Duration::from_secs(10)).await;
        assert!(client.is_connected());
        let stats = server.stats();
        assert_eq!((stats.failed_handshakes, stats.clients), (1, 1));
        client.stop().await;
        server.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn a_client_that_stays_silent_is_disconnected_after_five_seconds() {
    let authority = Authority::new();
    let simulation = Simulation::new(1);
    simulation.run(async {
        let server = start_in(&simulation, ServerTls::new(authority.identity("room"))).await;
        let (reporter, mut events) = reporter();
        let client = ChatClient::builder("tcp://room:6000")
            .keep_alive_interval(Duration::from_secs(3_600))
            .runtime(&simulation)
            .start(reporter)
            .unwrap();
        assert_eq!(events.next().await, Event::Connected);
        simulation.sleep(Duration::from_millis(4_900)).await;
        assert_eq!(server.stats().failed_handshakes, 0);
        simulation.sleep(Duration::from_millis(200)).await;
        assert_eq!(server.stats().failed_handshakes, 1);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn the_handshake_timeout_can_be_set() {
    let authority = Authority::new();
    let simulation = Simulation::new(1);
    simulation.run(async {
        simulation.later_connections().to_server().stall();
        simulation.later_connections().to_client().stall();
        let limit = Duration::from_secs(1);
        let tls = ServerTls::new(authority.identity("room")).handshake_timeout(limit);
        let server = start_in(&simulation, tls).await;
        let tls = trusting(&authority).handshake_timeout(limit);
        let (client, mut events) = connect_in(&simulation, tls);
        assert_eq!(
            failure(&mut events).await,
            "TLS handshake with room failed: no handshake within 1 s"
        );
        simulation.sleep(Duration::from_millis(1)).await;
        assert_eq!(server.stats().failed_handshakes, 1);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn many_handshakes_at_the_same_time_are_all_completed() {
    const CLIENTS: usize = 50;
    let authority = Authority::new();
    let simulation = Simulation::new(1);
    simulation.run(async {
        simulation.later_connections().to_server().stall();
        let (reporter, _events) = reporter();
        let server = ChatServer::builder("tls://room:6000")
            .tls(ServerTls::new(authority.identity("room")))
            .runtime(&simulation)
            .start(move |_| reporter.clone())
            .await
            .unwrap();
        let tls = trusting(&authority);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| connect_in(&simulation, tls.clone()))
            .collect();
        simulation.sleep(Duration::from_secs(1)).await;
        for connection in simulation.connections() {
            connection.to_server().resume();
        }
        simulation.sleep(Duration::from_millis(1)).await;
        assert_eq!(server.stats().clients, CLIENTS);
        for (client, _events) in clients {
            client.stop().await;
        }
        server.stop().await;
    });
}

#[test]
fn a_stop_does_not_wait_for_handshakes() {
    let authority = Authority::new();
    let simulation = Simulation::new(1);
    simulation.run(async {
        simulation.later_connections().to_server().stall();
        let server = start_in(&simulation, ServerTls::new(authority.identity("room"))).await;
        let (client, _client_events) = connect_in(&simulation, trusting(&authority));
        simulation.sleep(Duration::from_secs(1)).await;
        let start = simulation.elapsed();
        server.stop().await;
        client.stop().await;
        assert_eq!(simulation.elapsed(), start);
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn a_handshake_succeeds_with_each_time_limit_at_its_extremes() {
    let authority = Authority::new();
    for limit in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let tls = ServerTls::new(authority.identity("room")).handshake_timeout(limit);
            let server = start_in(&simulation, tls).await;
            let tls = trusting(&authority).handshake_timeout(limit);
            let (client, mut events) = connect_in(&simulation, tls);
            assert_eq!(events.next().await, Event::Connected, "{limit:?}");
            client.stop().await;
            server.stop().await;
        });
    }
}
