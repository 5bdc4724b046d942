//! Exchanges the members of topics with other nodes.

use log::warn;

use super::{ClusterNode, HEARTBEAT};
use crate::cluster::envelope::Content;
use crate::cluster::presence::{Gossip, PresenceTable};
use crate::ids::NodeId;
use crate::tasks::wake;
use crate::{LOG_TARGET, Report};

/// Parts of answers that are published at once. The next ones follow once the engine has them: they must not fill the
/// outbox.
const PARTS_AT_ONCE: usize = 8;

impl ClusterNode {
    /// Returns the members of topics on all nodes, if they are shared.
    pub(crate) fn presence(&self) -> Option<&PresenceTable> {
        self.presence.as_ref()
    }

    /// Publishes the changes since the last time.
    pub(super) fn publish_changes(&self) {
        let Some(presence) = &self.presence else {
            return;
        };
        while let Some(gossip) = presence.take_unpublished() {
            self.publish_gossip(self.channels.all(), gossip.borrowed());
        }
    }

    /// Publishes the next parts of the answers to other nodes.
    pub(super) fn publish_answers(&self) {
        let Some(presence) = &self.presence else {
            return;
        };
        for _ in 0..PARTS_AT_ONCE {
            let Some((node, gossip)) = presence.take_answer() else {
                return;
            };
            self.publish_gossip(self.channels.node(node), gossip.borrowed());
        }
    }

    fn publish_gossip(&self, channel: String, gossip: Gossip<&str>) {
        wake(self.publish_content(channel, 0, Content::Gossip(gossip)));
    }

    /// Asks a node for the members of its topics, if it has a newer version of them.
    pub(super) fn handle_version(&self, node: NodeId, version: u64) {
        let Some(presence) = &self.presence else {
            return;
        };
        let now = self.runtime.now();
        if self.is_there(node)
            && let Some(since) = presence.request(node, version, now, HEARTBEAT)
        {
            self.publish_gossip(self.channels.node(node), Gossip::Request { since });
        }
    }

    pub(super) fn handle_gossip(&self, node: NodeId, gossip: Gossip<&str>) {
        let Some(presence) = &self.presence else {
            return;
        };
        // Of a node without a heartbeat, all is asked for with the first one.
        if !self.is_there(node) {
            return;
        }
        if let Err(error) = presence.receive(node, gossip, self.runtime.now()) {
            warn!(target: LOG_TARGET, "{}: members of node {node} are left out: {}", self.server, Report(&error));
        }
        // It publishes answers.
        wake(self.outbox.take_waker());
    }

    /// Forgets the members on a node that is gone.
    pub(super) fn forget_members(&self, node: NodeId) {
        if let Some(presence) = &self.presence {
            presence.forget(node);
        }
    }

    fn is_there(&self, node: NodeId) -> bool {
        let view = self.view();
        view.nodes.get(&node).is_some_and(|it| it.is_there)
    }
}
