//! Broadcasts that are not yet in the queues of the clients.
//!
//! All of it is done under the lock of the registry, which flushes the batch before the clients or the
//! recipients change. So the batch has the same recipients from its first message to its last client.

use std::sync::Arc;

use messi_wire::SendError;
use messi_wire::encode::append_frame;
use messi_wire::frame::MessageType;
use messi_wire::session::Sender;
use prost::Message;

use super::directory::Directory;
use super::peer::Peer;
use super::recipients::{Reach, Recipients};
use crate::ids::ClientId;
use crate::mailbox::Wakeups;

/// Size from which on a batch is flushed within a poll, in bytes.
const BATCH_SIZE: usize = 64 * 1024;

/// Bytes pushed in one step. The tasks woken after it find their frames still in the processor's cache.
const STEP_SIZE: usize = 64 * 1024;

/// Batch of encoded messages for the same recipients, in order.
///
/// It is pushed to the clients in the order of their ids. A step may stop between two clients; then the
/// next one goes on from there, and no message is appended before the last client has the batch.
#[derive(Debug)]
pub(super) struct Broadcasts {
    frames: Vec<u8>,
    messages: u64,
    /// Whether some of them are requests or responses, which are numbered one by one.
    has_members: bool,
    recipients: Recipients,
    reach: Reach,
    /// Client that was last to get the batch.
    last: Option<ClientId>,
    /// Number of the batch.
    number: u64,
}

impl Default for Broadcasts {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            messages: 0,
            has_members: false,
            recipients: Recipients::All { except: None },
            reach: Reach::Node,
            last: None,
            number: 0,
        }
    }
}

impl Broadcasts {
    /// Appends a message with this `encoded_len`. `member` is the field number of its request or response. The
    /// batch must [accept](Self::accepts) its recipients.
    pub(super) fn push(
        &mut self,
        message: &impl Message,
        size: usize,
        member: Option<u32>,
        recipients: &Recipients,
        reach: Reach,
    ) -> Result<(), SendError> {
        append_frame(&mut self.frames, MessageType::ServerToClient, message, size)?;
        // Counted after the encoding, which may fail or panic, and leaves the frames as they were.
        self.handle_pushed(1, member.is_some(), recipients, reach);
        Ok(())
    }

    /// Appends whole frames of another node. The batch must [accept](Self::accepts) their recipients on this node.
    pub(super) fn push_frames(
        &mut self,
        frames: &[u8],
        messages: u64,
        has_members: bool,
        recipients: &Recipients,
    ) {
        self.frames.extend_from_slice(frames);
        self.handle_pushed(messages, has_members, recipients, Reach::Node);
    }

    fn handle_pushed(
        &mut self,
        messages: u64,
        has_members: bool,
        recipients: &Recipients,
        reach: Reach,
    ) {
        self.messages += messages;
        self.has_members |= has_members;
        self.reach = reach;
        // A list is copied once per batch.
        if self.recipients != *recipients {
            self.recipients.clone_from(recipients);
        }
    }

    fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Returns whether a message for these recipients can be appended. Otherwise the batch must be flushed
    /// first: some clients have it already, or it is for others.
    #[inline]
    pub(super) fn accepts(&self, recipients: &Recipients, reach: Reach) -> bool {
        let is_for = || self.reach == reach && self.recipients == *recipients;
        self.is_empty() || self.last.is_none() && is_for()
    }

    /// Returns the recipients, frames and number of messages of a batch that is for other nodes too, once. It must be
    /// pushed to the first clients next.
    pub(super) fn take_unpublished(&mut self) -> Option<(&Recipients, &[u8], u64)> {
        if self.is_empty() || self.reach == Reach::Node {
            return None;
        }
        self.reach = Reach::Node;
        Some((&self.recipients, &self.frames, self.messages))
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
    pub(super) fn flush(&mut self, directory: &Directory, wakeups: &mut Wakeups) {
        self.push_to(directory, usize::MAX, wakeups);
    }

    /// Pushes the batch to the next clients, up to [`STEP_SIZE`] in all. Returns whether all clients have
    /// it now.
    pub(super) fn flush_step(&mut self, directory: &Directory, wakeups: &mut Wakeups) -> bool {
        let clients = STEP_SIZE / self.frames.len().max(1);
        // At least one, or a batch above the size of a step would get no further.
        self.push_to(directory, clients.max(1), wakeups);
        self.is_empty()
    }

    /// Pushes the batch to the next clients, up to this number.
    fn push_to(&mut self, directory: &Directory, clients: usize, wakeups: &mut Wakeups) {
        if self.is_empty() {
            return;
        }
        let (frames, messages) = (&self.frames, self.messages);
        let push = |peer: &Arc<Peer>| {
            // Even in a first callback: a broadcast comes after those that wait until the connection is open.
            let sender = Sender::Other;
            // Each session numbers its own requests, and finds the requests that its responses belong to.
            if self.has_members {
                peer.mailbox.push_each(sender, frames, wakeups);
            } else {
                peer.mailbox.push_frames(sender, frames, messages, wakeups);
            }
        };
        // No client has come or gone since the last step: that flushes the rest first.
        self.last = self.recipients.visit(directory, self.last, clients, push);
        if self.last.is_none() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.frames.clear();
        // A single large broadcast must not keep its memory.
        self.frames.shrink_to(BATCH_SIZE);
        self.messages = 0;
        self.has_members = false;
        // A thread between two of its steps sees by it that another one has done the rest.
        self.number += 1;
    }
}
