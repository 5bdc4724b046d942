//! Peers that end and are started again.

use crate::party::{ClientKind, Party, ServerKind};
use crate::port;
use crate::prepare::Peers;
use crate::rust::RustClient;

/// A client connects by itself to the next server on the same port. The first server is killed, if it is a
/// program.
pub(super) fn client_reconnects_to_a_restarted_server(
    peers: &Peers,
    server: ServerKind,
    client: ClientKind,
) {
    let (first, port) = server.start_to_restart(peers);
    let mut client = client.join(peers, port, "erik");

    drop(first);
    client.events().wait_for_kind("disconnected");
    let mut second = server.start_again(peers, port);
    // Some clients retry so often that they connect more than once around the restart.
    client.events().wait_for_kind("connect_rsp");
    client.send("here again");

    client.events().expect("message erik here again");
    second.events().wait_for_kind("connect_req");
    second.events().expect("message erik here again");
}

/// A server reports the end of a client once, and serves the next one. A client that is a program is killed.
pub(super) fn server_serves_the_next_client(peers: &Peers, server: ServerKind, client: ClientKind) {
    let (mut server, port) = server.start(peers);

    for user in ["first", "second", "third"] {
        let mut client = client.join(peers, port, user);
        client.send("hello");
        client.events().expect(&format!("message {user} hello"));
        drop(client);

        server.events().expect("client_connected");
        server.events().expect(&format!("connect_req {user}"));
        server.events().expect(&format!("message {user} hello"));
        server.events().expect_kind("client_disconnected");
    }
}

/// A client that is started before its server connects when the server starts.
pub(super) fn rust_client_waits_for_a_server(peers: &Peers) {
    let port = port::free();
    let mut client = RustClient::start(port, "erik");
    client.events().expect_kind("connect_failure");
    client.events().expect_kind("connect_failure");

    let mut server = ServerKind::OriginalC.start_again(peers, port);

    client.events().wait_for_kind("connect_rsp");
    client.send("at last");
    client.events().expect("message erik at last");
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");
    server.events().expect("message erik at last");
}
