//! Named groups of clients: the members of topics, and the connections of users.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::peer::Peer;
use crate::ids::ClientId;

/// Groups of clients by name. There is no group without a client.
///
/// Names come from clients: the table is hashed with random keys, and its order is never visible.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The clients of each group in the order of their ids, in which a flush visits them. A list is small for the one
    /// client that most groups have, and appends most clients: newer ones have larger ids.
    members: HashMap<Arc<str>, Vec<Arc<Peer>>>,
}

impl Groups {
    /// Adds a client to a group, unless it is in it. Returns the name, which all clients of the group share.
    pub(super) fn insert(&mut self, name: &str, peer: &Arc<Peer>) -> Arc<str> {
        let known = self.members.get_key_value(name);
        let name = known.map_or_else(|| name.into(), |(name, _)| name.clone());
        let members = self.members.entry(name.clone());
        let members = members.or_insert_with(|| Vec::with_capacity(1));
        if let Err(place) = find(members, peer.id) {
            members.insert(place, peer.clone());
        }
        name
    }

    /// Removes a client from a group, and a group without a client. Returns whether it was in the group.
    pub(super) fn remove(&mut self, name: &str, id: ClientId) -> bool {
        let Some(members) = self.members.get_mut(name) else {
            return false;
        };
        let Ok(place) = find(members, id) else {
            return false;
        };
        members.remove(place);
        if members.is_empty() {
            self.members.remove(name);
            shrink(&mut self.members);
        } else if is_sparse(members.len(), members.capacity()) {
            members.shrink_to(members.capacity() / 2);
        }
        true
    }

    /// Returns the clients of a group, in the order of their ids.
    pub(super) fn members(&self, name: &str) -> &[Arc<Peer>] {
        self.members.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the number of groups.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns the largest number of clients or groups for which there is memory in one of the collections.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        let members = self.members.values().map(Vec::capacity);
        members.chain([self.members.capacity()]).max().unwrap_or(0)
    }
}

/// Returns the place of a client in a list, or the place where it belongs.
fn find(members: &[Arc<Peer>], id: ClientId) -> Result<usize, usize> {
    members.binary_search_by_key(&id, |it| it.id)
}

/// Returns whether a collection is to give memory back. Not before seven eighths are unused, so that each move of
/// the rest is paid by many removals.
fn is_sparse(len: usize, capacity: usize) -> bool {
    len < capacity / 8
}

/// Gives memory of a table back: clients that have left must not leave its largest size behind.
pub(super) fn shrink<K: Eq + Hash, V>(table: &mut HashMap<K, V>) {
    if is_sparse(table.len(), table.capacity()) {
        table.shrink_to(table.capacity() / 2);
    }
}
