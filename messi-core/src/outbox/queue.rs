//! Frames that wait for the task to take them.

use std::mem;

use crate::frame::{self, HEADER_SIZE, Header};

/// Whole frames, in the order in which they are to be written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    /// Where the first frame begins: what is before it was dropped.
    start: usize,
}

impl Queue {
    /// The size of the frames, in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a frame, which `append` writes, and gives it back.
    pub(super) fn push(&mut self, append: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        let start = self.bytes.len();
        append(&mut self.bytes);
        &self.bytes[start..]
    }

    /// The payload of the first frame.
    pub(super) fn first(&self) -> Option<&[u8]> {
        let bytes = &self.bytes[self.start..];
        let header = Header::decode(bytes)?;
        Some(&bytes[HEADER_SIZE..header.frame_size()])
    }

    /// Drops the first frame.
    pub(super) fn drop_first(&mut self) {
        let Some(payload) = self.first() else { return };
        self.start += HEADER_SIZE + payload.len();
        // To move the rest only when it is the smaller part costs no more than to have pushed it.
        if self.start > self.len() {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }

    /// Exchanges the empty `frames` for what waits.
    pub(super) fn take(&mut self, frames: &mut Vec<u8>) {
        debug_assert!(frames.is_empty());
        self.bytes.drain(..mem::take(&mut self.start));
        mem::swap(&mut self.bytes, frames);
    }

    /// How many messages wait.
    pub(super) fn count_messages(&self) -> u64 {
        frame::count_messages(&self.bytes[self.start..], 0)
    }

    /// Gives the memory of an empty queue back, if it is more than `spare` bytes.
    pub(super) fn release(&mut self, spare: usize) {
        if self.is_empty() && self.bytes.capacity() > spare {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &mut Queue, payload: &[u8]) {
        queue.push(|bytes| {
            bytes.extend_from_slice(&[1, 0, 0, payload.len() as u8]);
            bytes.extend_from_slice(payload);
        });
    }

    #[test]
    fn what_is_not_dropped_is_taken_in_order() {
        for dropped in 0..=5 {
            let mut queue = Queue::default();
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
    fn an_empty_queue_has_nothing_to_drop() {
        let mut queue = Queue::default();
        queue.drop_first();
        assert_eq!((queue.first(), queue.len()), (None, 0));
    }
}
