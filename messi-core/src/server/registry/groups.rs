//! Topics and users: the clients of a server by name.
//!
//! Whatever changes the clients of a group flushes the batch first, like all that changes the clients. So a client
//! that joins receives the messages that are published from then on, and no earlier ones.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::Registry;
use crate::JoinError;
use crate::ids::ClientId;
use crate::member::Member;
use crate::server::peer::Peer;

impl Registry {
    /// Makes a client a member of a topic.
    pub(in crate::server) fn join(&self, name: &str, peer: &Arc<Peer>) -> Result<(), JoinError> {
        let presence = self.presence(name);
        self.flushed_with(|state, wakeups| {
            if !state.directory.is_connected(peer) {
                return Err(JoinError::NotConnected);
            }
            state.directory.topics.join(name, peer)?;
            self.subscribe_topic(name, wakeups);
            if let Some(presence) = presence {
                presence.join(name, peer.id.number, peer.user.get().cloned());
            }
            Ok(())
        })
    }

    /// Ends the membership of a client. Returns whether it was a member.
    pub(in crate::server) fn leave(&self, name: &str, id: ClientId) -> bool {
        self.flushed(|state| {
            let was_member = state.directory.topics.leave(name, id);
            if was_member {
                self.release_topic(name, id, state);
            }
            was_member
        })
    }

    /// Returns the topics that a client has joined, in the order of their names.
    pub(in crate::server) fn joined(&self, id: ClientId) -> Vec<Arc<str>> {
        self.lock().directory.topics.joined(id)
    }

    /// Returns the members of a topic: those of this node in the order in which they have connected, and then those of other
    /// nodes that are known.
    pub(in crate::server) fn members(&self, name: &str) -> Vec<Member> {
        let state = self.lock();
        let own = state.directory.topics.members(name).iter();
        let mut members: Vec<_> = own.map(|peer| peer.member()).collect();
        drop(state);
        if let Some(presence) = self.presence(name) {
            members.extend(presence.members(name));
        }
        members
    }

    /// Returns the number of these members.
    pub(in crate::server) fn member_count(&self, name: &str) -> usize {
        let own = self.lock().directory.topics.members(name).len();
        let presence = self.presence(name);
        own + presence.map_or(0, |it| it.member_count(name))
    }

    /// Returns the clients of a user, in the order in which they have connected.
    pub(in crate::server) fn clients_of(&self, user: &str) -> Vec<Arc<Peer>> {
        self.lock().directory.users.members(user).to_vec()
    }
}
