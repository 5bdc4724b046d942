//! A schedule of messages, partitions and clients on the nodes of a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use messi::ClientId;
use messi::cluster::{Cluster, ClusterState, Memory, Presence, PresenceChange};
use messi::testing::Simulation;

use crate::protocol::*;

/// The number of steps of a schedule.
const STEPS: u32 = 60;

const NODES: usize = 3;

const TOPIC: &str = "topic";

const SECOND: Duration = Duration::from_secs(1);

/// Time in which tasks that are ready run.
const MOMENT: Duration = Duration::from_millis(1);

/// A topic that clients join and leave.
const ROOM: &str = "room";

struct Session;

impl RequestsServerHandler for Session {
    async fn on_client_connected(&mut self, client: &RequestsServerClient) {
        client.join(TOPIC).unwrap();
    }
}

/// The members of the room on other nodes, as reported to a node.
type Told = Arc<Mutex<BTreeSet<ClientId>>>;

/// Returns presence of the room, with the members that it reports.
fn presence() -> (Presence, Told) {
    let told = Told::default();
    let members = told.clone();
    let presence = Presence::of(|topic| topic == ROOM).on_change(move |event| {
        let (mut members, id) = (members.lock().unwrap(), event.member.id);
        let is_new = match event.change {
            PresenceChange::Joined => members.insert(id),
            _ => members.remove(&id),
        };
        assert!(is_new, "{event:?}");
    });
    (presence, told)
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
    /// The members of the room on other nodes.
    told: Told,
}

impl Node {
    async fn start(simulation: &Simulation, engine: &Memory, index: usize) -> Self {
        let engine = engine.port();
        let lost = Arc::<Mutex<u64>>::default();
        let counter = lost.clone();
        let (presence, told) = presence();
        let cluster = Cluster::new(engine.clone())
            .on_gap(move |gap| *counter.lock().unwrap() += gap.lost)
            .presence(presence);
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
            told,
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

    /// Lets its client join the room or leave it.
    fn move_client(&self, random: &mut Rng) {
        for client in self.server.clients() {
            if random.bool() {
                client.join(ROOM).unwrap();
            } else {
                client.leave(ROOM);
            }
        }
    }

    /// Returns the members of the room on all nodes, as this one knows them.
    fn members(&self) -> BTreeSet<ClientId> {
        let members = self.server.topic(ROOM).members();
        members.into_iter().map(|it| it.id).collect()
    }

    /// Returns those of this node.
    fn own_members(&self) -> BTreeSet<ClientId> {
        let node = self.server.cluster().unwrap().node;
        let mut members = self.members();
        members.retain(|it| it.node() == node);
        members
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
/// the nodes do not find each other again, or not their members.
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
        check_members(&nodes);
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
        4 | 5 => node.move_client(random),
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

/// Checks the state of a node and the messages of its client, after each node has sent this number of messages.
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

/// Checks that each node knows the members of the room on all of them.
fn check_members(nodes: &[Node]) {
    let all: BTreeSet<_> = nodes.iter().flat_map(Node::own_members).collect();
    for node in nodes {
        assert_eq!(node.members(), all, "at {}", node.index);
        let told = node.told.lock().unwrap();
        let others: BTreeSet<_> = all.difference(&node.own_members()).copied().collect();
        assert_eq!(*told, others, "at {}", node.index);
    }
}
