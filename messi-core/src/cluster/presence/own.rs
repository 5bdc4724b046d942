//! The members on this node, and the messages to others about them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::gossip::{Change, Gossip, Membership};
use super::roster::Roster;
#[cfg(test)]
use super::roster::Seat;
use crate::ids::NodeId;

/// The last changes that are kept for nodes that have missed some. Later, they get all members.
pub(super) const MAX_CHANGES: usize = 4_096;

/// The names in one message, in bytes. It may have one change more, and a few bytes for each.
pub(super) const PART: usize = 24 * 1024;

/// The changes in one message at most.
const MAX_PART: usize = 1_000;

/// The members on this node, and the messages to others about them.
#[derive(Debug, Default)]
pub(super) struct Own {
    roster: Roster,
    version: u64,
    /// The changes that have led to this version, without the older ones.
    changes: VecDeque<Change<Arc<str>>>,
    /// The version that was published to all nodes.
    published: u64,
    /// The answers to the requests of other nodes. They take turns.
    answers: VecDeque<(NodeId, Answer)>,
}

/// An answer that is sent in parts.
#[derive(Debug)]
enum Answer {
    /// The changes between two versions. Later ones are published to all nodes.
    Changes { since: u64, until: u64 },
    /// All members.
    Snapshot {
        /// The version at its begin. Later changes are among the changes since then.
        version: u64,
        part: u64,
        /// The last member that was sent.
        last: Option<(Arc<str>, u64)>,
    },
}

impl Own {
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Returns whether a client is a member of a topic.
    pub(super) fn has(&self, topic: &str, client: u64) -> bool {
        self.roster.find(topic, client).is_some()
    }

    /// Returns all members, with their topics.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = (&Arc<str>, &Seat)> {
        self.roster.after(None)
    }

    /// Applies a change, and remembers it for others.
    pub(super) fn apply(&mut self, change: Change<Arc<str>>) {
        if self.roster.apply(change.clone()).is_none() {
            return;
        }
        self.version += 1;
        if self.changes.len() == MAX_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }

    /// Takes changes that are not published to all nodes yet.
    pub(super) fn take_unpublished(&mut self) -> Option<Gossip<Arc<str>>> {
        let changes = self.changes_since(self.published);
        // Of changes that are not kept any more, others learn by the version.
        self.published = match &changes {
            Some(changes) => self.published + changes.len() as u64,
            None => self.version,
        };
        let changes = changes.filter(|it| !it.is_empty())?;
        let since = self.published - changes.len() as u64;
        Some(Gossip::Changes { since, changes })
    }

    /// Begins to answer a node that has a version of these members.
    pub(super) fn answer(&mut self, node: NodeId, since: u64) {
        self.forget(node);
        let answer = if since > 0 && self.changes_since(since).is_some() {
            Answer::Changes {
                since,
                until: self.version,
            }
        } else {
            Answer::Snapshot {
                version: self.version,
                part: 0,
                last: None,
            }
        };
        self.answers.push_back((node, answer));
    }

    /// Takes the next part of an answer.
    pub(super) fn take_answer(&mut self) -> Option<(NodeId, Gossip<Arc<str>>)> {
        while let Some((node, answer)) = self.answers.pop_front() {
            let (gossip, rest) = match answer {
                Answer::Changes { since, until } => self.next_changes(since, until),
                Answer::Snapshot {
                    version,
                    part,
                    last,
                } => self.next_members(version, part, last),
            };
            self.answers.extend(rest.map(|rest| (node, rest)));
            if let Some(gossip) = gossip {
                return Some((node, gossip));
            }
        }
        None
    }

    /// Forgets the request of a node.
    pub(super) fn forget(&mut self, node: NodeId) {
        self.answers.retain(|(other, _)| *other != node);
    }

    /// Returns the first changes after a version, if they are kept. The list is empty after the last one.
    fn changes_since(&self, version: u64) -> Option<Vec<Change<Arc<str>>>> {
        let missing = usize::try_from(self.version.checked_sub(version)?).ok()?;
        let first = self.changes.len().checked_sub(missing)?;
        Some(take_part(self.changes.range(first..).cloned()).0)
    }

    fn next_changes(&self, since: u64, until: u64) -> (Option<Gossip<Arc<str>>>, Option<Answer>) {
        // If they are not kept any more, the node asks again.
        let changes = self.changes_since(since).unwrap_or_default();
        if changes.is_empty() {
            return (None, None);
        }
        let told = since + changes.len() as u64;
        let rest = (told < until).then_some(Answer::Changes { since: told, until });
        (Some(Gossip::Changes { since, changes }), rest)
    }

    fn next_members(
        &self,
        version: u64,
        part: u64,
        last: Option<(Arc<str>, u64)>,
    ) -> (Option<Gossip<Arc<str>>>, Option<Answer>) {
        let members = self.roster.after(last.as_ref());
        let (members, is_last) = take_part(members.map(|(topic, seat)| Change {
            topic: topic.clone(),
            client: seat.client,
            membership: Membership::Joined {
                user: seat.user.clone(),
            },
        }));
        let rest = match members.last() {
            Some(member) if !is_last => Answer::Snapshot {
                version,
                part: part + 1,
                last: Some((member.topic.clone(), member.client)),
            },
            // And the changes since the begin.
            _ => Answer::Changes {
                since: version,
                until: self.version,
            },
        };
        let gossip = Gossip::Snapshot {
            version,
            part,
            is_last,
            members,
        };
        (Some(gossip), Some(rest))
    }
}

/// Takes as many changes as are in one message. Returns whether these were all.
fn take_part(mut changes: impl Iterator<Item = Change<Arc<str>>>) -> (Vec<Change<Arc<str>>>, bool) {
    let (mut part, mut bytes) = (Vec::new(), 0);
    while bytes < PART && part.len() < MAX_PART {
        let Some(change) = changes.next() else {
            return (part, true);
        };
        bytes += change.size();
        part.push(change);
    }
    let is_last = changes.next().is_none();
    (part, is_last)
}
