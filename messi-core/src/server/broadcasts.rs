//! Broadcasts that are not yet in the queues of clients.

use std::sync::Arc;

use prost::Message;

use super::registry::Peer;
use crate::SendError;
use crate::codec::append_frame;
use crate::frame::MessageType;

/// How many bytes may wait before they are given out, be it in the middle of a turn.
const BATCH_SIZE: usize = 64 * 1024;

/// Frames for every client, in order.
#[derive(Debug, Default)]
pub(super) struct Broadcasts {
    frames: Vec<u8>,
    count: u64,
}

impl Broadcasts {
    /// Appends a message of this size, if it has it.
    pub(super) fn push(&mut self, message: &impl Message, size: usize) -> Result<(), SendError> {
        append_frame(&mut self.frames, MessageType::ServerToClient, message, size)?;
        self.count += 1;
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether no more are to be waited for.
    pub(super) fn is_enough(&self) -> bool {
        self.frames.len() >= BATCH_SIZE
    }

    /// Queues them for each client.
    pub(super) fn give_out<'a>(&mut self, peers: impl Iterator<Item = &'a Arc<Peer>>) {
        for peer in peers {
            peer.outbox.push_frames(&self.frames, self.count);
        }
        self.frames.clear();
        self.frames.shrink_to(BATCH_SIZE);
        self.count = 0;
    }
}
