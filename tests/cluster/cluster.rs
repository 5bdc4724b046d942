//! Three nodes with ten clients each.

use std::collections::BTreeMap;
use std::slice;
use std::time::{Duration, Instant};

use crate::channel::{self, ALL};
use crate::engine::Engine;
use crate::engines::{Program, Server};
use crate::events::LIMIT;
use crate::guest::Guest;
use crate::member::Settings;
use crate::node::Node;

/// The number of nodes.
pub(crate) const NODES: u32 = 3;

/// The number of clients of each node.
const GUESTS: usize = 10;

/// A topic with a member on each node. Nodes inform each other of its members.
pub(crate) const TOPIC: &str = "room";

/// A user with a connection to each node.
const USER: &str = "Kalle";

/// By how much a time limit may be exceeded on a machine that is busy.
pub(crate) const NOISE: Duration = Duration::from_secs(2);

/// The time in which notes that are not lost arrive. If it is exceeded, notes are sent again.
const TRAVEL: Duration = Duration::from_secs(2);

/// Nodes and their clients.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) engine: Engine,
    pub(crate) server: Server,
    pub(crate) nodes: Vec<Node>,
    /// The clients, by the index of their node.
    pub(crate) guests: Vec<Vec<Guest>>,
}

impl Cluster {
    /// Starts a cluster over a new server of an engine.
    pub(crate) fn start(engine: Engine, program: &Program) -> Self {
        let server = engine.start(program);
        let url = server.url();
        let settings = (0..NODES).map(|index| Settings::new(engine, &url, index));
        Self::of(engine, server, settings)
    }

    /// Starts nodes with these settings.
    pub(crate) fn of(
        engine: Engine,
        server: Server,
        settings: impl IntoIterator<Item = Settings>,
    ) -> Self {
        let nodes: Vec<_> = settings.into_iter().map(Node::start).collect();
        let guests = (0..nodes.len()).map(|index| {
            let (before, rest) = nodes.split_at(index);
            let (node, after) = rest.split_first().expect("a node");
            let others: Vec<_> = after.iter().chain(before).collect();
            (0..GUESTS).map(|_| Guest::connect(node, &others)).collect()
        });
        let guests = guests.collect();
        let mut cluster = Self {
            engine,
            server,
            nodes,
            guests,
        };
        for guests in &mut cluster.guests {
            guests[0].join_and_leave(&[TOPIC.into()], &[]);
            guests[1].log_in(USER);
        }
        cluster.meet();
        cluster.mark();
        // Of the first note to a topic or user, a node can't know which notes came before.
        cluster.settle();
        cluster.check_accounts();
        cluster
    }

    /// Waits until all nodes are up and know each other.
    pub(crate) fn meet(&mut self) {
        let others = self.nodes.len() - 1;
        for node in &mut self.nodes {
            node.until(|node| node.is_up && node.others.len() == others);
        }
    }

    /// Sends from each node to all, to the topic and to the user.
    pub(crate) fn send_everywhere(&mut self, count: u64) {
        for node in &mut self.nodes {
            for channel in [ALL.into(), channel::topic(TOPIC), channel::user(USER)] {
                node.send(count, &channel);
            }
        }
    }

    /// Broadcasts from each node, and waits until all clients have it. All subscriptions of before are in effect then, and
    /// all notes of before have arrived.
    pub(crate) fn mark(&mut self) {
        for node in &mut self.nodes {
            node.send(1, ALL);
        }
        for guest in self.guests.iter_mut().flatten() {
            for node in &self.nodes {
                guest.until_last(node, ALL);
            }
        }
    }

    /// Waits until the clients of each node have all that this node has sent.
    pub(crate) fn expect_own(&mut self) {
        for (node, guests) in self.nodes.iter().zip(&mut self.guests) {
            for guest in guests {
                let deadline = Instant::now() + LIMIT;
                let has_last = guest.has_last_by(deadline, slice::from_ref(node));
                assert!(has_last, "{guest:?}");
            }
        }
    }

    /// Sends from each node everywhere until all of it arrives. All of before has arrived or is lost then.
    pub(crate) fn settle(&mut self) {
        let begin = Instant::now();
        self.meet();
        loop {
            self.send_everywhere(1);
            let deadline = Instant::now() + TRAVEL;
            let mut guests = self.guests.iter_mut().flatten();
            if guests.all(|guest| guest.has_last_by(deadline, &self.nodes)) {
                return;
            }
            assert!(begin.elapsed() < LIMIT, "notes are lost all the time");
        }
    }

    /// Checks that each client has received all that nodes have sent, but for the notes that its node has reported as
    /// lost. Of an engine that keeps messages, these are those that nodes have not given to it.
    pub(crate) fn check_accounts(&mut self) {
        let all_stats: Vec<_> = self.nodes.iter_mut().map(Node::stats).collect();
        let dropped: u64 = all_stats.iter().map(|stats| stats.dropped).sum();
        for (node, stats) in self.nodes.iter().zip(&all_stats) {
            if self.engine.keeps_messages() {
                assert_eq!(stats.lost, dropped - stats.dropped, "{all_stats:?}");
            }
            assert_eq!(
                stats.published + stats.dropped,
                node.sent.values().sum::<u64>()
            );
            assert_eq!(stats.lost, node.lost.values().sum::<u64>());
            assert_eq!(stats.refused, 0);
        }
        for (node, guests) in self.nodes.iter().zip(&self.guests) {
            for guest in guests {
                assert_eq!(guest.disconnections, 0);
                self.check_account(node, guest);
            }
        }
    }

    fn check_account(&self, own: &Node, guest: &Guest) {
        for node in &self.nodes {
            for channel in &guest.channels {
                let lost = own.lost(node, channel);
                let received = guest.received(node, channel).count;
                let (from, at) = (&node.settings.name, &own.settings.name);
                assert_eq!(
                    received + lost,
                    node.sent(channel),
                    "of {from} at {at} in {channel}, where {lost} are lost"
                );
            }
        }
        for channel in guest.received_channels() {
            assert!(guest.channels.contains(channel), "{channel}");
        }
    }

    /// Returns the number of messages that each node has reported as lost.
    pub(crate) fn losses(&self) -> BTreeMap<&str, u64> {
        let losses = |node: &Node| node.lost.values().sum();
        let nodes = self.nodes.iter();
        let nodes = nodes.map(|node| (&*node.settings.name, losses(node)));
        nodes.collect()
    }
}
