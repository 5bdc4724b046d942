//! The numbers of messages, by which nodes notice that some are lost.
//!
//! A node numbers the messages that it publishes in each channel without gaps. A receiver that has missed some sees a gap.
//! The first message after a subscription may have any number.
//!
//! Numbers never become lower. A message with a lower number than expected was on its way when its link failed, and comes
//! after the messages of the next link. It is late: it was counted as lost.
//!
//! The upper bits of a number are its generation. A node that has published in too many channels forgets all numbers, and
//! begins anew with the next generation.

use std::collections::HashMap;

use crate::ids::NodeId;

/// Channels for which numbers are kept. With more, all channels begin anew.
const MAX_CHANNELS: usize = 100_000;

/// The bits of a number below its generation: a million messages a second for 12 days. Later messages are in the next
/// generation, and the size of a gap there is not known.
const GENERATION: u32 = 40;

/// The numbers of the messages that this node has published.
#[derive(Debug)]
pub(super) struct Published {
    /// The next number in each channel.
    next: HashMap<String, u64>,
    /// The first number in a new channel.
    first: u64,
}

impl Default for Published {
    fn default() -> Self {
        Self {
            next: HashMap::new(),
            first: 1,
        }
    }
}

impl Published {
    /// Returns the number of the first of `messages` in a channel.
    pub(super) fn take(&mut self, channel: &str, messages: u64) -> u64 {
        if let Some(next) = self.next.get_mut(channel) {
            let first = *next;
            *next += messages;
            return first;
        }
        if self.next.len() >= MAX_CHANNELS {
            self.begin_anew();
        }
        self.next.insert(channel.into(), self.first + messages);
        self.first
    }

    /// Forgets all channels. Their next numbers are higher than all before.
    fn begin_anew(&mut self) {
        let highest = self.next.values().copied().max().unwrap_or(0);
        self.first = (generation(highest) + 1) << GENERATION;
        self.next.clear();
    }
}

fn generation(number: u64) -> u64 {
    number >> GENERATION
}

/// The numbers of the messages that this node expects next, by channel and node.
#[derive(Debug, Default)]
pub(super) struct Expected(HashMap<String, HashMap<NodeId, u64>>);

/// The meaning of a number for the received messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// So many messages before them are lost.
    InOrder { lost: u64 },
    /// They come after later ones, and were counted as lost.
    Late,
}

impl Expected {
    /// Records received messages.
    pub(super) fn receive(
        &mut self,
        channel: &str,
        node: NodeId,
        number: u64,
        messages: u64,
    ) -> Arrival {
        let next = number.saturating_add(messages);
        let Some(nodes) = self.0.get_mut(channel) else {
            let nodes = self.0.entry(channel.into()).or_default();
            nodes.insert(node, next);
            return Arrival::InOrder { lost: 0 };
        };
        let expected = nodes.entry(node).or_insert(number);
        if number < *expected {
            return Arrival::Late;
        }
        let is_same_generation = generation(number) == generation(*expected);
        let lost = if is_same_generation {
            number - *expected
        } else {
            0
        };
        *expected = next;
        Arrival::InOrder { lost }
    }

    /// Returns the number of nodes in all channels together.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.values().map(HashMap::len).sum()
    }

    /// Forgets a channel after the end of its subscription.
    pub(super) fn forget_channel(&mut self, channel: &str) {
        self.0.remove(channel);
    }

    /// Forgets a node, which is gone.
    pub(super) fn forget_node(&mut self, node: NodeId) {
        self.0.retain(|_, nodes| {
            nodes.remove(&node);
            !nodes.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Arrival::{InOrder, Late};
    use super::*;

    const NODE: NodeId = NodeId(1);
    const SECOND_GENERATION: u64 = 1 << GENERATION;

    #[test]
    fn each_channel_is_numbered_by_itself() {
        let mut published = Published::default();
        assert_eq!(published.take("a", 3), 1);
        assert_eq!(published.take("b", 1), 1);
        assert_eq!(published.take("a", 0), 4);
        assert_eq!(published.take("a", 1), 4);
    }

    #[test]
    fn a_gap_is_noticed_once() {
        let mut expected = Expected::default();
        assert_eq!(expected.receive("a", NODE, 5, 2), InOrder { lost: 0 });
        assert_eq!(expected.receive("a", NODE, 7, 1), InOrder { lost: 0 });
        assert_eq!(expected.receive("a", NODE, 10, 0), InOrder { lost: 2 });
        assert_eq!(expected.receive("a", NODE, 10, 1), InOrder { lost: 0 });
        assert_eq!(expected.receive("a", NodeId(2), 3, 1), InOrder { lost: 0 });
    }

    #[test]
    fn messages_that_come_after_later_ones_are_late() {
        let mut expected = Expected::default();
        assert_eq!(expected.receive("a", NODE, 1, 1), InOrder { lost: 0 });
        assert_eq!(expected.receive("a", NODE, 4, 1), InOrder { lost: 2 });
        assert_eq!(expected.receive("a", NODE, 2, 2), Late);
        assert_eq!(expected.receive("a", NODE, 5, 1), InOrder { lost: 0 });
    }

    #[test]
    fn what_is_forgotten_may_have_any_number() {
        let mut expected = Expected::default();
        expected.receive("a", NODE, 1, 1);
        expected.receive("b", NODE, 1, 1);
        expected.forget_channel("a");
        assert_eq!(expected.receive("a", NODE, 9, 1), InOrder { lost: 0 });
        expected.forget_node(NODE);
        assert_eq!(expected.receive("b", NODE, 9, 1), InOrder { lost: 0 });
    }

    #[test]
    fn the_numbers_of_many_channels_begin_anew_with_higher_ones() {
        let mut published = Published::default();
        for number in 0..MAX_CHANNELS {
            published.take(&number.to_string(), 1);
        }
        assert_eq!(published.take("0", 1), 2);
        assert_eq!(published.take("one more", 1), SECOND_GENERATION);
        assert_eq!(published.take("0", 1), SECOND_GENERATION);
        assert_eq!(published.take("0", 1), SECOND_GENERATION + 1);
    }

    #[test]
    fn a_new_generation_is_no_gap() {
        let mut expected = Expected::default();
        expected.receive("a", NODE, 5, 1);
        let anew = expected.receive("a", NODE, SECOND_GENERATION, 1);
        assert_eq!(anew, InOrder { lost: 0 });
        assert_eq!(expected.receive("a", NODE, 6, 1), Late);
        let next = expected.receive("a", NODE, SECOND_GENERATION + 3, 1);
        assert_eq!(next, InOrder { lost: 2 });
        expected.receive("a", NODE, u64::MAX, 1);
    }
}
