//! Presence: the members that topics have on all nodes.
//!
//! A node reports to the others which of its clients are members, and keeps the members that they report. There is no
//! common table:
//!
//! 1. Each change of a node's own members makes a new version of them. With a heartbeat, the node publishes the changes
//!    since the last one, and the version.
//! 2. A node that has an older version, since it is new or has missed something, asks for the rest.
//! 3. The answer are the changes, as long as they are kept, or else all members, in parts. Between two parts members
//!    may come and go: a part has the members at the time when it is sent. The changes since the begin of the answer
//!    follow, and a change that is known already has no effect. So the result is exact.
//! 4. The members of a node that leaves or is silent are forgotten. If it comes back, all of them are asked for.

mod gossip;
mod own;
mod replica;
mod roster;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(super) use self::gossip::{Change, Gossip, Membership};
use self::own::Own;
use self::replica::{Happened, Replica};
use self::roster::Seat;
pub use self::settings::{Presence, PresenceChange, PresenceEvent};
use crate::ids::{ClientId, NodeId};
use crate::member::Member;

/// The members that topics have on all nodes.
#[derive(Debug)]
pub(crate) struct PresenceTable {
    settings: Presence,
    /// Code under this lock does not await, wake or log, and calls no foreign code. It is taken under that of the
    /// registry.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    own: Own,
    others: BTreeMap<NodeId, Replica>,
}

/// More members than are kept.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are more than {0} members on other nodes")]
pub(super) struct TooManyMembers(usize);

impl PresenceTable {
    pub(super) fn new(settings: Presence) -> Self {
        Self {
            settings,
            state: Mutex::default(),
        }
    }

    /// Returns whether the members of a topic are shared. It calls a function of the program.
    pub(crate) fn is_wanted(&self, topic: &str) -> bool {
        (self.settings.is_wanted)(topic)
    }

    // --- The members on this node ---

    /// Records that a client of this node has joined a topic.
    pub(crate) fn join(&self, topic: &str, client: u64, user: Option<Arc<str>>) {
        self.lock().own.apply(Change {
            topic: topic.into(),
            client,
            membership: Membership::Joined { user },
        });
    }

    /// Records the user of a client of this node, if that is a member.
    pub(crate) fn log_in(&self, topic: &Arc<str>, client: u64, user: Option<Arc<str>>) {
        let mut state = self.lock();
        if state.own.has(topic, client) {
            state.own.apply(Change {
                topic: topic.clone(),
                client,
                membership: Membership::Joined { user },
            });
        }
    }

    /// Records that a client of this node has left a topic. It may be no member.
    pub(crate) fn leave(&self, topic: &str, client: u64) {
        self.lock().own.apply(Change {
            topic: topic.into(),
            client,
            membership: Membership::Left,
        });
    }

    /// Returns the version of the members on this node.
    pub(super) fn version(&self) -> u64 {
        self.lock().own.version()
    }

    /// Takes changes that are not published to all nodes yet.
    pub(super) fn take_unpublished(&self) -> Option<Gossip<Arc<str>>> {
        self.lock().own.take_unpublished()
    }

    /// Takes a part of an answer, and the node that it is for.
    pub(super) fn take_answer(&self) -> Option<(NodeId, Gossip<Arc<str>>)> {
        self.lock().own.take_answer()
    }

    // --- The members on other nodes ---

    /// Returns the members that a topic has on other nodes.
    pub(crate) fn members(&self, topic: &str) -> Vec<Member> {
        let state = self.lock();
        let others = state.others.iter().flat_map(|(node, replica)| {
            let members = replica.members(topic).iter();
            members.map(|seat| member(*node, seat))
        });
        others.collect()
    }

    /// Returns the number of members that a topic has on other nodes.
    pub(crate) fn member_count(&self, topic: &str) -> usize {
        let state = self.lock();
        let others = state.others.values();
        others.map(|replica| replica.members(topic).len()).sum()
    }

    /// Returns since which version to ask a node for changes, if it has a newer one than is known.
    pub(super) fn request(
        &self,
        node: NodeId,
        version: u64,
        now: Instant,
        patience: Duration,
    ) -> Option<u64> {
        if version == 0 {
            return None;
        }
        let mut state = self.lock();
        let replica = state.others.entry(node).or_default();
        replica.request(version, now, patience)
    }

    /// Takes a report or a request of a node.
    ///
    /// # Errors
    ///
    /// Returns an error if it reports more members than are kept.
    pub(super) fn receive(
        &self,
        node: NodeId,
        gossip: Gossip<&str>,
        now: Instant,
    ) -> Result<(), TooManyMembers> {
        let mut happened = self.settings.on_change.is_some().then(Vec::new);
        let mut state = self.lock();
        let has_room = if let Gossip::Request { since } = gossip {
            state.own.answer(node, since);
            true
        } else {
            let others = state.others.values();
            let kept: usize = others.map(Replica::len).sum();
            let room = self.settings.max_members.saturating_sub(kept);
            let replica = state.others.entry(node).or_default();
            replica.receive(gossip, room, now, happened.as_mut())
        };
        drop(state);
        self.report(node, happened.unwrap_or_default());
        if has_room {
            return Ok(());
        }
        Err(TooManyMembers(self.settings.max_members))
    }

    /// Forgets a node that is gone.
    pub(super) fn forget(&self, node: NodeId) {
        let mut state = self.lock();
        state.own.forget(node);
        let replica = state.others.remove(&node);
        drop(state);
        if let Some(replica) = replica
            && self.settings.on_change.is_some()
        {
            let gone = replica.all().map(|(topic, seat)| {
                let (topic, seat) = (topic.clone(), seat.clone());
                (topic, seat, PresenceChange::NodeGone)
            });
            self.report(node, gone.collect());
        }
    }

    /// Reports the changes to the program.
    fn report(&self, node: NodeId, happened: Vec<Happened>) {
        if let Some(on_change) = &self.settings.on_change {
            for (topic, seat, change) in happened {
                on_change(&PresenceEvent {
                    topic,
                    member: member(node, &seat),
                    change,
                });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn member(node: NodeId, seat: &Seat) -> Member {
    Member {
        id: ClientId::new(node, seat.client),
        user: seat.user.clone(),
    }
}
