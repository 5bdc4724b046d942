//! Hosts with several addresses, of which some fail in the handshake, in simulated time.

use std::net::{IpAddr, Ipv4Addr};

use messi::testing::{Host, Simulation};

use super::*;

const FIRST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

/// Starts a server of an authority on one address of the host.
async fn start_at(
    simulation: &Simulation,
    address: IpAddr,
    authority: &Authority,
) -> (ChatServer, Events) {
    let builder = ChatServer::builder(format!("tls://{address}:1"));
    let tls = ServerTls::new(authority.identity("room"));
    serve(builder.tls(tls).runtime(simulation)).await
}

/// Starts a client of the host with both addresses.
fn connect_to_both(simulation: &Simulation, authority: &Authority) -> (ChatClient, Events) {
    simulation.set_addresses("room", [FIRST, OTHER]);
    let builder = ChatClient::builder("tls://room:1").tls(trusting(authority));
    start_client(builder.runtime(simulation))
}

#[test]
fn an_address_whose_handshake_fails_leaves_the_others_to_be_tried() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (trusted, other) = (Authority::new(), Authority::new());
        let (wrong, _events) = start_at(&simulation, FIRST, &other).await;
        let (right, mut right_events) = start_at(&simulation, OTHER, &trusted).await;
        let (client, mut events) = connect_to_both(&simulation, &trusted);
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(right_events.next().await, Event::Connected);
        assert_eq!(wrong.stats().failed_handshakes, 1);
        for server in [wrong, right] {
            server.stop().await;
        }
        client.stop().await;
    });
}

#[test]
fn a_failed_handshake_is_reported_rather_than_addresses_that_refuse_or_do_not_reply() {
    for second in [Host::Reachable, Host::BlackHole] {
        let simulation = Simulation::new(1);
        simulation.run(async {
            let (trusted, other) = (Authority::new(), Authority::new());
            let (wrong, _events) = start_at(&simulation, FIRST, &other).await;
            simulation.set_host(&OTHER.to_string(), second);
            let (client, mut events) = connect_to_both(&simulation, &trusted);
            let error = failure(&mut events).await;
            assert!(error.contains("no authority that is trusted"), "{error}");
            assert!(simulation.elapsed() <= 5 * SECOND);
            client.stop().await;
            wrong.stop().await;
        });
    }
}
