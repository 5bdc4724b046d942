//! The members on another node, as this node knows them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::gossip::{Change, Gossip, Membership};
use super::roster::{Roster, Seat};
use super::settings::PresenceChange;

/// The members on another node, as this node knows them.
#[derive(Debug, Default)]
pub(super) struct Replica {
    version: u64,
    roster: Roster,
    /// The parts of a snapshot that have come.
    loading: Option<Loading>,
    /// The time of the last request or of the last part, while an answer is missing.
    waiting_since: Option<Instant>,
}

/// A snapshot that has not come as a whole.
#[derive(Debug)]
struct Loading {
    version: u64,
    next: u64,
    roster: Roster,
}

/// A change of a member: the topic, the number of the client, its user.
pub(super) type Happened = (Arc<str>, Seat, PresenceChange);

impl Replica {
    /// Returns the number of members that count as kept: of a snapshot that replaces others, only those beyond them.
    pub(super) fn len(&self) -> usize {
        let loading = self.loading.as_ref().map_or(0, |it| it.roster.len());
        self.roster.len().max(loading)
    }

    /// Returns the members of a topic.
    pub(super) fn members(&self, topic: &str) -> &[Seat] {
        self.roster.members(topic)
    }

    /// Returns all members, with their topics.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Arc<str>, &Seat)> {
        self.roster.after(None)
    }

    /// Returns since which version to ask for changes, if the node has a newer one.
    ///
    /// It does not ask again for as long as a heartbeat takes, unless an answer goes on: parts of it may be on their way.
    pub(super) fn request(
        &mut self,
        version: u64,
        now: Instant,
        patience: Duration,
    ) -> Option<u64> {
        let is_waiting = |since: Instant| now.saturating_duration_since(since) < patience;
        if version <= self.version || self.waiting_since.is_some_and(is_waiting) {
            return None;
        }
        self.waiting_since = Some(now);
        self.loading = None;
        Some(self.version)
    }

    /// Takes a message of the node, of which up to `room` more members may be kept. The changes are appended to a
    /// list, if there is one. Returns whether there was room for all.
    pub(super) fn receive(
        &mut self,
        gossip: Gossip<&str>,
        room: usize,
        now: Instant,
        happened: Option<&mut Vec<Happened>>,
    ) -> bool {
        match gossip {
            Gossip::Changes { since, changes } => {
                self.receive_changes(since, changes, room, happened)
            }
            Gossip::Snapshot {
                version,
                part,
                is_last,
                members,
            } => {
                let has_room = self.load(version, part, members, room, now);
                if is_last {
                    self.finish_loading(version, part, happened);
                }
                has_room
            }
            Gossip::Request { .. } => true,
        }
    }

    fn receive_changes(
        &mut self,
        since: u64,
        changes: Vec<Change<&str>>,
        room: usize,
        mut happened: Option<&mut Vec<Happened>>,
    ) -> bool {
        // Some are missing, which the next heartbeat shows; or it knows the first ones.
        let Some(known) = self.version.checked_sub(since) else {
            return true;
        };
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        if known >= changes.len() {
            return true;
        }
        self.waiting_since = None;
        self.version = since + changes.len() as u64;
        let limit = self.len().saturating_add(room);
        let mut has_room = true;
        for change in changes.into_iter().skip(known) {
            let (topic, client) = (change.topic, change.client);
            let Some(applied) = apply(&mut self.roster, change, limit) else {
                has_room = false;
                continue;
            };
            if let (Some(happened), Some((what, user))) = (&mut happened, applied) {
                happened.push((topic.into(), Seat { client, user }, what));
            }
        }
        has_room
    }

    /// Takes a part of a snapshot, if it is the next one.
    fn load(
        &mut self,
        version: u64,
        part: u64,
        members: Vec<Change<&str>>,
        room: usize,
        now: Instant,
    ) -> bool {
        if version < self.version {
            return true;
        }
        if part == 0 {
            self.loading = Some(Loading {
                version,
                next: 0,
                roster: Roster::default(),
            });
        }
        let limit = self.len().saturating_add(room);
        let next = self.loading.as_mut();
        let Some(loading) = next.filter(|it| it.version == version && it.next == part) else {
            return true;
        };
        loading.next += 1;
        self.waiting_since = Some(now);
        let mut has_room = true;
        for member in members {
            has_room &= apply(&mut loading.roster, member, limit).is_some();
        }
        has_room
    }

    /// Takes the members of a snapshot for those of the node, once all its parts have come.
    fn finish_loading(&mut self, version: u64, part: u64, happened: Option<&mut Vec<Happened>>) {
        let is_whole = |it: &Loading| it.version == version && it.next == part + 1;
        let Some(loading) = self.loading.take_if(|it| is_whole(it)) else {
            return;
        };
        if let Some(happened) = happened {
            compare(&self.roster, &loading.roster, happened);
        }
        self.roster = loading.roster;
        self.version = version;
        self.waiting_since = None;
    }
}

/// Applies a change. Returns `None` if there is no room for the member.
fn apply(
    roster: &mut Roster,
    change: Change<&str>,
    limit: usize,
) -> Option<Option<(PresenceChange, Option<Arc<str>>)>> {
    let is_full = roster.len() >= limit && matches!(change.membership, Membership::Joined { .. });
    if is_full && roster.find(change.topic, change.client).is_none() {
        return None;
    }
    Some(roster.apply(change))
}

/// Appends the changes between two looks at the members.
fn compare(before: &Roster, after: &Roster, happened: &mut Vec<Happened>) {
    for (topic, seat) in before.after(None) {
        if after.find(topic, seat.client).is_none() {
            happened.push((topic.clone(), seat.clone(), PresenceChange::Left));
        }
    }
    for (topic, seat) in after.after(None) {
        let what = match before.find(topic, seat.client) {
            None => PresenceChange::Joined,
            Some(known) if known.user != seat.user => PresenceChange::LoggedIn,
            Some(_) => continue,
        };
        happened.push((topic.clone(), seat.clone(), what));
    }
}
