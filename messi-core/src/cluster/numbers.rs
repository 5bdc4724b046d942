//! The numbers of messages, by which nodes notice that some are lost.
//!
//! A node numbers the messages that it publishes in each channel from 1. A receiver that has missed some sees a gap. The
//! first message after a subscription may have any number, and one that is lower than expected begins anew.

use std::collections::HashMap;

use crate::ids::NodeId;

/// Channels whose numbers are kept. With more, all channels begin anew.
const MAX_CHANNELS: usize = 100_000;

/// The numbers of the messages that this node has published.
#[derive(Debug, Default)]
pub(super) struct Published(HashMap<String, u64>);

impl Published {
    /// Returns the number of the first of `messages` in a channel.
    pub(super) fn take(&mut self, channel: &str, messages: u64) -> u64 {
        if let Some(next) = self.0.get_mut(channel) {
            let first = *next;
            *next += messages;
            return first;
        }
        if self.0.len() >= MAX_CHANNELS {
            self.0.clear();
        }
        self.0.insert(channel.into(), 1 + messages);
        1
    }
}

/// The numbers of the messages that this node expects next, by channel and node.
#[derive(Debug, Default)]
pub(super) struct Expected(HashMap<String, HashMap<NodeId, u64>>);

impl Expected {
    /// Records received messages, and returns how many before them are lost.
    pub(super) fn receive(
        &mut self,
        channel: &str,
        node: NodeId,
        number: u64,
        messages: u64,
    ) -> u64 {
        let next = number.saturating_add(messages);
        if let Some(nodes) = self.0.get_mut(channel) {
            let before = nodes.insert(node, next);
            return before.map_or(0, |expected| number.saturating_sub(expected));
        }
        let nodes = self.0.entry(channel.into()).or_default();
        nodes.insert(node, next);
        0
    }

    /// Returns the number of nodes in all channels together.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.values().map(HashMap::len).sum()
    }

    /// Forgets a channel, whose subscription has ended.
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
    use super::*;

    const NODE: NodeId = NodeId(1);

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
        assert_eq!(expected.receive("a", NODE, 5, 2), 0);
        assert_eq!(expected.receive("a", NODE, 7, 1), 0);
        assert_eq!(expected.receive("a", NODE, 10, 0), 2);
        assert_eq!(expected.receive("a", NODE, 10, 1), 0);
        assert_eq!(expected.receive("a", NodeId(2), 3, 1), 0);
        // It has begun anew.
        assert_eq!(expected.receive("a", NODE, 1, 1), 0);
        assert_eq!(expected.receive("a", NODE, 3, 1), 1);
        assert_eq!(expected.receive("a", NODE, u64::MAX, 1), u64::MAX - 4);
    }

    #[test]
    fn what_is_forgotten_may_have_any_number() {
        let mut expected = Expected::default();
        expected.receive("a", NODE, 1, 1);
        expected.receive("b", NODE, 1, 1);
        expected.forget_channel("a");
        assert_eq!(expected.receive("a", NODE, 9, 1), 0);
        expected.forget_node(NODE);
        assert_eq!(expected.receive("b", NODE, 9, 1), 0);
    }

    #[test]
    fn the_numbers_of_many_channels_begin_anew() {
        let mut published = Published::default();
        for number in 0..MAX_CHANNELS {
            published.take(&number.to_string(), 1);
        }
        assert_eq!(published.take("0", 1), 2);
        assert_eq!(published.take("one more", 1), 1);
        assert_eq!(published.take("0", 1), 1);
    }
}
