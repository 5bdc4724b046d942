//! Encoded frames, in the order in which they are sent.

use std::mem;

use crate::SendError;
use crate::frame::{self, HEADER_SIZE, Header};

/// Least memory of a queue that is not empty, in bytes.
const MIN_RESERVED: usize = 4 * 1024;

/// Size from which on a queue grows in small steps, in bytes. Such a queue belongs to a slow peer.
const LONG: usize = 256 * 1024;

/// Returns the memory of a queue of this size, in bytes. It grows by half, and a long queue by an eighth:
/// smaller steps would copy too much, and doubling would reserve twice the size of the queue.
pub(super) fn reserved_for(bytes: usize) -> usize {
    grow(0, bytes)
}

/// Grows a reservation until it holds this number of bytes.
#[inline]
fn grow(reserved: usize, bytes: usize) -> usize {
    let mut reserved = reserved;
    if bytes > 0 {
        reserved = reserved.max(MIN_RESERVED);
    }
    while reserved < bytes {
        reserved += reserved / if reserved < LONG { 2 } else { 8 };
    }
    reserved
}

/// Queue of complete frames in one buffer.
#[derive(Debug, Default)]
pub(super) struct SendQueue {
    bytes: Vec<u8>,
    /// Offset of the first frame. Frames before it were dropped.
    start: usize,
    /// Memory for all bytes, kept because it is needed for each message.
    reserved: usize,
}

impl SendQueue {
    /// Returns the size of the frames, in bytes.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the memory of the queue with this number of bytes more, in bytes.
    #[inline]
    pub(super) fn memory_with(&self, more: usize) -> usize {
        grow(self.reserved, self.bytes.len() + more)
    }

    /// Appends a frame of this size, which `append` writes. The queue is unchanged if `append` fails.
    #[inline]
    pub(super) fn push(
        &mut self,
        size: usize,
        append: impl FnOnce(&mut Vec<u8>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        let reserved = self.reserve(size);
        append(&mut self.bytes)?;
        self.reserved = reserved;
        Ok(())
    }

    /// Appends complete frames.
    #[inline]
    pub(super) fn push_frames(&mut self, frames: &[u8]) {
        self.reserved = self.reserve(frames.len());
        self.bytes.extend_from_slice(frames);
    }

    /// Makes room for more bytes, and returns the memory of the queue with them.
    #[inline]
    fn reserve(&mut self, size: usize) -> usize {
        let reserved = self.memory_with(size);
        let len = self.bytes.len();
        if len + size > self.bytes.capacity().max(MIN_RESERVED) {
            self.bytes.reserve_exact(reserved - len);
        }
        reserved
    }

    /// Returns the frames.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Returns the payload of the first frame.
    pub(super) fn first(&self) -> Option<&[u8]> {
        let bytes = self.bytes();
        let header = Header::decode(bytes)?;
        Some(&bytes[HEADER_SIZE..header.frame_size()])
    }

    /// Drops the first frame.
    pub(super) fn drop_first(&mut self) {
        let Some(payload) = self.first() else { return };
        self.start += HEADER_SIZE + payload.len();
        // Moving the rest only when it is the smaller part costs no more than pushing it did.
        if self.start > self.len() {
            self.bytes.drain(..self.start);
            self.start = 0;
            self.reserved = reserved_for(self.bytes.len());
        }
    }

    /// Swaps the empty `frames` with the frames of the queue.
    #[inline]
    pub(super) fn take(&mut self, frames: &mut Vec<u8>) {
        debug_assert!(frames.is_empty());
        self.bytes.drain(..mem::take(&mut self.start));
        self.reserved = 0;
        mem::swap(&mut self.bytes, frames);
    }

    /// Returns the number of messages.
    pub(super) fn count_messages(&self) -> u64 {
        frame::count_messages(self.bytes(), 0)
    }

    /// Frees memory beyond [`memory_with(0)`](Self::memory_with) and beyond `limit` bytes.
    pub(super) fn trim(&mut self, limit: usize) {
        self.bytes.shrink_to(self.memory_with(0).max(limit));
    }

    /// Frees the memory of an empty queue with a capacity of more than `limit` bytes.
    #[inline]
    pub(super) fn release(&mut self, limit: usize) {
        if self.is_empty() && self.bytes.capacity() > limit {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &mut SendQueue, payload: &[u8]) {
        queue.push_frames(&[&[1, 0, 0, payload.len() as u8], payload].concat());
    }

    #[test]
    fn remaining_frames_are_taken_in_order() {
        for dropped in 0..=5 {
            let mut queue = SendQueue::default();
            for number in 0..5 {
                push(&mut queue, &[number; 3]);
            }
            for number in 0..dropped {
                assert_eq!(queue.first(), (number < 5).then_some(&[number; 3][..]));
                queue.drop_first();
            }
            push(&mut queue, b"last");
            assert_eq!(queue.count_messages(), u64::from(6 - dropped));
            assert_eq!(queue.len(), usize::from(5 - dropped) * 7 + 8);
            let mut frames = Vec::new();
            queue.take(&mut frames);
            assert!(queue.is_empty());
            assert!(frames.ends_with(b"\x01\0\0\x04last"));
            assert_eq!(frames.len(), usize::from(5 - dropped) * 7 + 8);
        }
    }

    #[test]
    fn the_capacity_stays_within_the_reserved_memory() {
        let mut queue = SendQueue::default();
        assert_eq!(queue.memory_with(0), 0);
        for _ in 0..100_000 {
            let reserved = queue.memory_with(7);
            push(&mut queue, b"abc");
            assert_eq!(queue.memory_with(0), reserved);
            assert_eq!(reserved, reserved_for(queue.len()));
            assert!(queue.bytes.capacity() <= reserved);
        }
        assert!(queue.memory_with(0) <= queue.len() * 9 / 8);
    }

    #[test]
    fn an_empty_queue_has_nothing_to_drop() {
        let mut queue = SendQueue::default();
        queue.drop_first();
        assert_eq!((queue.first(), queue.len()), (None, 0));
    }
}
