//! Bytes that are being written.

use crate::frame::{self, Header, MessageType};

/// Buffer of the complete frames that are being written to one connection.
///
/// Messages are moved here in batches. A keep-alive frame is inserted at the next frame boundary, before
/// all that is not yet written: a peer that waits for a pong must not wait for a megabyte before it.
#[derive(Debug, Default)]
pub struct SendBuffer {
    frames: Vec<u8>,
    /// Number of bytes written.
    written: usize,
    /// Offset of a frame boundary, never more than one frame before a pushed keep-alive frame.
    boundary: usize,
    /// Offset of the end of the last pushed keep-alive frame.
    keep_alive_end: usize,
}

impl SendBuffer {
    /// Returns the bytes to write next; empty when all are written.
    #[inline]
    pub fn remaining(&self) -> &[u8] {
        &self.frames[self.written..]
    }

    /// Returns whether all bytes are written.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.written == self.frames.len()
    }

    /// Records that the first `count` of the remaining bytes are written.
    #[inline]
    pub fn advance(&mut self, count: usize) {
        self.written += count;
        debug_assert!(self.written <= self.frames.len());
        if self.is_empty() {
            self.frames.clear();
            self.rewind();
        }
    }

    /// Fills the buffer with the next frames by `fill`. All bytes must be written before.
    #[inline]
    pub fn refill(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        debug_assert!(self.is_empty());
        fill(&mut self.frames);
        self.rewind();
    }

    /// Inserts a ping or pong at the next frame boundary, unless there is one that is not yet written.
    pub fn push_keep_alive(&mut self, message_type: MessageType) {
        if self.written < self.keep_alive_end {
            return;
        }
        let boundary = self.next_boundary();
        let frame = Header::new(message_type, 0).encode();
        self.frames.splice(boundary..boundary, frame);
        self.keep_alive_end = boundary + frame.len();
    }

    /// Returns the number of messages that are not written completely.
    pub fn unwritten_messages(&self) -> u64 {
        frame::count_messages(&self.frames, self.written)
    }

    /// Drops all frames.
    pub fn clear(&mut self) {
        self.frames = Vec::new();
        self.rewind();
    }

    /// Frees the memory of an empty buffer whose capacity is more than `limit` bytes.
    #[inline]
    pub fn release(&mut self, limit: usize) {
        if self.is_empty() && self.frames.capacity() > limit {
            self.clear();
        }
    }

    /// Frees unused capacity beyond `limit` bytes, while the peer does not read.
    #[inline]
    pub fn trim(&mut self, limit: usize) {
        // A copy costs more than a little unused memory.
        let limit = limit.max(self.frames.len() * 3 / 2);
        if !self.is_empty() && self.frames.capacity() > limit {
            self.frames.shrink_to_fit();
        }
    }

    #[inline]
    fn rewind(&mut self) {
        self.written = 0;
        self.boundary = 0;
        self.keep_alive_end = 0;
    }

    /// Returns the offset of the first frame boundary at or after the written bytes.
    fn next_boundary(&mut self) -> usize {
        while self.boundary < self.written {
            let header = Header::decode(&self.frames[self.boundary..]);
            self.boundary += header.map_or(self.frames.len(), Header::frame_size);
        }
        self.boundary.min(self.frames.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &[u8] = b"\x02\0\0\x02ab\x02\0\0\x01c\x02\0\0\0";
    const PONG: &[u8] = b"\x04\0\0\0";

    fn buffer(frames: &[u8]) -> SendBuffer {
        let mut buffer = SendBuffer::default();
        buffer.refill(|bytes| bytes.extend_from_slice(frames));
        buffer
    }

    /// Returns all bytes sent when a pong is due after `written` bytes.
    fn sent_with_pong_after(written: usize) -> Vec<u8> {
        let mut buffer = buffer(MESSAGES);
        let mut sent = buffer.remaining()[..written].to_vec();
        buffer.advance(written);
        buffer.push_keep_alive(MessageType::Pong);
        sent.extend_from_slice(buffer.remaining());
        sent
    }

    #[test]
    fn a_pong_is_sent_at_the_next_frame_boundary() {
        let boundaries = [0, 6, 11, 15];
        for written in 0..=MESSAGES.len() {
            let boundary = *boundaries
                .iter()
                .find(|&&boundary| boundary >= written)
                .unwrap();
            let expected = [&MESSAGES[..boundary], PONG, &MESSAGES[boundary..]].concat();
            assert_eq!(
                sent_with_pong_after(written),
                expected,
                "after {written} bytes"
            );
        }
    }

    #[test]
    fn only_one_pong_is_queued() {
        let mut buffer = buffer(MESSAGES);
        for _ in 0..1_000 {
            buffer.push_keep_alive(MessageType::Pong);
        }
        assert_eq!(buffer.remaining().len(), MESSAGES.len() + PONG.len());
        buffer.advance(3);
        buffer.push_keep_alive(MessageType::Pong);
        assert_eq!(buffer.remaining().len(), MESSAGES.len() + 1);
        buffer.advance(1);
        buffer.push_keep_alive(MessageType::Pong);
        assert_eq!(buffer.remaining(), [PONG, MESSAGES].concat());
    }

    #[test]
    fn repeated_pongs_keep_frame_boundaries() {
        let mut buffer = buffer(MESSAGES);
        buffer.advance(2);
        buffer.push_keep_alive(MessageType::Pong);
        buffer.advance(9);
        buffer.push_keep_alive(MessageType::Pong);
        assert_eq!(
            buffer.remaining(),
            [&MESSAGES[7..11], PONG, &MESSAGES[11..]].concat()
        );
    }

    #[test]
    fn memory_is_freed_once_all_is_written() {
        let mut buffer = buffer(&[0; 4096]);
        buffer.release(512);
        assert_eq!(buffer.remaining().len(), 4096);
        buffer.advance(4096);
        buffer.release(512);
        assert!(buffer.frames.capacity() <= 512);
    }
}
