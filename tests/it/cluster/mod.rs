//! Several servers that act as one, in simulated time.

mod failures;
mod messages;
mod presence;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use messi::cluster::{Cluster, ClusterState, Gap, Memory};
use messi::testing::Simulation;

use crate::common::chat::*;
use crate::common::*;

/// A handler that sends each message to the clients of all nodes.
struct Relay;

impl ChatServerHandler for Relay {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.server().broadcast(message);
    }
}

/// A server of a cluster, with its own access to the engine.
struct Node {
    uri: String,
    server: ChatServer,
    engine: Memory,
    gaps: Arc<Mutex<Vec<Gap>>>,
}

impl Node {
    async fn start(simulation: &Simulation, engine: &Memory, number: usize) -> Self {
        Self::start_with(simulation, engine, number, |cluster| cluster).await
    }

    /// Starts a node with more settings.
    async fn start_with(
        simulation: &Simulation,
        engine: &Memory,
        number: usize,
        set: impl Fn(Cluster) -> Cluster,
    ) -> Self {
        let engine = engine.port();
        let gaps = Arc::<Mutex<Vec<Gap>>>::default();
        let reported = gaps.clone();
        let cluster = Cluster::new(engine.clone())
            .name(format!("node {number}"))
            .on_gap(move |gap| reported.lock().unwrap().push(gap.clone()));
        let uri = format!("tcp://node-{number}:1");
        let builder = ChatServer::builder(&uri).cluster(set(cluster));
        let server = builder.runtime(simulation).start(|_| Relay).await;
        Self {
            uri,
            server: server.unwrap(),
            engine,
            gaps,
        }
    }

    /// Connects a client, and returns it with its handle on the server.
    async fn connect(&self, simulation: &Simulation) -> Guest {
        let builder = ChatClient::builder(&self.uri).runtime(simulation);
        let (client, mut events) = start_client(builder);
        assert_eq!(events.next().await, Event::Connected);
        simulation.sleep(MOMENT).await;
        let handle = self.server.clients().pop().unwrap();
        Guest {
            client,
            handle,
            events,
        }
    }

    fn send(&self, text: &str) {
        self.server.broadcast(message(text));
    }

    /// Cuts this node off from the engine, and waits until its link has failed.
    async fn cut_off(&self, simulation: &Simulation) {
        self.engine.set_reachable(false);
        simulation.sleep(MOMENT).await;
    }

    fn is_up(&self) -> bool {
        self.server.cluster().unwrap().state == ClusterState::Up
    }

    /// Returns the number of other nodes that this one knows.
    fn others(&self) -> usize {
        self.server.cluster().unwrap().nodes.len()
    }

    /// Returns how many messages were reported as lost.
    fn lost(&self) -> u64 {
        self.gaps.lock().unwrap().iter().map(|gap| gap.lost).sum()
    }
}

/// A client of a node.
struct Guest {
    client: ChatClient,
    handle: ChatServerClient,
    events: Events,
}

impl Guest {
    async fn expect(&mut self, texts: &[&str]) {
        for text in texts {
            assert_eq!(self.events.next().await, Event::Message((*text).into()));
        }
    }
}

/// Starts this number of nodes, and waits until they know each other.
async fn start(simulation: &Simulation, count: usize) -> (Memory, Vec<Node>) {
    let engine = Memory::new();
    let mut nodes = Vec::new();
    for number in 0..count {
        nodes.push(Node::start(simulation, &engine, number).await);
    }
    simulation.sleep(MOMENT).await;
    for node in &nodes {
        assert_eq!(node.others(), count - 1);
    }
    (engine, nodes)
}

/// Starts nodes like [`start`], each with a client.
async fn start_with_guests(simulation: &Simulation, count: usize) -> (Vec<Node>, Vec<Guest>) {
    let (_, nodes) = start(simulation, count).await;
    let mut guests = Vec::new();
    for node in &nodes {
        guests.push(node.connect(simulation).await);
    }
    (nodes, guests)
}

async fn stop(nodes: Vec<Node>, guests: Vec<Guest>) {
    for guest in guests {
        guest.client.stop().await;
    }
    for node in nodes {
        node.server.stop().await;
    }
}

/// Time in which tasks that are ready run.
const MOMENT: Duration = Duration::from_millis(1);
