//! The handling of messages from other nodes.
//!
//! Another node is there from its first heartbeat on, until it leaves or no heartbeat has come for
//! [`SILENCE`](super::SILENCE). A node answers the heartbeat of one that was not there with its own, so that the other
//! need not wait for it. One that is silent may come back, and is remembered for [`REMEMBERED`]: then it is noticed which
//! of its messages are lost.

use std::error::Error;
use std::mem;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::{ClusterNode, Local, Other};
use crate::cluster::envelope::{Content, Envelope, check_frames};
use crate::cluster::numbers::Arrival;
use crate::cluster::settings::Gap;
use crate::cluster::status::{Channel, ClusterState};
use crate::ids::NodeId;
use crate::tasks::notify_all;
use crate::{LOG_TARGET, Report};

/// Time for which a silent node is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Other nodes that are known at most. A program that misuses the engine must not fill the memory.
pub(super) const MAX_NODES: usize = 1_000;

impl ClusterNode {
    pub(super) fn handle_delivery(&self, channel: &str, payload: &[u8], local: &dyn Local) {
        let envelope = match Envelope::decode(payload) {
            Ok(envelope) => envelope,
            Err(error) => return self.refuse(1, &error),
        };
        let Envelope {
            fingerprint,
            node,
            number,
            content,
        } = envelope;
        if node == self.id {
            if let Content::Heartbeat { .. } = content {
                self.handle_own_heartbeat();
            }
            return;
        }
        match content {
            Content::Heartbeat {
                name,
                members,
                presence,
            } => {
                self.handle_heartbeat(node, fingerprint, name, &members);
                self.count(channel, node, number, 0, || Channel::All);
                self.handle_version(node, presence);
            }
            Content::Leave => self.handle_leave(node),
            Content::Gossip(gossip) => self.handle_gossip(node, gossip),
            Content::Messages { target, frames } => {
                // A moment after the end of a subscription, they have no recipient.
                if !self.outbox.is_subscribed(channel) {
                    return;
                }
                let messages = match check_frames(frames, self.max_message_size) {
                    Ok(messages) => messages,
                    Err(error) => return self.refuse(1, &error),
                };
                if !self.count(channel, node, number, messages, || target.channel()) {
                    return;
                }
                if self.understands(node, fingerprint) {
                    local.deliver(target, frames, messages);
                } else {
                    self.refuse(messages, &Incompatible(node));
                }
            }
        }
    }

    /// Counts messages, and reports those before them that are lost. Returns whether these come in order.
    fn count(
        &self,
        channel: &str,
        node: NodeId,
        number: u64,
        messages: u64,
        whose: impl FnOnce() -> Channel,
    ) -> bool {
        let mut view = self.view();
        // Of a node that is not known yet, there is no number to expect.
        let arrival = if view.nodes.contains_key(&node) {
            view.expected.receive(channel, node, number, messages)
        } else {
            Arrival::InOrder { lost: 0 }
        };
        let Arrival::InOrder { lost } = arrival else {
            return false;
        };
        view.stats.received += messages;
        view.stats.lost = view.stats.lost.saturating_add(lost);
        drop(view);
        if lost > 0 {
            let gap = Gap {
                node,
                channel: whose(),
                lost,
            };
            warn!(target: LOG_TARGET, "{}: {gap}", self.server);
            if let Some(on_gap) = &self.settings.on_gap {
                on_gap(&gap);
            }
        }
        true
    }

    fn understands(&self, node: NodeId, fingerprint: u64) -> bool {
        let view = self.view();
        let other = view.nodes.get(&node);
        let is_known = other.is_some_and(|it| it.fingerprint == fingerprint && it.is_compatible);
        fingerprint == self.schema.fingerprint || is_known
    }

    fn handle_own_heartbeat(&self) {
        let mut view = self.view();
        view.heard = self.runtime.now();
        if view.state == ClusterState::Up {
            return;
        }
        view.state = ClusterState::Up;
        drop(view);
        info!(target: LOG_TARGET, "{}: node {} of the cluster is up", self.server, self.id);
        notify_all(&self.is_up);
    }

    fn handle_heartbeat(
        &self,
        node: NodeId,
        fingerprint: u64,
        name: &str,
        members: &[(u32, &str)],
    ) {
        let heard = self.runtime.now();
        let mut view = self.view();
        if let Some(other) = view.nodes.get_mut(&node)
            && other.is_there
        {
            other.heard = heard;
            return;
        }
        if view.nodes.len() >= MAX_NODES && !view.nodes.contains_key(&node) {
            drop(view);
            return self.refuse(0, &TooManyNodes);
        }
        let other = Other {
            name: name.into(),
            is_there: true,
            heard,
            fingerprint,
            is_compatible: self.schema.is_compatible(members),
        };
        view.nodes.insert(node, other);
        drop(view);
        info!(target: LOG_TARGET, "{}: node {node} ({name:?}) is in the cluster", self.server);
        self.publish_heartbeat();
    }

    /// Notices which nodes have become silent.
    pub(super) fn watch_nodes(&self, now: Instant) {
        let mut view = self.view();
        let (mut silent, mut forgotten) = (Vec::new(), Vec::new());
        for (node, other) in &mut view.nodes {
            if other.is_there && other.is_silent(now) {
                other.is_there = false;
                silent.push(*node);
            }
            if now.saturating_duration_since(other.heard) >= REMEMBERED {
                forgotten.push(*node);
            }
        }
        for node in forgotten {
            view.forget(node);
        }
        drop(view);
        for node in silent {
            warn!(target: LOG_TARGET, "{}: node {node} of the cluster is silent", self.server);
            self.forget_members(node);
        }
    }

    fn handle_leave(&self, node: NodeId) {
        let is_gone = self.view().forget(node);
        if is_gone {
            info!(target: LOG_TARGET, "{}: node {node} has left the cluster", self.server);
            self.forget_members(node);
        }
    }

    /// Counts refused messages, and logs the first ones.
    fn refuse(&self, messages: u64, error: &dyn Error) {
        let mut view = self.view();
        view.stats.refused += messages;
        let has_warned = mem::replace(&mut view.has_warned, true);
        drop(view);
        if !has_warned {
            warn!(target: LOG_TARGET, "{}: refused messages of the cluster: {}", self.server, Report(error));
        }
    }
}

/// More nodes than a cluster can have.
#[derive(Debug, thiserror::Error)]
#[error("there are more than {MAX_NODES} other nodes")]
struct TooManyNodes;

/// A node with messages that mean something else here.
#[derive(Debug, thiserror::Error)]
#[error("node {0} has another schema, in which a number stands for another message")]
struct Incompatible(NodeId);
