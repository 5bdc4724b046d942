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
];

/// The number of kills each way.
const KILLS: &str = "MESSI_KILLS";
const DEFAULT_KILLS: usize = 100;

fn a_server_reports_each_killed_client_once_and_serves_the_next() {
    let (report, mut events) = flow::watch("our server");
    let server = Server::start(0, Settings::endless(), &report);
    for _ in 0..kills() {
        let mut client = peer::client(server.port(), Settings::endless());
        client.events().expect("connected");
        events.expect("connected");
        kill_in_mid_stream(&mut client, &mut events);
    }
    server.stop();
    drop((server, report));
    events.expect_end();
}

fn a_client_reports_each_killed_server_once_and_connects_to_the_next() {
    let (report, mut events) = flow::watch("our client");
    let port = port::free();
    let client = Client::start(port, Settings::endless(), report);
    for _ in 0..kills() {
        let mut server = peer::server(port, Settings::endless());
        let listening = Instant::now();
        events.expect("connected");
        assert!(listening.elapsed() < reconnect_limit());
        server.events().expect("connected");
        kill_in_mid_stream(&mut server, &mut events);
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
    events.expect("disconnected ConnectionClosed");
}

/// Returns the time limit of a reconnect to a running server: the maximum delay with jitter, and a
/// second.
fn reconnect_limit() -> Duration {
    MAX_DELAY * 5 / 4 + Duration::from_secs(1)
}

fn kills() -> usize {
    env::var(KILLS).map_or(DEFAULT_KILLS, |kills| {
        kills.parse().expect("MESSI_KILLS must be a number")
    })
}
