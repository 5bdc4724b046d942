//! The members that topics have on one node.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::gossip::{Change, Membership};
use super::settings::PresenceChange;

/// The members that topics have on one node. There is no topic without one.
#[derive(Debug, Default)]
pub(super) struct Roster {
    /// In the order of their names, in which snapshots go on after a name.
    topics: BTreeMap<Arc<str>, Vec<Seat>>,
    len: usize,
}

/// A member of a topic. In a list, they are in the order of their numbers.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    /// The number of the client on its node.
    pub(super) client: u64,
    pub(super) user: Option<Arc<str>>,
}

impl Roster {
    /// Returns the number of members in all topics.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns the members of a topic.
    pub(super) fn members(&self, topic: &str) -> &[Seat] {
        self.topics.get(topic).map_or(&[], Vec::as_slice)
    }

    /// Returns a member of a topic.
    pub(super) fn find(&self, topic: &str, client: u64) -> Option<&Seat> {
        let members = self.members(topic);
        let place = place(members, client).ok()?;
        members.get(place)
    }

    /// Returns all members, or those after one.
    pub(super) fn after(
        &self,
        last: Option<&(Arc<str>, u64)>,
    ) -> impl Iterator<Item = (&Arc<str>, &Seat)> {
        let first = match last {
            Some((topic, _)) => Bound::Included(topic),
            None => Bound::Unbounded,
        };
        let topics = self.topics.range::<Arc<str>, _>((first, Bound::Unbounded));
        let members = topics.flat_map(|(topic, members)| members.iter().map(move |it| (topic, it)));
        members.skip_while(move |(topic, member)| {
            last.is_some_and(|(name, client)| *topic == name && member.client <= *client)
        })
    }

    /// Applies a change. Returns the change of the member, and the user; `None` if it was known.
    pub(super) fn apply<T: AsRef<str> + Into<Arc<str>>>(
        &mut self,
        change: Change<T>,
    ) -> Option<(PresenceChange, Option<Arc<str>>)> {
        let Change {
            topic,
            client,
            membership,
        } = change;
        match membership {
            Membership::Joined { user } => self.join(topic, client, user),
            Membership::Left => {
                let user = self.leave(topic.as_ref(), client)?;
                Some((PresenceChange::Left, user))
            }
        }
    }

    fn join<T: AsRef<str> + Into<Arc<str>>>(
        &mut self,
        topic: T,
        client: u64,
        user: Option<T>,
    ) -> Option<(PresenceChange, Option<Arc<str>>)> {
        let members = match self.topics.get_mut(topic.as_ref()) {
            Some(members) => members,
            None => self.topics.entry(topic.into()).or_default(),
        };
        match place(members, client) {
            Ok(place) => {
                let seat = members.get_mut(place)?;
                if seat.user.as_deref() == user.as_ref().map(AsRef::as_ref) {
                    return None;
                }
                seat.user = user.map(Into::into);
                Some((PresenceChange::LoggedIn, seat.user.clone()))
            }
            Err(place) => {
                let user = user.map(Into::into);
                // Most topics have few members.
                members.reserve_exact(usize::from(members.is_empty()));
                members.insert(
                    place,
                    Seat {
                        client,
                        user: user.clone(),
                    },
                );
                self.len += 1;
                Some((PresenceChange::Joined, user))
            }
        }
    }

    /// Removes a member. Returns its user, if it was one.
    fn leave(&mut self, topic: &str, client: u64) -> Option<Option<Arc<str>>> {
        let members = self.topics.get_mut(topic)?;
        let place = place(members, client).ok()?;
        let seat = members.remove(place);
        if members.is_empty() {
            self.topics.remove(topic);
        } else if members.len() < members.capacity() / 8 {
            members.shrink_to(members.capacity() / 2);
        }
        self.len -= 1;
        Some(seat.user)
    }
}

/// Returns the place of a client in a list, or the place where it belongs.
fn place(members: &[Seat], client: u64) -> Result<usize, usize> {
    members.binary_search_by_key(&client, |it| it.client)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(client: u64, membership: Membership<&str>) -> Change<&str> {
        Change {
            topic: "topic",
            client,
            membership,
        }
    }

    #[test]
    fn what_is_known_does_not_happen_again() {
        let mut roster = Roster::default();
        let joined = || Membership::Joined { user: None };
        let as_user = || Membership::Joined {
            user: Some("Kalle"),
        };
        let user = || Some("Kalle".into());
        for (membership, happened) in [
            (Membership::Left, None),
            (joined(), Some((PresenceChange::Joined, None))),
            (joined(), None),
            (as_user(), Some((PresenceChange::LoggedIn, user()))),
            (as_user(), None),
            (Membership::Left, Some((PresenceChange::Left, user()))),
            (Membership::Left, None),
            (as_user(), Some((PresenceChange::Joined, user()))),
        ] {
            assert_eq!(roster.apply(change(1, membership)), happened);
        }
        assert_eq!(roster.len(), 1);
    }

    #[test]
    fn members_that_leave_give_their_memory_back() {
        let mut roster = Roster::default();
        for client in 0..1_000 {
            roster.apply(change(client, Membership::Joined { user: None }));
        }
        for client in 0..999 {
            roster.apply(change(client, Membership::Left));
        }
        assert!(roster.topics["topic"].capacity() < 20);
        roster.apply(change(999, Membership::Left));
        assert!(roster.topics.is_empty());
        assert_eq!(roster.len(), 0);
    }
}
