//! The clients of other nodes.
//!
//! A node sends messages to the clients of other nodes in the order in which they are sent here:
//!
//! 1. A batch of broadcasts is published when its flush begins, before it is pushed to the first client. Both are done
//!    under the lock of the registry, so that batches are published in the order of their flushes.
//! 2. A message for clients of another node, by their ids, is published at once, after a flush of the batch.
//! 3. The node subscribes to a topic or a user under the lock, in the step in which the first client joins or logs in.
//!    The end of a subscription is recorded in the step in which the last client leaves. So are the members of a topic
//!    with presence, which are sent to other nodes.

use messi_wire::SendError;
use messi_wire::encode::append_frame;
use messi_wire::frame::{self, HEADER_SIZE, MessageType};
use prost::Message;

use super::{Registry, State};
use crate::cluster::{ClusterStatus, PresenceTable, Target};
use crate::ids::{ClientId, NodeId};
use crate::mailbox::Wakeups;
use crate::server::broadcast::Broadcasts;
use crate::server::peer::Peer;
use crate::server::recipients::{Reach, Recipients};

impl Registry {
    // --- From this node ---

    /// Returns the known state of the cluster; `None` if this server is alone.
    pub(in crate::server) fn cluster_status(&self) -> Option<ClusterStatus> {
        Some(self.cluster.as_ref()?.status())
    }

    /// Waits until there is room for more messages to other nodes.
    pub(in crate::server) async fn cluster_ready(&self) {
        if let Some(cluster) = &self.cluster {
            cluster.ready().await;
        }
    }

    /// Returns whether messages for these recipients are published.
    pub(super) fn publishes(&self, recipients: &Recipients, reach: Reach) -> bool {
        // Those for clients by their ids are published by themselves.
        let has_channel = !matches!(recipients, Recipients::Only(_));
        has_channel && reach == Reach::Cluster && self.cluster.is_some()
    }

    /// Publishes the batch if its flush begins now.
    pub(super) fn publish_batch(&self, broadcasts: &mut Broadcasts, wakeups: &mut Wakeups) {
        if let Some(cluster) = &self.cluster
            && let Some((recipients, frames, messages)) = broadcasts.take_unpublished()
            && let Some(target) = recipients.target(self.node)
        {
            wakeups.wake(cluster.publish(target, frames, messages));
        }
    }

    /// Publishes a message for the recipients that are clients of other nodes by their ids, and removes these from the
    /// list.
    pub(super) fn publish_to_clients(
        &self,
        state: &mut State,
        message: &impl Message,
        size: usize,
        recipients: &mut Recipients,
        wakeups: &mut Wakeups,
    ) -> Result<(), SendError> {
        let (Some(cluster), Recipients::Only(ids)) = (&self.cluster, recipients) else {
            return Ok(());
        };
        let remote = take_remote(ids, self.node);
        if remote.is_empty() {
            return Ok(());
        }
        self.flush_locked(state, wakeups);
        let mut frames = Vec::new();
        append_frame(&mut frames, MessageType::ServerToClient, message, size)?;
        // The list is sorted.
        for ids in remote.chunk_by(|one, other| one.node == other.node) {
            let target = Target::Clients {
                node: ids[0].node,
                numbers: ids.iter().map(|id| id.number).collect(),
            };
            wakeups.wake(cluster.publish(target, &frames, 1));
        }
        Ok(())
    }

    /// Returns the presence of a topic, if its members are shared. It calls a function of the program.
    pub(super) fn presence(&self, topic: &str) -> Option<&PresenceTable> {
        let presence = self.cluster.as_ref()?.presence()?;
        presence.is_wanted(topic).then_some(presence)
    }

    /// Subscribes to a topic that a client has joined.
    pub(super) fn subscribe_topic(&self, name: &str, wakeups: &mut Wakeups) {
        if let Some(cluster) = &self.cluster {
            wakeups.wake(cluster.subscribe_topic(name));
        }
    }

    /// Subscribes to a user that has logged in, and reports the user of a member to other nodes.
    pub(super) fn subscribe_user(
        &self,
        peer: &Peer,
        name: &str,
        state: &State,
        wakeups: &mut Wakeups,
    ) {
        let Some(cluster) = &self.cluster else {
            return;
        };
        wakeups.wake(cluster.subscribe_user(name));
        if let Some(presence) = cluster.presence() {
            for topic in state.directory.topics.joined(peer.id) {
                presence.log_in(&topic, peer.id.number, peer.user.get().cloned());
            }
        }
    }

    /// Records that a client has left a topic.
    pub(super) fn release_topic(&self, name: &str, client: ClientId, state: &State) {
        let Some(cluster) = &self.cluster else {
            return;
        };
        if state.directory.topics.members(name).is_empty() {
            cluster.release_topic(name);
        }
        if let Some(presence) = cluster.presence() {
            presence.leave(name, client.number);
        }
    }

    /// Records that a client of a user has left.
    pub(super) fn release_user(&self, name: &str, state: &State) {
        if let Some(cluster) = &self.cluster
            && state.directory.users.members(name).is_empty()
        {
            cluster.release_user(name);
        }
    }

    // --- From other nodes ---

    /// Appends checked frames of another node to the batch.
    pub(in crate::server) fn deliver(&self, target: Target<'_>, frames: &[u8], messages: u64) {
        let kinds = &self.config.kinds;
        let mut payloads = frame::split(frames).map(|frame| &frame[HEADER_SIZE..]);
        let has_members = payloads.any(|payload| kinds.member(payload).is_some());
        let mut recipients = Recipients::of(target, self.node);
        let is_full = Wakeups::collect(|wakeups| {
            let mut state = self.lock();
            // Of clients that have left, the sender can't know.
            recipients.retain_connected(&state.directory);
            if recipients.is_empty(&state.directory) {
                return false;
            }
            if !state.broadcasts.accepts(&recipients, Reach::Node) {
                self.flush_locked(&mut state, wakeups);
            }
            let broadcasts = &mut state.broadcasts;
            broadcasts.push_frames(frames, messages, has_members, &recipients);
            self.handle_appended();
            state.broadcasts.is_full()
        });
        if is_full {
            self.flush();
        }
    }
}

/// Removes the clients of other nodes from a list, and returns them in the same order.
fn take_remote(ids: &mut Vec<ClientId>, node: NodeId) -> Vec<ClientId> {
    let (local, remote) = ids.iter().partition(|id| id.node == node);
    *ids = local;
    remote
}
