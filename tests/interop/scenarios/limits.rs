//! Messages above a limit of the receiver, and disconnects by our server.

use messi::SendError;

use crate::originals::{MAX_MESSAGE_SIZE, c_client, c_server};
use crate::ours::{LEAVE, OurClient, OurServer};
use crate::party::Party;
use crate::prepare::Peers;

/// A size above our side's limit in these tests, and the limit.
const LONG: usize = 2000;
const LIMIT: usize = 1000;

/// A C client that sends a message above the limit is disconnected, and served when it reconnects.
pub(super) fn our_server_refuses_a_message_above_the_limit(peers: &Peers) {
    let mut server = OurServer::start_with(0, |builder| builder.max_message_size(LIMIT));
    let mut client = c_client(peers, server.port(), "erik");
    expect_served(&mut client, &mut server);

    client.send(&"x".repeat(LONG));

    let reason = server.events().expect_kind("client_disconnected");
    assert!(reason.starts_with("MessageTooBig"), "{reason}");
    client.events().expect("disconnected Connection closed.");
    expect_served(&mut client, &mut server);
}

/// Our client disconnects from a C server that sends a message above the limit, and reconnects.
pub(super) fn our_client_refuses_a_message_above_the_limit(peers: &Peers) {
    let (mut server, port) = c_server(peers);
    let mut client = OurClient::start_with(port, "erik", |builder| builder.max_message_size(LIMIT));
    expect_served(&mut client, &mut server);

    server.send(&"x".repeat(LONG));

    let reason = client.events().expect_kind("disconnected");
    assert!(reason.starts_with("MessageTooBig"), "{reason}");
    server.events().expect("client_disconnected");
    expect_served(&mut client, &mut server);
}

/// A message above the limit of a C client is not sent, and the connection stays open.
pub(super) fn our_server_sends_no_message_above_the_limit(peers: &Peers) {
    let mut server = OurServer::start(0);
    let mut client = c_client(peers, server.port(), "erik");
    expect_served(&mut client, &mut server);

    server.send(&"x".repeat(MAX_MESSAGE_SIZE));
    server.send("short");

    client.events().expect("message server short");
}

/// A message above the limit of a C server is not sent, and the sender gets an error.
pub(super) fn our_client_sends_no_message_above_the_limit(peers: &Peers) {
    let (mut server, port) = c_server(peers);
    let mut client = OurClient::start(port, "erik");
    expect_served(&mut client, &mut server);

    let refused = client.try_send(&"x".repeat(MAX_MESSAGE_SIZE));
    client.send("short");

    assert!(
        matches!(refused, Err(SendError::MessageTooBig { .. })),
        "{refused:?}"
    );
    server.events().expect("message erik short");
    client.events().expect("message erik short");
}

/// A C client that our server disconnects detects the close, and reconnects.
pub(super) fn our_server_disconnects_a_c_client(peers: &Peers) {
    let mut server = OurServer::start(0);
    let mut client = c_client(peers, server.port(), "erik");
    expect_served(&mut client, &mut server);

    client.send(LEAVE);

    server.events().expect(&format!("message erik {LEAVE}"));
    server.events().expect("client_disconnected Disconnected");
    client.events().expect("disconnected Connection closed.");
    expect_served(&mut client, &mut server);
}

fn expect_served(client: &mut dyn Party, server: &mut dyn Party) {
    client.events().expect("connected");
    client.events().expect("connect_rsp");
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");
}
