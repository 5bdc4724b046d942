//! The processes of several nodes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use work::{ChildProcess, fail};

use crate::engine::Engine;
use crate::node;

/// Nodes that know each other, each in a process of its own.
pub(crate) struct Nodes {
    pub(crate) processes: Vec<ChildProcess>,
    /// Their addresses for clients.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Nodes {
    /// Starts nodes, and waits until they know each other.
    pub(crate) fn start(engine: &Engine, count: usize) -> Self {
        let mut nodes = Self {
            processes: Vec::new(),
            addresses: Vec::new(),
        };
        for _ in 0..count {
            nodes.add(engine);
        }
        nodes.wait_for(&format!("nodes {}", count - 1));
        nodes
    }

    /// Starts a further node.
    pub(crate) fn add(&mut self, engine: &Engine) {
        let arguments = [node::ROLE, engine.kind.name(), &engine.url];
        let (process, port) = ChildProcess::start(&arguments);
        self.processes.push(process);
        self.addresses.push((Ipv4Addr::LOCALHOST, port).into());
    }

    /// Kills the last node.
    pub(crate) fn kill_last(&mut self) {
        self.processes.pop();
        self.addresses.pop();
    }

    /// Asks each node to wait for a state.
    pub(crate) fn ask(&mut self, state: &str) {
        for node in &mut self.processes {
            node.write_line(state);
        }
    }

    /// Returns the times at which the nodes have reached the state that they were asked for.
    pub(crate) fn answers(&mut self) -> Vec<Duration> {
        let nodes = self.processes.iter_mut();
        let times = nodes.map(|node| {
            let time = node.read_line().parse();
            Duration::from_nanos(time.unwrap_or_else(|error| fail(error)))
        });
        times.collect()
    }

    /// Waits until each node has reached a state.
    pub(crate) fn wait_for(&mut self, state: &str) -> Vec<Duration> {
        self.ask(state);
        self.answers()
    }
}
