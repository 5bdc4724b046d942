//! The topics of a server, and which of them each client has joined.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use super::groups::{Groups, shrink};
use super::peer::Peer;
use crate::JoinError;
use crate::ids::ClientId;
use crate::member::MAX_TOPIC_NAME;

/// The topics of a server.
#[derive(Debug)]
pub(super) struct Topics {
    members: Groups,
    /// The topics of each client that has joined any, in the order of their names. Not in [`Peer`], so that it has
    /// no cost for clients without topics.
    joined: HashMap<ClientId, Vec<Arc<str>>>,
    max_per_client: usize,
}

impl Topics {
    /// Creates topics of which one client can join this number.
    pub(super) fn new(max_per_client: usize) -> Self {
        Self {
            members: Groups::default(),
            joined: HashMap::new(),
            max_per_client,
        }
    }

    /// Makes a client a member of a topic. It is no error if it is one already, whatever the limit.
    pub(super) fn join(&mut self, name: &str, peer: &Arc<Peer>) -> Result<(), JoinError> {
        check(name)?;
        let joined = self.joined.get(&peer.id).map_or(&[][..], Vec::as_slice);
        let Err(place) = find(joined, name) else {
            return Ok(());
        };
        let limit = self.max_per_client;
        if joined.len() >= limit {
            return Err(JoinError::TooManyTopics { limit });
        }
        let name = self.members.insert(name, peer);
        self.joined.entry(peer.id).or_default().insert(place, name);
        Ok(())
    }

    /// Ends the membership of a client. Returns whether it was a member.
    pub(super) fn leave(&mut self, name: &str, id: ClientId) -> bool {
        let was_member = self.members.remove(name, id);
        if was_member && let Some(joined) = self.joined.get_mut(&id) {
            if let Ok(place) = find(joined, name) {
                joined.remove(place);
            }
            if joined.is_empty() {
                self.joined.remove(&id);
                shrink(&mut self.joined);
            }
        }
        was_member
    }

    /// Ends all memberships of a client, and returns the topics.
    pub(super) fn leave_all(&mut self, id: ClientId) -> Vec<Arc<str>> {
        let Some(joined) = self.joined.remove(&id) else {
            return Vec::new();
        };
        shrink(&mut self.joined);
        for name in &joined {
            self.members.remove(name, id);
        }
        joined
    }

    /// Returns the members of a topic, in the order of their ids.
    pub(super) fn members(&self, name: &str) -> &[Arc<Peer>] {
        self.members.members(name)
    }

    /// Returns the topics that a client has joined, in the order of their names.
    pub(super) fn joined(&self, id: ClientId) -> Vec<Arc<str>> {
        self.joined.get(&id).cloned().unwrap_or_default()
    }
}

/// Finds a name among those that a client has joined, or else its place there.
fn find(joined: &[Arc<str>], name: &str) -> Result<usize, usize> {
    joined.binary_search_by(|it| (**it).cmp(name))
}

/// Checks the name of a topic to be joined.
fn check(name: &str) -> Result<(), JoinError> {
    match name.len() {
        0 => Err(JoinError::EmptyName),
        1..=MAX_TOPIC_NAME => Ok(()),
        length => Err(JoinError::NameTooLong { length }),
    }
}
