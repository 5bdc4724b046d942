//! The connected clients of a server, by id, by topic and by user.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::groups::Groups;
use super::peer::Peer;
use super::topics::Topics;
use crate::ids::ClientId;

/// The connected clients of a server. A client that is not connected is not in any of these fields.
#[derive(Debug)]
pub(super) struct Directory {
    /// All of them, in the order in which they came.
    pub(super) peers: BTreeMap<ClientId, Arc<Peer>>,
    /// The members of topics.
    pub(super) topics: Topics,
    /// The clients that have logged in, by user.
    pub(super) users: Groups,
}

impl Directory {
    /// Creates a directory without clients, each of which can join this number of topics.
    pub(super) fn new(max_topics_per_client: usize) -> Self {
        Self {
            peers: BTreeMap::new(),
            topics: Topics::new(max_topics_per_client),
            users: Groups::default(),
        }
    }

    /// Returns whether messages for this client are accepted.
    pub(super) fn is_connected(&self, peer: &Peer) -> bool {
        // Between the end of a connection and its removal here, only the mailbox knows of the end.
        self.peers.contains_key(&peer.id) && peer.mailbox.has_session()
    }

    /// Names the user of a client, unless it has one. Returns whether it had no user.
    pub(super) fn log_in(&mut self, user: &str, peer: &Arc<Peer>) -> bool {
        if peer.user.get().is_some() {
            return false;
        }
        let user = self.users.insert(user, peer);
        peer.user.set(user).is_ok()
    }

    /// Removes a client, its memberships and its user. Returns it with its topics.
    pub(super) fn remove(&mut self, id: ClientId) -> Option<(Arc<Peer>, Vec<Arc<str>>)> {
        let peer = self.peers.remove(&id)?;
        let topics = self.topics.leave_all(id);
        if let Some(user) = peer.user.get() {
            self.users.remove(user, id);
        }
        Some((peer, topics))
    }
}
