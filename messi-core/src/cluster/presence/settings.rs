//! The settings of presence, and its events.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use crate::member::Member;

/// The topics of which all nodes know the members.
///
/// In these topics, [`Topic::members`](crate::Topic::members) has the members of all nodes. All servers of a cluster
/// should choose the same topics. A node sends its changes to the others once a second; the members of one that is
/// killed or cut off leave after 5 s. After a failure of the engine, all is known again with the next heartbeat.
///
/// Each node keeps all members in memory: about 40 bytes for each, and 100 more for each topic of a node.
///
/// # Examples
///
/// ```
/// # use chat::*;
/// use messi::cluster::{Cluster, Memory, Presence};
///
/// let rooms = Presence::of(|topic| topic.starts_with("room/"));
/// let cluster = Cluster::new(Memory::new()).presence(rooms);
/// let builder = ChatServer::builder("tcp://:6000").cluster(cluster);
/// ```
#[derive(Clone)]
pub struct Presence {
    pub(super) is_wanted: IsWanted,
    pub(super) max_members: usize,
    pub(super) on_change: Option<OnChange>,
}

/// Functions of the program.
type IsWanted = Arc<dyn Fn(&str) -> bool + Send + Sync>;
type OnChange = Arc<dyn Fn(&PresenceEvent) + Send + Sync>;

/// A change of the members that a topic has on another node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PresenceEvent {
    /// The topic.
    pub topic: Arc<str>,
    /// The member. [`ClientId::node`](crate::ClientId::node) shows on which node it is.
    pub member: Member,
    /// The change of the member.
    pub change: PresenceChange,
}

/// A change of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresenceChange {
    /// It has joined the topic.
    Joined,
    /// It has logged in, after it had joined.
    LoggedIn,
    /// It has left the topic, or its connection or session has ended.
    Left,
    /// Its node has stopped, or is silent. If that comes back, its members join again.
    NodeGone,
}

impl Presence {
    /// Shares the members of the topics for which a function returns `true`. It is called with the name of a topic that
    /// a client joins, or of which the members are requested. It must not block, and always return the same for a name.
    pub fn of(is_wanted: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self {
            is_wanted: Arc::new(is_wanted),
            max_members: 1_000_000,
            on_change: None,
        }
    }

    /// Sets how many members of other nodes are kept in memory: a client in two topics counts twice. Default: 1,000,000.
    /// Further ones are left out, with a warning in the log.
    pub fn max_members(mut self, members: usize) -> Self {
        self.max_members = members;
        self
    }

    /// Sets a function that is called with each change of the members on other nodes. It must not block. On this node,
    /// it is the program that lets clients join and leave, and is informed when they disconnect.
    ///
    /// [`Topic::members`](crate::Topic::members) has the change when it is called.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::cluster::Presence;
    ///
    /// let presence = Presence::of(|_topic| true).on_change(|event| {
    ///     println!("{}: {:?} {:?}", event.topic, event.member.user, event.change);
    /// });
    /// ```
    pub fn on_change(mut self, on_change: impl Fn(&PresenceEvent) + Send + Sync + 'static) -> Self {
        self.on_change = Some(Arc::new(on_change));
        self
    }
}

impl Debug for Presence {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Presence")
            .field("max_members", &self.max_members)
            .finish_non_exhaustive()
    }
}
