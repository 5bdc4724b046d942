//! Peers that are killed in the middle of a stream and started again.

use std::env;
use std::time::{Duration, Instant};

use crate::events::Events;
use crate::flow::{self, Client, MAX_DELAY, Server, Settings};
use crate::process::Process;
use crate::{Test, peer, port};

pub(crate) const TESTS: &[Test] = &[
    (
        "kill::a_server_reports_each_killed_client_once_and_serves_the_next",
        a_server_reports_each_killed_client_once_and_serves_the_next,
    ),
    (
        "kill::a_client_reports_each_killed_server_once_and_connects_to_the_next",
        a_client_reports_each_killed_server_once_and_connects_to_the_next,
    ),
    (
        "kill::a_server_loses_the_session_of_each_killed_client_at_its_lifetime",
        a_server_loses_the_session_of_each_killed_client_at_its_lifetime,
    ),
    (
        "kill::a_client_loses_its_session_with_each_killed_server_and_begins_the_next",
        a_client_loses_its_session_with_each_killed_server_and_begins_the_next,
    ),
];

/// The number of kills each way.
const KILLS: &str = "MESSI_KILLS";
const DEFAULT_KILLS: usize = 100;
/// Fewer, as each takes as long as the lifetime of a session.
const DEFAULT_SESSION_KILLS: usize = 5;

fn a_server_reports_each_killed_client_once_and_serves_the_next() {
    let (report, mut events) = flow::watch("our server");
    let server = Server::start(0, Settings::endless(), &report);
    for _ in 0..kills(DEFAULT_KILLS) {
        let mut client = peer::client(server.port(), Settings::endless());
        client.events().expect("connected");
        events.expect("connected");
        kill_in_mid_stream(&mut client, &mut events);
        events.expect("disconnected ConnectionClosed");
    }
    server.stop();
    drop((server, report));
    events.expect_end();
}

fn a_server_loses_the_session_of_each_killed_client_at_its_lifetime() {
    let (report, mut events) = flow::watch("our server");
    let server = Server::start(0, Settings::endless_with_session(), &report);
    for _ in 0..kills(DEFAULT_SESSION_KILLS) {
        let mut client = peer::client(server.port(), Settings::endless_with_session());
        client.events().expect("connected");
        events.expect("connected");
        kill_in_mid_stream(&mut client, &mut events);
        events.expect("interrupted");
        events.expect("disconnected SessionLost Expired");
    }
    server.stop();
    drop((server, report));
    events.expect_end();
}

fn a_client_loses_its_session_with_each_killed_server_and_begins_the_next() {
    let (report, mut events) = flow::watch("our client");
    let port = port::free();
    let mut server = peer::server(port, Settings::endless_with_session());
    let client = Client::start(port, Settings::endless_with_session(), report);
    events.expect("connected");
    for _ in 0..kills(DEFAULT_SESSION_KILLS) {
        server.events().expect("connected");
        kill_in_mid_stream(&mut server, &mut events);
        events.expect("interrupted");
        server = peer::server(port, Settings::endless_with_session());
        events.expect("disconnected SessionLost ServerRestarted");
        events.expect("connected");
    }
    client.stop();
    drop(server);
    events.expect_kind("disconnected");
    events.expect_end();
}

fn a_client_reports_each_killed_server_once_and_connects_to_the_next() {
    let (report, mut events) = flow::watch("our client");
    let port = port::free();
    let client = Client::start(port, Settings::endless(), report);
    for _ in 0..kills(DEFAULT_KILLS) {
        let mut server = peer::server(port, Settings::endless());
        let listening = Instant::now();
        events.expect("connected");
        assert!(listening.elapsed() < reconnect_limit());
        server.events().expect("connected");
        kill_in_mid_stream(&mut server, &mut events);
        events.expect("disconnected ConnectionClosed");
    }
    client.stop();
    events.expect_end();
}

/// Kills a peer after both ends have received some messages. Checks that the peer and the survivor, the
/// party of `events`, report only expected events.
fn kill_in_mid_stream(peer: &mut Process, events: &mut Events) {
    peer.events().expect("received");
    events.expect("received");
    peer.kill();
    peer.events().expect_end();
}

/// Returns the time limit of a reconnect to a running server: the maximum delay with jitter, and a
/// second.
fn reconnect_limit() -> Duration {
    MAX_DELAY * 5 / 4 + Duration::from_secs(1)
}

/// Returns the number of kills that is set, or the default.
fn kills(default: usize) -> usize {
    env::var(KILLS).map_or(default, |kills| {
        kills.parse().expect("MESSI_KILLS must be a number")
    })
}
