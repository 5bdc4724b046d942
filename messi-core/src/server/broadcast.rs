//! Broadcasts that are not yet in the queues of the clients.

use std::sync::Arc;

use messi_wire::SendError;
use messi_wire::encode::append_frame;
use messi_wire::frame::MessageType;
use prost::Message;

use super::peer::Peer;
use crate::mailbox::Wakeups;

/// Size from which on a batch is flushed within a poll, in bytes.
const BATCH_SIZE: usize = 64 * 1024;

/// Batch of encoded messages for all clients, in order.
#[derive(Debug, Default)]
pub(super) struct Broadcasts {
    frames: Vec<u8>,
    messages: u64,
}

impl Broadcasts {
    /// Appends a message with this `encoded_len`.
    pub(super) fn push(&mut self, message: &impl Message, size: usize) -> Result<(), SendError> {
        append_frame(&mut self.frames, MessageType::ServerToClient, message, size)?;
        self.messages += 1;
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Returns whether the batch is to be flushed at once.
    pub(super) fn is_full(&self) -> bool {
        self.frames.len() >= BATCH_SIZE
    }

    /// Queues the batch for each client.
    pub(super) fn flush<'a>(
        &mut self,
        peers: impl Iterator<Item = &'a Arc<Peer>>,
        wakeups: &mut Wakeups,
    ) {
        for peer in peers {
            peer.mailbox
                .push_frames(&self.frames, self.messages, wakeups);
        }
        self.frames.clear();
        // A single large broadcast must not keep its memory.
        self.frames.shrink_to(BATCH_SIZE);
        self.messages = 0;
    }
}
