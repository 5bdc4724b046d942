//! Messages that are sent together.
//!
//! They are encoded without the lock, and pushed many at a time: the lock and the look at the limits cost as much
//! as the encoding of a small message. An iterator of the user is foreign code, which may send messages itself,
//! so that it never runs under the lock.

use std::sync::Arc;

use messi_wire::encode::append_frame;
use messi_wire::frame::HEADER_SIZE;
use prost::Message;

use super::{Mailbox, Wakeups};

/// Size from which on a batch is pushed, in bytes. The task is woken for each, and writes it while the next one is
/// encoded.
const BATCH_SIZE: usize = 64 * 1024;

/// Encoded messages for one mailbox, in order. They are pushed when the batch is dropped, even by a panic.
struct Batch<'a> {
    mailbox: &'a Arc<Mailbox>,
    frames: Vec<u8>,
    messages: u64,
}

impl Mailbox {
    /// Sends messages in their order, each with the field number of its request or response, like
    /// [`send`](Self::send).
    pub(crate) fn send_all<M: Message>(
        self: &Arc<Self>,
        messages: impl Iterator<Item = (M, Option<u32>)>,
    ) {
        let mut batch = Batch {
            mailbox: self,
            frames: Vec::new(),
            messages: 0,
        };
        for (message, member) in messages {
            // Requests and responses are numbered one by one.
            if member.is_some() || !batch.append(&message) {
                // Before the message, to keep the order.
                batch.push();
                self.send(&message, member);
            }
        }
    }
}

impl Batch<'_> {
    /// Appends a message that is neither a request nor a response. Returns `false` if it must be sent by itself:
    /// it is large, and would be copied once more, or it will be refused.
    fn append(&mut self, message: &impl Message) -> bool {
        let config = &self.mailbox.config;
        let size = message.encoded_len();
        if HEADER_SIZE + size > BATCH_SIZE || size > config.limits.max_sent_size {
            return false;
        }
        if self.frames.len() + HEADER_SIZE + size > BATCH_SIZE {
            self.push();
        }
        let is_encoded = append_frame(&mut self.frames, config.role.sent(), message, size).is_ok();
        // After the encoding, which may panic, and then leaves the frames as they were.
        self.messages += u64::from(is_encoded);
        is_encoded
    }

    /// Pushes the batch, which is empty then.
    fn push(&mut self) {
        let (frames, messages) = (&self.frames, self.messages);
        if messages > 0 {
            Wakeups::collect(|wakeups| {
                let sender = self.mailbox.sender();
                self.mailbox.push_frames(sender, frames, messages, wakeups);
            });
        }
        self.frames.clear();
        self.messages = 0;
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.push();
    }
}
