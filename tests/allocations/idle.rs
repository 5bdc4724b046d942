//! Memory of connections that are idle, of which a server may have many.

use std::time::Duration;

use crate::common::chat::*;
use crate::common::*;
use allocation_counter::measure;
use messi::testing::Simulation;
use messi::{Reply, Session, Sessions};

/// The number of pairs that are measured together.
const PAIRS: usize = 256;

/// The most memory of one pair in a debug build with all features, with its socket in the simulation: 2 % more than
/// it was when this was written. The larger part is that of the two tasks, which hold all that is alive while they
/// wait: a future that is moved into an `async fn` is held twice, and a value longer than one expects.
const MAX_BYTES: i64 = 8_720;

/// The most memory that a session adds to one pair: 2 % more than it was when this was written.
const MAX_BYTES_OF_SESSION: i64 = 640;

/// The server's side, which responds to the first message of its client.
struct Host;

impl ChatServerHandler for Host {
    async fn on_connect_req(
        &mut self,
        _: &ChatServerClient,
        _: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        reply.send(ConnectRsp {});
    }
}

/// A client that sends one message, and is idle from then on.
struct Guest;

impl ChatClientHandler for Guest {
    async fn on_connected(&mut self, client: &ChatClient) {
        client.send(ConnectReq { user: "x".into() });
    }
}

/// Connects clients, and waits until they are idle.
fn connect(simulation: &Simulation, clients: &mut Vec<ChatClient>, has_session: bool) {
    for _ in 0..PAIRS {
        let client = ChatClient::builder(ROOM).runtime(simulation);
        let client = if has_session {
            client.session(Session::default())
        } else {
            client
        };
        clients.push(client.start(Guest).unwrap());
    }
    // Buffers are freed after a keep-alive interval without messages.
    simulation.run(simulation.sleep(Duration::from_secs(10)));
}

/// Returns the memory of one idle pair, with a session or without one, in bytes.
fn memory_of_pair(has_session: bool) -> i64 {
    let simulation = Simulation::new(1);
    let server = ChatServer::builder(ROOM).runtime(&simulation);
    let server = if has_session {
        server.sessions(Sessions::default())
    } else {
        server
    };
    let server = simulation.run(server.start(|_| Host)).unwrap();
    let mut clients = Vec::with_capacity(2 * PAIRS);
    // The memory that all connections share is allocated with the first ones.
    connect(&simulation, &mut clients, has_session);
    let memory = measure(|| connect(&simulation, &mut clients, has_session)).bytes_current;
    let stats = server.stats();
    assert_eq!(stats.total.received_messages, 2 * PAIRS as u64);
    assert_eq!(server.clients().len(), 2 * PAIRS);
    simulation.run(async {
        for client in clients {
            client.stop().await;
        }
        server.stop().await;
    });
    memory / PAIRS as i64
}

#[test]
fn an_idle_connection_holds_little_memory() {
    let each = memory_of_pair(false);
    assert!(each <= MAX_BYTES, "{each} bytes for a pair");
}

#[test]
fn an_idle_session_holds_little_more() {
    let more = memory_of_pair(true) - memory_of_pair(false);
    assert!(more > 0, "there is no session");
    assert!(more <= MAX_BYTES_OF_SESSION, "{more} bytes for a pair");
}
