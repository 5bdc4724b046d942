//! Frames that wait for the task to take them.

use std::mem;

use crate::SendError;
use crate::frame::{self, HEADER_SIZE, Header};

/// What a queue that is not empty is given at least, in bytes.
const MIN_ALLOTMENT: usize = 4 * 1024;

/// A queue from which on it grows by little, in bytes: it is a slow peer's.
const LONG: usize = 256 * 1024;

/// The memory that is given to a queue of so many bytes. It grows by half, then by an eighth: by less
/// would cost much copying, and twice as much would hold twice what waits.
pub(super) fn allotment(bytes: usize) -> usize {
    grown(0, bytes)
}

/// What an allotment becomes when there are so many bytes.
fn grown(allotment: usize, bytes: usize) -> usize {
    let mut allotment = allotment;
    if bytes > 0 {
        allotment = allotment.max(MIN_ALLOTMENT);
    }
    while allotment < bytes {
        allotment += allotment / if allotment < LONG { 2 } else { 8 };
    }
    allotment
}

/// Whole frames, in the order in which they are to be written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    /// Where the first frame begins: what is before it was dropped.
    start: usize,
    /// The allotment of all bytes, kept since it is asked for with every message.
    allotted: usize,
}

impl Queue {
    /// The size of the frames, in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory that it is given, in bytes, once it holds so many more.
    pub(super) fn memory_with(&self, more: usize) -> usize {
        grown(self.allotted, self.bytes.len() + more)
    }

    /// Appends a frame of this size, which `append` writes, if it can.
    pub(super) fn push(
        &mut self,
        size: usize,
        append: impl FnOnce(&mut Vec<u8>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        let allotted = self.reserve(size);
        append(&mut self.bytes)?;
        self.allotted = allotted;
        Ok(())
    }

    /// Appends whole frames.
    pub(super) fn push_frames(&mut self, frames: &[u8]) {
        self.allotted = self.reserve(frames.len());
        self.bytes.extend_from_slice(frames);
    }

    /// Makes room for so many more bytes, and returns the allotment of all.
    fn reserve(&mut self, size: usize) -> usize {
        let allotted = self.memory_with(size);
        let start = self.bytes.len();
        if start + size > self.bytes.capacity().max(MIN_ALLOTMENT) {
            self.bytes.reserve_exact(allotted - start);
        }
        allotted
    }

    /// The frames.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The payload of the first frame.
    pub(super) fn first(&self) -> Option<&[u8]> {
        let bytes = self.bytes();
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
            self.allotted = allotment(self.bytes.len());
        }
    }

    /// Exchanges the empty `frames` for what waits.
    pub(super) fn take(&mut self, frames: &mut Vec<u8>) {
        debug_assert!(frames.is_empty());
        self.bytes.drain(..mem::take(&mut self.start));
        self.allotted = 0;
        mem::swap(&mut self.bytes, frames);
    }

    /// How many messages wait.
    pub(super) fn count_messages(&self) -> u64 {
        frame::count_messages(self.bytes(), 0)
    }

    /// Gives memory back that it is not given for what it holds.
    pub(super) fn trim(&mut self) {
        self.bytes.shrink_to(self.memory_with(0));
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
        queue.push_frames(&[&[1, 0, 0, payload.len() as u8], payload].concat());
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
    fn a_queue_holds_the_memory_that_it_is_given() {
        let mut queue = Queue::default();
        assert_eq!(queue.memory_with(0), 0);
        for _ in 0..100_000 {
            let given = queue.memory_with(7);
            push(&mut queue, b"abc");
            assert_eq!(queue.memory_with(0), given);
            assert_eq!(given, allotment(queue.len()));
            assert!(queue.bytes.capacity() <= given);
        }
        assert!(queue.memory_with(0) <= queue.len() * 9 / 8);
    }

    #[test]
    fn an_empty_queue_has_nothing_to_drop() {
        let mut queue = Queue::default();
        queue.drop_first();
        assert_eq!((queue.first(), queue.len()), (None, 0));
    }
}
