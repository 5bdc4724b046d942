//! Broadcasts that are not yet in the queues of the clients.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use messi_wire::SendError;
use messi_wire::encode::append_frame;
use messi_wire::frame::MessageType;
use prost::Message;

use super::peer::{ClientId, Peer};
use crate::mailbox::Wakeups;

/// Size from which on a batch is flushed within a poll, in bytes.
const BATCH_SIZE: usize = 64 * 1024;

/// Bytes pushed in one step. The tasks woken after it find their frames still in the processor's cache.
const STEP_SIZE: usize = 64 * 1024;

/// Batch of encoded messages for all clients, in order.
///
/// It is pushed to the clients in the order of their ids. A step may stop between two clients; then the
/// next one goes on from there, and nothing is appended before the last client has the batch.
#[derive(Debug, Default)]
pub(super) struct Broadcasts {
    frames: Vec<u8>,
    messages: u64,
    /// Whether some of them are requests or responses, which are numbered one by one.
    has_members: bool,
    /// Client that was last to get the batch.
    last: Option<ClientId>,
    /// Number of the batch.
    number: u64,
}

impl Broadcasts {
    /// Appends a message with this `encoded_len`. `member` is the field number of its request or response.
    pub(super) fn push(
        &mut self,
        message: &impl Message,
        size: usize,
        member: Option<u32>,
    ) -> Result<(), SendError> {
        append_frame(&mut self.frames, MessageType::ServerToClient, message, size)?;
        self.messages += 1;
        self.has_members |= member.is_some();
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Returns whether some clients have the batch already.
    pub(super) fn is_partly_flushed(&self) -> bool {
        self.last.is_some()
    }

    /// Returns the number of the batch.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns whether the batch is to be flushed at once.
    pub(super) fn is_full(&self) -> bool {
        self.frames.len() >= BATCH_SIZE
    }

    /// Pushes the batch to the clients that do not have it yet.
    pub(super) fn flush(&mut self, peers: &BTreeMap<ClientId, Arc<Peer>>, wakeups: &mut Wakeups) {
        self.push_to(peers, usize::MAX, wakeups);
    }

    /// Pushes the batch to the next clients, up to [`STEP_SIZE`] in all. Returns whether all clients have
    /// it now.
    pub(super) fn flush_step(
        &mut self,
        peers: &BTreeMap<ClientId, Arc<Peer>>,
        wakeups: &mut Wakeups,
    ) -> bool {
        let clients = STEP_SIZE / self.frames.len().max(1);
        self.push_to(peers, clients.max(1), wakeups);
        self.is_empty()
    }

    fn push_to(
        &mut self,
        peers: &BTreeMap<ClientId, Arc<Peer>>,
        clients: usize,
        wakeups: &mut Wakeups,
    ) {
        if self.is_empty() {
            return;
        }
        let start = self.last.map_or(Bound::Unbounded, Bound::Excluded);
        let rest = peers.range((start, Bound::Unbounded));
        let mut rest = rest.filter(|(_, peer)| peer.receives_broadcasts());
        for (&id, peer) in rest.by_ref().take(clients) {
            if self.has_members {
                peer.mailbox.push_each(&self.frames, wakeups);
            } else {
                peer.mailbox
                    .push_frames(&self.frames, self.messages, wakeups);
            }
            self.last = Some(id);
        }
        if rest.next().is_none() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.frames.clear();
        // A single large broadcast must not keep its memory.
        self.frames.shrink_to(BATCH_SIZE);
        self.messages = 0;
        self.has_members = false;
        self.last = None;
        self.number += 1;
    }
}
