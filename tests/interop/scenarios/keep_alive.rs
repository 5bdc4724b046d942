//! Connections without messages, and peers that hang.

use std::time::Duration;

use crate::originals::{c_client, c_server};
use crate::ours::{OurClient, OurServer, SLOW};
use crate::party::{ClientKind, Party, ServerKind};
use crate::prepare::Peers;

/// Longer than every keep-alive time. The longest is 4 s.
const IDLE: Duration = Duration::from_secs(7);

/// A connection without messages stays open, and can be used afterwards.
pub(super) fn idle_connection_lives(peers: &Peers, server: ServerKind, client: ClientKind) {
    let (mut server, port) = server.start(peers);
    let mut client = client.join(peers, port, "erik");

    client.events().expect_silence(IDLE);
    client.send("still there");

    client.events().expect("message erik still there");
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");
    server.events().expect("message erik still there");
}

/// Our client disconnects from a C server that hangs, and reconnects when it runs again.
pub(super) fn our_client_disconnects_from_a_suspended_c_server(peers: &Peers) {
    let (mut server, port) = c_server(peers);
    let mut client = OurClient::start(port, "erik");
    client.events().expect("connected");
    client.events().expect("connect_rsp");

    server.suspend();
    client.events().expect("disconnected KeepAliveTimeout");
    server.resume();

    client.events().expect("connected");
    client.events().expect("connect_rsp");
    client.send("awake?");
    client.events().expect("message erik awake?");
    server.events().wait_for_kind("message");
}

/// Our server disconnects a C client that hangs, and serves it again when it runs again.
pub(super) fn our_server_disconnects_a_suspended_c_client(peers: &Peers) {
    let mut server = OurServer::start(0);
    let mut client = c_client(peers, server.port(), "erik");
    client.events().expect("connected");
    client.events().expect("connect_rsp");

    client.suspend();
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");
    server
        .events()
        .expect("client_disconnected KeepAliveTimeout");
    client.resume();

    client.events().expect_kind("disconnected");
    client.events().expect("connected");
    client.events().expect("connect_rsp");
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");
}

/// While a handler is slow, all clients stay connected, and their messages are handled afterwards.
pub(super) fn slow_handler_disconnects_no_client(peers: &Peers, kind: ClientKind) {
    let server = OurServer::start(0);
    let mut slow = kind.join(peers, server.port(), "slow");
    let mut other = kind.join(peers, server.port(), "other");

    slow.send(SLOW);
    slow.burst(3);
    let expected = [SLOW, "1", "2", "3"].map(|text| format!("message slow {text}"));

    for event in &expected {
        slow.events().expect(event);
        other.events().expect(event);
    }
}
