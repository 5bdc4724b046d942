//! The settings of a node.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use super::engine::Engine;
use super::presence::Presence;
use super::status::Channel;
use crate::ids::NodeId;

/// How a server takes part in a cluster. An engine converts into it, with the defaults of all settings.
///
/// # Examples
///
/// ```
/// # use chat::*;
/// use messi::cluster::{Cluster, Memory};
///
/// let cluster = Cluster::new(Memory::new())
///     .name("eu-1")
///     .on_gap(|gap| println!("{gap}"));
/// let builder = ChatServer::builder("tcp://:6000").cluster(cluster);
/// ```
#[derive(Clone)]
pub struct Cluster {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) name: String,
    pub(super) is_optional: bool,
    pub(super) max_queued_bytes: usize,
    pub(super) on_gap: Option<OnGap>,
    pub(super) presence: Option<Presence>,
}

/// A function of the program, called by the task of the node.
type OnGap = Arc<dyn Fn(&Gap) + Send + Sync>;

/// Messages of another node that have not arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The node that has published them.
    pub node: NodeId,
    /// The clients that they were for.
    pub channel: Channel,
    /// The number of messages.
    pub lost: u64,
}

impl Cluster {
    /// Creates a cluster over an engine. All its servers must have the same protocol and use the same engine.
    pub fn new(engine: impl Engine) -> Self {
        Self {
            engine: Arc::new(engine),
            name: String::new(),
            is_optional: false,
            max_queued_bytes: 4 * 1024 * 1024,
            on_gap: None,
            presence: None,
        }
    }

    /// Sets the label of the node, for people: others see it in [`Node::name`](super::Node::name). Up to 100 bytes of it
    /// are used. Without it, the label is empty.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        let mut size = self.name.len().min(100);
        while !self.name.is_char_boundary(size) {
            size -= 1;
        }
        self.name.truncate(size);
        self
    }

    /// Lets the server start without the engine. It serves its own clients, and joins the others once there is a link.
    ///
    /// Without it, [`start`](crate::ServerBuilder::start) returns an error if there is no link within 5 s.
    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Sets how many bytes may wait for the engine. Messages beyond them are dropped for the other nodes, and counted
    /// in [`ClusterStats::dropped`](super::ClusterStats::dropped). Default: 4 MiB. The minimum is twice the largest message.
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.max_queued_bytes = bytes;
        self
    }

    /// Sets a function that is called when messages of another node are lost. It must not block.
    ///
    /// The engine delivers each message at most once: after a failure of a link, a gap is noticed with the next
    /// message for the same clients, at broadcasts within a second.
    pub fn on_gap(mut self, on_gap: impl Fn(&Gap) + Send + Sync + 'static) -> Self {
        self.on_gap = Some(Arc::new(on_gap));
        self
    }

    /// Shares the members of topics with all nodes. Without it, [`Topic::members`](crate::Topic::members) has those
    /// of this node.
    pub fn presence(mut self, presence: Presence) -> Self {
        self.presence = Some(presence);
        self
    }
}

impl<E: Engine> From<E> for Cluster {
    fn from(engine: E) -> Self {
        Self::new(engine)
    }
}

impl Debug for Cluster {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("engine", &self.engine)
            .field("name", &self.name)
            .field("is_optional", &self.is_optional)
            .field("max_queued_bytes", &self.max_queued_bytes)
            .field("presence", &self.presence)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            node,
            channel,
            lost,
        } = self;
        write!(
            formatter,
            "{lost} messages of node {node} are lost: {channel}"
        )
    }
}
