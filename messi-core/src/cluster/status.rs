//! The cluster as a node knows it.

use std::fmt::{self, Display, Formatter};
use std::time::Instant;

use crate::ids::NodeId;

/// The link of a node to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClusterState {
    /// The node sends messages to others and receives theirs.
    Up,
    /// There is no link. The node serves its own clients.
    Down {
        /// The end of the last link, or the start of the server, by its clock.
        since: Instant,
    },
}

/// Another server of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// Its label: see [`Cluster::name`](super::Cluster::name).
    pub name: String,
}

/// The cluster as a server knows it at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterStatus {
    /// The id of this server.
    pub node: NodeId,
    /// Its link.
    pub state: ClusterState,
    /// The other servers, in the order of their ids. One that is killed is among them for 5 s.
    pub nodes: Vec<Node>,
}

/// Counters of the messages between a node and the others, since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterStats {
    /// Messages given to the engine for other nodes. Those that wait for a link are not among them.
    pub published: u64,
    /// Messages not published to them, since the engine was away for too long or too many were waiting.
    pub dropped: u64,
    /// Messages of other nodes received.
    pub received: u64,
    /// Messages of other nodes that have not arrived.
    pub lost: u64,
    /// Messages of other nodes that were refused: their servers have another schema, or they are malformed.
    pub refused: u64,
}

impl ClusterStats {
    /// Adds the statistics of another server.
    pub(crate) fn add(&mut self, other: &Self) {
        self.published += other.published;
        self.dropped += other.dropped;
        self.received += other.received;
        self.lost += other.lost;
        self.refused += other.refused;
    }
}

/// The clients that messages between nodes are for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Channel {
    /// All clients.
    All,
    /// The members of this topic.
    Topic(String),
    /// The clients of this user.
    User(String),
    /// Clients of the receiving node, by their ids.
    Clients,
}

impl Display for Channel {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => write!(formatter, "for all clients"),
            // Quoted: names come from clients.
            Self::Topic(name) => write!(formatter, "for the topic {name:?}"),
            Self::User(name) => write!(formatter, "for the user {name:?}"),
            Self::Clients => write!(formatter, "for single clients"),
        }
    }
}
