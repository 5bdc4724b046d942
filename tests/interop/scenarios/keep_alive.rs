//! Connections that nothing is said on.

use std::time::Duration;

use crate::party::{ClientKind, ServerKind};
use crate::prepare::Peers;

/// Longer than any side waits for a sign of life, twice: the slowest is given up after 4 s.
const IDLE: Duration = Duration::from_secs(7);

/// A connection without messages stays, and carries messages afterwards.
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
