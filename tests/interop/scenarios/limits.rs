//! Messages above a limit of the receiver, and disconnects, by our side in Rust.

use messi::SendError;

use crate::party::{ClientKind, Party, ServerKind};
use crate::prepare::Peers;
use crate::programs::MAX_MESSAGE_SIZE;
use crate::rust::{LEAVE, RustClient, RustServer};

/// A size above the limit in these tests, and the limit.
const LONG: usize = 2000;
const LIMIT: usize = 1000;

/// A client that sends a message above the limit is disconnected, and served when it reconnects.
pub(super) fn rust_server_refuses_a_message_above_the_limit(peers: &Peers, kind: ClientKind) {
    let mut server = RustServer::start_with(0, |builder| builder.max_message_size(LIMIT));
    let mut client = kind.start(peers, server.port(), "erik");
    expect_served(&mut *client, &mut server);

    client.send(&"x".repeat(LONG));

    expect_closed(kind, &mut *client);
    let reason = expect_served_again(&mut *client, &mut server);
    assert!(reason.starts_with("MessageTooBig"), "{reason}");
}

/// Our client in Rust disconnects from a server that sends a message above the limit, and reconnects.
pub(super) fn rust_client_refuses_a_message_above_the_limit(peers: &Peers, kind: ServerKind) {
    let (mut server, port) = kind.start(peers);
    let mut client =
        RustClient::start_with(port, "erik", |builder| builder.max_message_size(LIMIT));
    expect_served(&mut client, &mut *server);

    server.send(&"x".repeat(LONG));

    let reason = client.events().expect_kind("disconnected");
    assert!(reason.starts_with("MessageTooBig"), "{reason}");
    expect_served_again(&mut client, &mut *server);
}

/// A message above the limit of a client is not sent, and the connection stays open.
pub(super) fn rust_server_sends_no_message_above_the_limit(peers: &Peers, kind: ClientKind) {
    let mut server = RustServer::start(0);
    let mut client = kind.start(peers, server.port(), "erik");
    expect_served(&mut *client, &mut server);

    server.send(&"x".repeat(MAX_MESSAGE_SIZE));
    server.send("short");

    client.events().expect("message server short");
}

/// A message above the limit of a server is not sent, and the sender gets an error.
pub(super) fn rust_client_sends_no_message_above_the_limit(peers: &Peers, kind: ServerKind) {
    let (mut server, port) = kind.start(peers);
    let mut client = RustClient::start(port, "erik");
    expect_served(&mut client, &mut *server);

    let refused = client.try_send(&"x".repeat(MAX_MESSAGE_SIZE));
    client.send("short");

    assert!(
        matches!(refused, Err(SendError::MessageTooBig { .. })),
        "{refused:?}"
    );
    server.events().expect("message erik short");
    client.events().expect("message erik short");
}

/// A client that our server in Rust disconnects detects the close, and reconnects.
pub(super) fn rust_server_disconnects_a_client(peers: &Peers, kind: ClientKind) {
    let mut server = RustServer::start(0);
    let mut client = kind.start(peers, server.port(), "erik");
    expect_served(&mut *client, &mut server);

    client.send(LEAVE);

    server.events().expect(&format!("message erik {LEAVE}"));
    expect_closed(kind, &mut *client);
    let reason = expect_served_again(&mut *client, &mut server);
    assert_eq!(reason, "Disconnected");
}

fn expect_served(client: &mut dyn Party, server: &mut dyn Party) {
    client.events().expect("connected");
    client.events().expect("connect_rsp");
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");
}

/// Waits until a client has connected once more, and returns why the server has disconnected it before.
///
/// A server on several threads may report the new connection first: the client reconnects as soon as it sees the
/// close, which the server's handler hears of no earlier.
fn expect_served_again(client: &mut dyn Party, server: &mut dyn Party) -> String {
    client.events().expect("connected");
    client.events().expect("connect_rsp");
    let kinds = ["client_disconnected", "client_connected", "connect_req"];
    let [reason, _, user] = server.events().expect_kinds(kinds);
    assert_eq!(user, "erik");
    reason
}

/// Waits until a client reports that the server has closed the connection.
fn expect_closed(kind: ClientKind, client: &mut dyn Party) {
    let reason = client.events().expect_kind("disconnected");

    match kind {
        ClientKind::OriginalC | ClientKind::C => assert_eq!(reason, "Connection closed."),
        ClientKind::Rust | ClientKind::RustWithSession => {
            assert!(reason.starts_with("ConnectionClosed"), "{reason}")
        }
        // The programs in Python report no reason.
        ClientKind::OriginalPython | ClientKind::Python => (),
    }
}
