//! The clients that a broadcast is for.

use std::ops::Bound;
use std::sync::Arc;

use super::directory::Directory;
use super::peer::Peer;
use crate::cluster::Target;
use crate::ids::{ClientId, NodeId};

/// The clients that a broadcast is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Recipients {
    /// All clients that receive broadcasts, but for one.
    All { except: Option<ClientId> },
    /// These clients, in the order of their ids and each once.
    Only(Vec<ClientId>),
    /// The members of the topic with this name, but for some. They are looked up when the batch is flushed, and are the
    /// same as when the message was published: the batch is flushed before a member comes or goes.
    Topic {
        name: Arc<str>,
        except: Vec<ClientId>,
    },
    /// The clients of this user, looked up in the same way.
    User(Arc<str>),
}

/// The servers of the clients that receive a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// This server.
    Node,
    /// All servers of the cluster, if there is one.
    Cluster,
}

impl Recipients {
    /// Returns the recipients of messages of another node.
    pub(super) fn of(target: Target<'_>, node: NodeId) -> Self {
        match target {
            Target::All { except } => Self::All {
                except: except.into_iter().find(|id| id.node == node),
            },
            Target::Topic { name, except } => Self::Topic {
                name: name.into(),
                except,
            },
            Target::User(name) => Self::User(name.into()),
            Target::Clients { node, numbers } => {
                let ids = numbers.iter().map(|number| ClientId::new(node, *number));
                Self::only(&ids.collect::<Vec<_>>())
            }
        }
    }

    /// Returns the recipients as other nodes than this one know them. `None` for a list of ids.
    pub(super) fn target(&self, node: NodeId) -> Option<Target<'_>> {
        let remote = |id: &&ClientId| id.node != node;
        match self {
            Self::All { except } => Some(Target::All {
                except: except.iter().filter(remote).copied().collect(),
            }),
            Self::Topic { name, except } => Some(Target::Topic {
                name,
                except: except.iter().filter(remote).copied().collect(),
            }),
            Self::User(name) => Some(Target::User(name)),
            Self::Only(_) => None,
        }
    }

    /// Returns the recipients with these ids.
    pub(super) fn only(ids: &[ClientId]) -> Self {
        // Sorted, since a flush goes on behind the last id. Lists in any order can share a batch then.
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        Self::Only(ids)
    }

    /// Returns the recipients that are connected.
    pub(super) fn peers(&self, directory: &Directory) -> Vec<Arc<Peer>> {
        let mut found = Vec::new();
        self.visit(directory, None, usize::MAX, |peer| found.push(peer.clone()));
        found
    }

    /// Removes the recipients that are not connected. Returns for how many of them a message is lost.
    pub(super) fn retain_connected(&mut self, directory: &Directory) -> usize {
        match self {
            Self::Only(ids) => {
                let before = ids.len();
                ids.retain(|id| directory.peers.contains_key(id));
                before - ids.len()
            }
            // A user is expected to be there, like a client. A topic may have no member.
            Self::User(_) => usize::from(self.is_empty(directory)),
            Self::All { .. } | Self::Topic { .. } => 0,
        }
    }

    /// Returns whether there is certainly no recipient, once those that are not connected are removed.
    pub(super) fn is_empty(&self, directory: &Directory) -> bool {
        match self {
            Self::All { .. } => false,
            Self::Only(ids) => ids.is_empty(),
            Self::Topic { name, .. } => directory.topics.members(name).is_empty(),
            Self::User(name) => directory.users.members(name).is_empty(),
        }
    }

    /// Visits up to `count` recipients in the order of their ids, from the first one behind `last` on. Returns the
    /// last one visited, or `None` if no recipient is left.
    pub(super) fn visit(
        &self,
        directory: &Directory,
        last: Option<ClientId>,
        count: usize,
        visit: impl FnMut(&Arc<Peer>),
    ) -> Option<ClientId> {
        match self {
            &Self::All { except } => {
                let start = last.map_or(Bound::Unbounded, Bound::Excluded);
                let peers = directory.peers.range((start, Bound::Unbounded));
                let rest = peers.map(|(_, peer)| peer);
                let rest =
                    rest.filter(|peer| except != Some(peer.id) && peer.receives_broadcasts());
                visit_first(rest, count, visit)
            }
            Self::Only(ids) => {
                // `None` is below all ids: the first step begins with the first client.
                let first = ids.partition_point(|&id| Some(id) <= last);
                let rest = ids[first..].iter().filter_map(|id| directory.peers.get(id));
                visit_first(rest, count, visit)
            }
            Self::Topic { name, except } => {
                let rest = behind(last, directory.topics.members(name));
                let rest = rest.filter(|peer| !except.contains(&peer.id));
                visit_first(rest, count, visit)
            }
            Self::User(name) => {
                let rest = behind(last, directory.users.members(name));
                visit_first(rest, count, visit)
            }
        }
    }
}

/// Returns the clients of a group behind the last one visited.
fn behind(last: Option<ClientId>, members: &[Arc<Peer>]) -> impl Iterator<Item = &Arc<Peer>> {
    let first = members.partition_point(|peer| Some(peer.id) <= last);
    members[first..].iter()
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
