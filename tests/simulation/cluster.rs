//! A schedule of messages, partitions and clients on the nodes of a cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use messi::cluster::{Cluster, ClusterState, Memory};
use messi::testing::Simulation;

use crate::protocol::*;

/// The number of steps of a schedule.
const STEPS: u32 = 60;

const NODES: usize = 3;

const TOPIC: &str = "topic";

const SECOND: Duration = Duration::from_secs(1);

/// Time in which tasks that are ready run.
const MOMENT: Duration = Duration::from_millis(1);

struct Session;

impl RequestsServerHandler for Session {
    async fn on_client_connected(&mut self, client: &RequestsServerClient) {
        client.join(TOPIC).unwrap();
    }
}

/// The numbers of the messages that a client has received, by the node that has sent them.
type Received = Arc<Mutex<BTreeMap<usize, Vec<u32>>>>;

struct Ui(Received);

impl RequestsClientHandler for Ui {
    async fn on_note(&mut self, _: &RequestsClient, note: Note) {
        let (node, number) = note.text.split_once(' ').unwrap();
        let mut received = self.0.lock().unwrap();
        let numbers = received.entry(node.parse().unwrap()).or_default();
        numbers.push(number.parse().unwrap());
    }
}

/// A server with a client that is in the topic.
struct Node {
    index: usize,
    /// Its own access to the engine.
    engine: Memory,
    server: RequestsServer,
    client: RequestsClient,
    sent: u32,
    received: Received,
    /// How many messages were reported as lost.
    lost: Arc<Mutex<u64>>,
}

impl Node {
    async fn start(simulation: &Simulation, engine: &Memory, index: usize) -> Self {
        let engine = engine.port();
        let lost = Arc::<Mutex<u64>>::default();
        let counter = lost.clone();
        let cluster =
            Cluster::new(engine.clone()).on_gap(move |gap| *counter.lock().unwrap() += gap.lost);
        let uri = format!("tcp://node-{index}:1");
        let server = RequestsServer::builder(&uri).cluster(cluster);
        let server = server.runtime(simulation).start(|_| Session).await;
        let received = Received::default();
        let client = RequestsClient::builder(&uri).runtime(simulation);
        let client = client.start(Ui(received.clone())).unwrap();
        client.connected().await.unwrap();
        Self {
            index,
            engine,
            server: server.unwrap(),
            client,
            sent: 0,
            received,
            lost,
        }
    }

    /// Returns the next message.
    fn note(&mut self) -> Note {
        self.sent += 1;
        let text = format!("{} {}", self.index, self.sent);
        Note { text }
    }

    fn broadcast(&mut self) {
        let note = self.note();
        self.server.broadcast(note);
    }

    fn publish(&mut self) {
        let note = self.note();
        self.server.topic(TOPIC).publish(note);
    }
}

/// Plays the schedule of a seed.
///
/// # Panics
///
/// If a client receives the messages of a node out of order or twice, if a node does not report how many are lost, or if
/// the nodes do not find each other again.
pub(crate) fn play(seed: u64) {
    let simulation = Simulation::new(seed);
    let mut random = Rng::with_seed(seed);
    simulation.run(async {
        let engine = Memory::new();
        let mut nodes = Vec::new();
        for index in 0..NODES {
            nodes.push(Node::start(&simulation, &engine, index).await);
        }
        simulation.sleep(MOMENT).await;
        // The first message of a node in a topic may have any number: later ones that are lost are noticed.
        nodes.iter_mut().for_each(Node::publish);
        simulation.sleep(MOMENT).await;
        for _ in 0..STEPS {
            step(&simulation, &mut random, &mut nodes).await;
        }
        for node in &nodes {
            node.engine.set_reachable(true);
        }
        simulation.sleep(8 * SECOND).await;
        // So that gaps of the topic are noticed too.
        nodes.iter_mut().for_each(Node::publish);
        simulation.sleep(SECOND).await;
        let sent: Vec<_> = nodes.iter().map(|node| node.sent).collect();
        nodes.iter().for_each(|node| check(node, &sent));
        for node in &nodes {
            node.client.stop().await;
            node.server.stop().await;
        }
    });
    assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0));
}

async fn step(simulation: &Simulation, random: &mut Rng, nodes: &mut [Node]) {
    let node = &mut nodes[random.usize(0..NODES)];
    match random.u32(0..10) {
        0 => node.engine.set_reachable(false),
        1 | 2 => node.engine.set_reachable(true),
        3 => simulation.sleep(SECOND * random.u32(0..4)).await,
        _ => {
            for _ in 0..random.u32(1..5) {
                if random.bool() {
                    node.broadcast();
                } else {
                    node.publish();
                }
            }
        }
    }
    simulation.sleep(MOMENT * random.u32(0..3)).await;
}

/// Checks what a node knows and its client has received, after each node has sent this number of messages.
fn check(node: &Node, sent: &[u32]) {
    let status = node.server.cluster().unwrap();
    assert_eq!(status.state, ClusterState::Up);
    assert_eq!(status.nodes.len(), NODES - 1);
    let received = node.received.lock().unwrap();
    let mut missing = 0;
    for (other, numbers) in &*received {
        let is_ordered = numbers.is_sorted_by(|one, two| one < two);
        assert!(is_ordered, "of {other} at {}: {numbers:?}", node.index);
        missing += u64::from(sent[*other]) - numbers.len() as u64;
    }
    assert_eq!(missing, *node.lost.lock().unwrap());
    assert_eq!(received[&node.index].len(), node.sent as usize);
}
