//! Peers that are suspended: their connections stay open, but they neither read nor write.

use std::time::{Duration, Instant};

use crate::events::Events;
use crate::flow::{self, Client, Server, Settings};
use crate::process::Process;
use crate::{Test, peer, port};

pub(crate) const TESTS: &[Test] = &[
    (
        "stop::a_suspended_client_is_disconnected_and_reconnects_when_resumed",
        a_suspended_client_is_disconnected_and_reconnects_when_resumed,
    ),
    (
        "stop::a_client_disconnects_from_a_suspended_server_and_reconnects_when_it_is_resumed",
        a_client_disconnects_from_a_suspended_server_and_reconnects_when_it_is_resumed,
    ),
    (
        "stop::a_server_stops_in_time_although_its_client_never_reads",
        a_server_stops_in_time_although_its_client_never_reads,
    ),
    (
        "stop::a_client_stops_in_time_although_its_server_never_reads",
        a_client_stops_in_time_although_its_server_never_reads,
    ),
];

/// The time limit of a stop with a peer that does not read. The documentation promises a second.
const STOP_LIMIT: Duration = Duration::from_secs(4);

fn a_suspended_client_is_disconnected_and_reconnects_when_resumed() {
    let (report, mut events) = flow::watch("our server");
    let server = Server::start(0, Settings::quiet(Duration::from_millis(1_200)), &report);
    let mut client = peer::client(server.port(), Settings::quiet(Duration::from_millis(400)));
    expect_flow(&mut client, &mut events);

    client.suspend();
    events.expect("disconnected KeepAliveTimeout");
    client.resume();

    client.events().expect("disconnected ConnectionClosed");
    expect_flow(&mut client, &mut events);
}

fn a_client_disconnects_from_a_suspended_server_and_reconnects_when_it_is_resumed() {
    let (report, mut events) = flow::watch("our client");
    let port = port::free();
    let mut server = peer::server(port, Settings::quiet(Duration::from_secs(60)));
    let _client = Client::start(port, Settings::quiet(Duration::from_millis(600)), report);
    expect_flow(&mut server, &mut events);

    server.suspend();
    events.expect("disconnected KeepAliveTimeout");
    server.resume();

    // The new connection may be accepted before the end of the old one is detected.
    let mut at_server: [_; 3] = std::array::from_fn(|_| server.events().next());
    at_server.sort();
    assert_eq!(
        at_server,
        ["connected", "disconnected ConnectionClosed", "received"]
    );
    events.expect("connected");
    events.expect("received");
}

fn a_server_stops_in_time_although_its_client_never_reads() {
    let (report, mut events) = flow::watch("our server");
    let server = Server::start(0, Settings::endless(), &report);
    let mut client = peer::client(server.port(), Settings::endless());
    expect_flow(&mut client, &mut events);

    client.suspend();
    let begin = Instant::now();
    server.stop();
    assert!(begin.elapsed() < STOP_LIMIT);

    events.expect("disconnected Stopped");
    client.resume();
    client.events().expect("disconnected ConnectionClosed");
}

fn a_client_stops_in_time_although_its_server_never_reads() {
    let (report, mut events) = flow::watch("our client");
    let port = port::free();
    let mut server = peer::server(port, Settings::endless());
    let client = Client::start(port, Settings::endless(), report);
    expect_flow(&mut server, &mut events);

    server.suspend();
    let begin = Instant::now();
    client.stop();
    assert!(begin.elapsed() < STOP_LIMIT);

    events.expect("disconnected Stopped");
    server.resume();
    server.events().expect("disconnected ConnectionClosed");
}

/// Waits until messages flow between a peer and our side.
fn expect_flow(peer: &mut Process, events: &mut Events) {
    for event in ["connected", "received"] {
        peer.events().expect(event);
        events.expect(event);
    }
}
