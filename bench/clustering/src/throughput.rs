//! Broadcasts of one node to the clients of three, beside the bare engine with three subscribers.

use serde::Serialize;
use work::{ChildProcess, Threads, fail};

use crate::blast::Blast;
use crate::engine::Engine;
use crate::engines::Server;
use crate::node::Losses;
use crate::nodes::Nodes;
use crate::publisher;
use crate::receivers::{self, Receivers};

/// The number of nodes, or of subscribers of the bare engine.
pub(crate) const NODES: usize = 3;

/// A way to send to the clients of all nodes.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Peer {
    /// The name in tables.
    pub(crate) name: &'static str,
    /// The command to the publisher.
    call: &'static str,
    /// The number of clients of each node; `None` without messi.
    pub(crate) clients: Option<usize>,
}

/// All peers.
pub(crate) const PEERS: [Peer; 5] = [
    Peer {
        name: "the engine, `PUBLISH` for each message",
        call: "",
        clients: None,
    },
    peer("`broadcast`", "broadcast", 10),
    peer("`broadcast_all` of 512", "broadcast_all", 10),
    peer("`broadcast`", "broadcast", 1),
    peer("`broadcast_all` of 512", "broadcast_all", 1),
];

const fn peer(name: &'static str, call: &'static str, clients: usize) -> Peer {
    Peer {
        name,
        call,
        clients: Some(clients),
    }
}

/// One measurement. CPU is in seconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Throughput {
    pub(crate) messages: u64,
    pub(crate) seconds: f64,
    /// `None` if the engine was running before.
    pub(crate) engine_cpu: Option<f64>,
    pub(crate) publisher_cpu: f64,
    /// Of one of the other nodes; `None` without messi.
    pub(crate) node_cpu: Option<f64>,
    pub(crate) receivers_cpu: f64,
}

/// The processes of a measurement.
struct Processes {
    engine: Option<u32>,
    /// Ended first: it would report that the others have ended.
    receivers: ChildProcess,
    publisher: ChildProcess,
    /// The other nodes.
    others: Vec<ChildProcess>,
}

/// The CPU seconds of processes since their start.
struct Usages {
    engine: Option<Threads>,
    publisher: Threads,
    others: Vec<Threads>,
    receivers: Threads,
}

/// Measures a peer.
pub(crate) fn measure(engine: &Engine, peer: Peer, seconds: f64) -> Throughput {
    let mut processes = match peer.clients {
        Some(clients) => Processes::with_nodes(engine, clients),
        None => Processes::without_messi(engine, NODES),
    };
    let throughput = measure_processes(&mut processes, peer, seconds);
    if peer.clients.is_some() {
        processes.check_losses();
    }
    throughput
}

/// Measures the bare engine with this number of subscribers.
pub(crate) fn measure_engine(engine: &Engine, subscribers: usize, seconds: f64) -> Throughput {
    let mut processes = Processes::without_messi(engine, subscribers);
    measure_processes(&mut processes, PEERS[0], seconds)
}

fn measure_processes(processes: &mut Processes, peer: Peer, seconds: f64) -> Throughput {
    // Without measuring: queues and buffers grow.
    processes.blast(seconds / 4.0, peer);
    let begin = processes.usages();
    let blast = processes.blast(seconds, peer);
    let end = processes.usages();
    let since = |end: &Threads, begin| end.since(begin).cpu.as_secs_f64();
    let others = end.others.iter().zip(&begin.others);
    let node_cpu = others.map(|(end, begin)| since(end, begin)).sum::<f64>();
    Throughput {
        messages: blast.messages,
        seconds: blast.seconds,
        engine_cpu: end
            .engine
            .zip(begin.engine.as_ref())
            .map(|(end, begin)| since(&end, begin)),
        publisher_cpu: since(&end.publisher, &begin.publisher),
        node_cpu: peer.clients.map(|_| node_cpu / (NODES - 1) as f64),
        receivers_cpu: since(&end.receivers, &begin.receivers),
    }
}

impl Processes {
    fn without_messi(engine: &Engine, subscribers: usize) -> Self {
        let kind = engine.kind;
        let (publisher, _) = ChildProcess::start(&[publisher::ROLE, kind.name(), &engine.url]);
        let receivers = Receivers::subscribers(engine, subscribers);
        Self::new(engine, publisher, Vec::new(), &receivers)
    }

    fn with_nodes(engine: &Engine, clients: usize) -> Self {
        let mut nodes = Nodes::start(engine, NODES);
        let receivers = Receivers::clients(&nodes.addresses, clients);
        let publisher = nodes.processes.remove(0);
        let mut processes = Self::new(engine, publisher, nodes.processes, &receivers);
        for node in processes.nodes() {
            node.ask(&format!("clients {clients}"));
        }
        processes
    }

    fn new(
        engine: &Engine,
        mut publisher: ChildProcess,
        others: Vec<ChildProcess>,
        receivers: &Receivers,
    ) -> Self {
        let receivers = serde_json::json!(receivers).to_string();
        let (receivers, port) = ChildProcess::start(&[receivers::ROLE, &receivers]);
        publisher.ask(&format!("follow {port}"));
        Self {
            engine: engine.server.as_ref().map(Server::id),
            publisher,
            others,
            receivers,
        }
    }

    fn nodes(&mut self) -> impl Iterator<Item = &mut ChildProcess> {
        self.others.iter_mut().chain([&mut self.publisher])
    }

    fn blast(&mut self, seconds: f64, peer: Peer) -> Blast {
        let answer = self
            .publisher
            .ask(&format!("blast {seconds} {}", peer.call));
        serde_json::from_str(&answer).unwrap_or_else(|error| fail(error))
    }

    fn usages(&self) -> Usages {
        let others = self.others.iter();
        Usages {
            engine: self.engine.map(Threads::of),
            publisher: Threads::of(self.publisher.id()),
            others: others.map(|it| Threads::of(it.id())).collect(),
            receivers: Threads::of(self.receivers.id()),
        }
    }

    /// Fails if messages were lost: all have arrived at the clients, so that no message should be lost.
    fn check_losses(&mut self) {
        for node in self.nodes() {
            let losses = node.ask("losses");
            let losses: Losses = serde_json::from_str(&losses).unwrap_or_else(|error| fail(error));
            if losses != Losses::default() {
                fail(format_args!("messages were lost: {losses:?}"));
            }
        }
    }
}
