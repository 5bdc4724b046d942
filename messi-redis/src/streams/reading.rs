//! The position up to which a node has read, and its subscriptions.
//!
//! A subscription begins and ends at a place in the stream: after the entry that was the last one when it was ordered. So it
//! does not matter when the node reads that place.

use std::collections::{HashSet, VecDeque};

use messi_core::cluster::Inbox;

use super::id::Id;

/// A change of the subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Subscribe(String),
    Unsubscribe(String),
    /// Ends all subscriptions.
    Clear,
}

/// A read entry.
#[derive(Debug)]
pub(super) struct ReadEntry {
    pub(super) id: Id,
    /// Each with its channel.
    pub(super) messages: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The position of a node, and its subscriptions there.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The last entry that the node has; `None` before the first link.
    position: Option<Id>,
    /// The subscriptions at the position.
    subscribed: HashSet<String>,
    /// The changes behind the position, each with the last entry before it.
    changes: VecDeque<(Id, Change)>,
    /// Where the link has begun, as long as only the link before has had subscriptions.
    begin: Option<Id>,
}

impl Reading {
    /// Begins with a new link, at the end of the stream.
    pub(super) fn begin(&mut self, end: Id) {
        if self.position.is_none_or(|position| end < position) {
            // The first link, or the server has lost entries: those that it still has were read.
            *self = Self::default();
            self.position = Some(end);
        }
        self.begin = Some(end);
    }

    /// Ends the subscriptions of the link before at the place where this link has begun. Returns that place the first time.
    ///
    /// This waits for the first orders of the link: if it failed before them, messages would be for neither link.
    pub(super) fn renew(&mut self) -> Option<Id> {
        let begin = self.begin.take()?;
        self.change(begin, Change::Clear);
        Some(begin)
    }

    /// Changes the subscriptions after an entry. Changes come in the order of their places.
    pub(super) fn change(&mut self, after: Id, change: Change) {
        if self.changes.is_empty() && self.position.is_some_and(|position| after <= position) {
            // There may be no further entry for long.
            return apply(change, &mut self.subscribed);
        }
        self.changes.push_back((after, change));
    }

    /// Returns the position.
    pub(super) fn position(&self) -> Id {
        self.position.unwrap_or_default()
    }

    /// Delivers an entry, and moves the position to it. Returns whether any of its messages is for the node.
    pub(super) fn deliver(&mut self, entry: &ReadEntry, inbox: &mut Inbox<'_>) -> bool {
        let reached = self.changes.partition_point(|(after, _)| *after < entry.id);
        for (_, change) in self.changes.drain(..reached) {
            apply(change, &mut self.subscribed);
        }
        let mut is_for_node = false;
        for (channel, payload) in &entry.messages {
            let channel = str::from_utf8(channel).ok();
            if let Some(channel) = channel.filter(|it| self.subscribed.contains(*it)) {
                inbox.deliver(channel, payload);
                is_for_node = true;
            }
        }
        self.position = Some(entry.id);
        is_for_node
    }
}

fn apply(change: Change, subscribed: &mut HashSet<String>) {
    match change {
        Change::Subscribe(channel) => {
            subscribed.insert(channel);
        }
        Change::Unsubscribe(channel) => {
            subscribed.remove(&channel);
        }
        Change::Clear => subscribed.clear(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> Id {
        Id::of_number(number)
    }

    fn subscribe(channel: &str) -> Change {
        Change::Subscribe(channel.into())
    }

    /// Reads entries with these ids, which have a message to `a` each. Returns those that are delivered.
    fn read(reading: &mut Reading, ids: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let read = ids.into_iter().filter(|number| {
            let entry = ReadEntry {
                id: id(*number),
                messages: vec![(b"a".into(), Vec::new())],
            };
            reading.deliver(&entry, &mut Inbox::new(&mut |_, _| {}))
        });
        read.collect()
    }

    #[test]
    fn subscriptions_begin_and_end_at_their_places() {
        let mut reading = Reading::default();
        reading.begin(id(10));
        assert_eq!(reading.position(), id(10));
        assert_eq!(reading.renew(), Some(id(10)));
        reading.change(id(12), subscribe("a"));
        reading.change(id(14), Change::Unsubscribe("a".into()));
        reading.change(id(16), subscribe("a"));
        assert_eq!(read(&mut reading, 11..=18), [13, 14, 17, 18]);
        assert_eq!(reading.position(), id(18));
        // All is read: at once.
        reading.change(id(18), Change::Unsubscribe("a".into()));
        assert!(reading.changes.is_empty());
        assert_eq!(read(&mut reading, [19]), []);
    }

    #[test]
    fn messages_between_two_links_are_for_the_subscriptions_of_the_first() {
        let mut reading = Reading::default();
        reading.begin(id(10));
        reading.renew();
        reading.change(id(10), subscribe("a"));
        assert_eq!(read(&mut reading, [11]), [11]);
        // A link that has failed before its first orders.
        reading.begin(id(13));
        reading.begin(id(15));
        assert_eq!(reading.renew(), Some(id(15)));
        assert_eq!(reading.renew(), None);
        assert_eq!(read(&mut reading, 12..=17), [12, 13, 14, 15]);
    }

    #[test]
    fn a_server_that_has_lost_entries_is_read_from_its_end() {
        let mut reading = Reading::default();
        reading.begin(id(10));
        reading.renew();
        reading.change(id(10), subscribe("a"));
        reading.change(id(20), Change::Unsubscribe("a".into()));
        reading.begin(id(9));
        assert_eq!(reading.position(), id(9));
        assert_eq!(reading.renew(), Some(id(9)));
        assert_eq!(read(&mut reading, [10]), []);
        reading.change(id(10), subscribe("a"));
        assert_eq!(read(&mut reading, [11]), [11]);
    }
}
