//! The clients that a broadcast is for.

use std::ops::Bound;
use std::sync::Arc;

use super::broadcast::Peers;
use super::peer::{ClientId, Peer};

/// The clients that a broadcast is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Recipients {
    /// All clients that receive broadcasts, but for one.
    All { except: Option<ClientId> },
    /// These clients, in the order of their ids and each once.
    Only(Vec<ClientId>),
}

impl Recipients {
    /// Returns the recipients with these ids.
    pub(super) fn only(ids: &[ClientId]) -> Self {
        // Sorted, since a flush goes on behind the last id. Lists in any order can share a batch then.
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        Self::Only(ids)
    }

    /// Returns the recipients among these clients.
    pub(super) fn peers(&self, peers: &Peers) -> Vec<Arc<Peer>> {
        let mut found = Vec::new();
        self.visit(peers, None, usize::MAX, |peer| found.push(peer.clone()));
        found
    }

    /// Removes the ids of clients that are not connected, and returns their number.
    pub(super) fn retain_connected(&mut self, peers: &Peers) -> usize {
        let Self::Only(ids) = self else { return 0 };
        let before = ids.len();
        ids.retain(|id| peers.contains_key(id));
        before - ids.len()
    }

    /// Visits up to `count` recipients in the order of their ids, from the first one behind `last` on. Returns the
    /// last one visited, or `None` if no recipient is left.
    pub(super) fn visit(
        &self,
        peers: &Peers,
        last: Option<ClientId>,
        count: usize,
        visit: impl FnMut(&Arc<Peer>),
    ) -> Option<ClientId> {
        match self {
            &Self::All { except } => {
                let start = last.map_or(Bound::Unbounded, Bound::Excluded);
                let rest = peers.range((start, Bound::Unbounded)).map(|(_, peer)| peer);
                let rest =
                    rest.filter(|peer| except != Some(peer.id) && peer.receives_broadcasts());
                visit_first(rest, count, visit)
            }
            Self::Only(ids) => {
                // `None` is below all ids: the first step begins with the first client.
                let first = ids.partition_point(|&id| Some(id) <= last);
                let rest = ids[first..].iter().filter_map(|id| peers.get(id));
                visit_first(rest, count, visit)
            }
        }
    }
}

/// Visits the first `count` of the clients that are left. Returns the last one visited, or `None` if no client is
/// left.
fn visit_first<'a>(
    mut rest: impl Iterator<Item = &'a Arc<Peer>>,
    count: usize,
    mut visit: impl FnMut(&Arc<Peer>),
) -> Option<ClientId> {
    let mut last = None;
    for peer in rest.by_ref().take(count) {
        visit(peer);
        last = Some(peer.id);
    }
    // Looked ahead: a step that reaches the last client must end the batch, which takes no more messages.
    rest.next().and(last)
}
