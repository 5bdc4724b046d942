//! Hosts with several addresses, in simulated time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::common::*;
use messi::ConnectError;
use messi::testing::{Host, Simulation};

/// The time between the attempts at two addresses.
const DELAY: Duration = Duration::from_millis(250);

/// The two IPv6 and the two IPv4 addresses of the host, in the order of its system.
const ADDRESSES: [IpAddr; 4] = [
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 3)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 4)),
];

/// The order in which the addresses are tried: the families alternate.
const ORDER: [usize; 4] = [0, 2, 1, 3];

/// The reaction of an address.
#[derive(Clone, Copy, PartialEq)]
enum Reaction {
    Serves,
    Refuses,
    Hangs,
}

use Reaction::{Hangs, Refuses, Serves};

/// Connects to the host, and returns the time that it takes, and the index of the address or the error.
fn connect(reactions: [Reaction; 4]) -> (Duration, Result<usize, ConnectError>) {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let mut servers = Vec::new();
        for (address, reaction) in ADDRESSES.into_iter().zip(reactions) {
            match reaction {
                Hangs => simulation.set_host(&address.to_string(), Host::BlackHole),
                Refuses => {}
                Serves => {
                    let uri = uri((address, 1));
                    let builder = chat::ChatServer::builder(uri).runtime(&simulation);
                    servers.push(serve(builder).await.0);
                }
            }
        }
        simulation.set_addresses("room", ADDRESSES);
        let (client, mut events) =
            start_client(chat::ChatClient::builder(ROOM).runtime(&simulation));
        let result = match events.next().await {
            Event::Connected => {
                let server = simulation.connections().pop().unwrap().server_addr();
                Ok(ADDRESSES.iter().position(|it| *it == server.ip()).unwrap())
            }
            Event::ConnectFailure(error) => Err(error),
            other => panic!("{other:?}"),
        };
        let took = simulation.elapsed();
        client.stop().await;
        for server in servers {
            server.stop().await;
        }
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
        (took, result)
    })
}

#[test]
fn an_ipv6_address_without_a_reply_costs_a_quarter_of_a_second() {
    assert_eq!(connect([Hangs, Hangs, Serves, Serves]), (DELAY, Ok(2)));
}

#[test]
fn the_families_alternate() {
    for (place, address) in ORDER.into_iter().enumerate() {
        let mut reactions = [Hangs; 4];
        reactions[address] = Serves;
        let expected = (place as u32 * DELAY, Ok(address));
        assert_eq!(connect(reactions), expected);
    }
}

#[test]
fn the_next_address_is_tried_as_soon_as_the_one_before_has_refused() {
    let refused = connect([Refuses, Refuses, Refuses, Serves]);
    assert_eq!(refused, (Duration::ZERO, Ok(3)));
    // The last address follows its refusal, not the attempts that still wait for a reply.
    assert_eq!(connect([Hangs, Refuses, Hangs, Serves]), (2 * DELAY, Ok(3)));
}

#[test]
fn the_first_address_is_used_if_all_serve() {
    assert_eq!(connect([Serves; 4]), (Duration::ZERO, Ok(0)));
}

#[test]
fn an_address_that_replies_late_wins_if_no_other_replies() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        simulation.set_addresses("room", ADDRESSES);
        let builder = chat::ChatServer::builder(ROOM).runtime(&simulation);
        let (server, _events) = serve(builder).await;
        // Longer than the attempts at all other addresses take to begin.
        simulation.later_connections().set_delay(SECOND);
        let (client, mut events) =
            start_client(chat::ChatClient::builder(ROOM).runtime(&simulation));
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(simulation.elapsed(), 2 * SECOND);
        assert_eq!(simulation.connections().len(), 1);
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn the_losers_are_closed() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let uri = |address: IpAddr| uri((address, 1));
        let builder = chat::ChatServer::builder(uri(ADDRESSES[0])).runtime(&simulation);
        let (first, mut first_events) = serve(builder).await;
        let builder = chat::ChatServer::builder(uri(ADDRESSES[2])).runtime(&simulation);
        let (second, mut second_events) = serve(builder).await;
        simulation.set_addresses("room", ADDRESSES);
        let delay = Duration::from_millis(300);
        simulation.later_connections().set_delay(delay);
        let (client, mut events) =
            start_client(chat::ChatClient::builder(ROOM).runtime(&simulation));
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(simulation.elapsed(), 2 * delay);
        assert_eq!(first_events.next().await, Event::Connected);
        // Its reply was not waited for.
        assert_eq!(second_events.next().await, Event::Connected);
        assert_eq!(second_events.next().await, CLOSED);
        client.stop().await;
        assert_eq!(first_events.next().await, CLOSED);
        first.stop().await;
        second.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
    });
}

#[test]
fn the_connect_timeout_bounds_the_attempts_at_all_addresses() {
    let limit = 5 * SECOND;
    let timeout = Err(ConnectError::Timeout { limit });
    assert_eq!(connect([Hangs; 4]), (limit, timeout.clone()));
    assert_eq!(
        connect([Refuses, Hangs, Refuses, Refuses]),
        (limit, timeout)
    );
    let (took, result) = connect([Refuses; 4]);
    assert_eq!(took, Duration::ZERO);
    let last = ADDRESSES[ORDER[3]];
    assert!(
        matches!(&result, Err(ConnectError::Io { address, .. }) if *address == (last, 1).into()),
        "{result:?}"
    );
}
