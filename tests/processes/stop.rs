//! Peers that are stopped in their tracks: their connections stay open, and nothing comes of them.

use std::time::{Duration, Instant};

use crate::events::Events;
use crate::flow::{self, Client, Server, Settings};
use crate::process::Process;
use crate::{Test, peer, port};

pub(crate) const TESTS: &[Test] = &[
    (
        "stop::a_stopped_client_is_given_up_and_comes_back_when_it_goes_on",
        a_stopped_client_is_given_up_and_comes_back_when_it_goes_on,
    ),
    (
        "stop::a_stopped_server_is_given_up_and_found_again_when_it_goes_on",
        a_stopped_server_is_given_up_and_found_again_when_it_goes_on,
    ),
    (
        "stop::a_server_ends_in_time_though_its_client_never_reads",
        a_server_ends_in_time_though_its_client_never_reads,
    ),
    (
        "stop::a_client_ends_in_time_though_its_server_never_reads",
        a_client_ends_in_time_though_its_server_never_reads,
    ),
];

/// How long stopping may take with a peer that does not read, which is promised a second.
const STOP_LIMIT: Duration = Duration::from_secs(4);

fn a_stopped_client_is_given_up_and_comes_back_when_it_goes_on() {
    let (report, mut events) = flow::watch("our server");
    let server = Server::start(0, Settings::quiet(Duration::from_millis(1_200)), &report);
    let mut client = peer::client(server.port(), Settings::quiet(Duration::from_millis(400)));
    expect_flow(&mut client, &mut events);

    client.freeze();
    events.expect("disconnected KeepAliveTimeout");
    client.thaw();

    client.events().expect("disconnected ConnectionClosed");
    expect_flow(&mut client, &mut events);
}

fn a_stopped_server_is_given_up_and_found_again_when_it_goes_on() {
    let (report, mut events) = flow::watch("our client");
    let port = port::free();
    let mut server = peer::server(port, Settings::quiet(Duration::from_secs(60)));
    let _client = Client::start(port, Settings::quiet(Duration::from_millis(600)), report);
    expect_flow(&mut server, &mut events);

    server.freeze();
    events.expect("disconnected KeepAliveTimeout");
    server.thaw();

    // The new connection may come in before the end of the old one is noticed.
    let mut at_server: [_; 3] = std::array::from_fn(|_| server.events().next());
    at_server.sort();
    assert_eq!(
        at_server,
        ["connected", "disconnected ConnectionClosed", "received"]
    );
    events.expect("connected");
    events.expect("received");
}

fn a_server_ends_in_time_though_its_client_never_reads() {
    let (report, mut events) = flow::watch("our server");
    let server = Server::start(0, Settings::endless(), &report);
    let mut client = peer::client(server.port(), Settings::endless());
    expect_flow(&mut client, &mut events);

    client.freeze();
    let begin = Instant::now();
    server.stop();
    assert!(begin.elapsed() < STOP_LIMIT);

    events.expect("disconnected Stopped");
    client.thaw();
    client.events().expect("disconnected ConnectionClosed");
}

fn a_client_ends_in_time_though_its_server_never_reads() {
    let (report, mut events) = flow::watch("our client");
    let port = port::free();
    let mut server = peer::server(port, Settings::endless());
    let client = Client::start(port, Settings::endless(), report);
    expect_flow(&mut server, &mut events);

    server.freeze();
    let begin = Instant::now();
    client.stop();
    assert!(begin.elapsed() < STOP_LIMIT);

    events.expect("disconnected Stopped");
    server.thaw();
    server.events().expect("disconnected ConnectionClosed");
}

/// Waits until messages flow between a peer and our side, whose events these are.
fn expect_flow(peer: &mut Process, events: &mut Events) {
    for event in ["connected", "received"] {
        peer.events().expect(event);
        events.expect(event);
    }
}
