//! Bytes on their way to the socket.

use crate::frame::{self, Header, MessageType};

/// Whole frames being written to one connection.
///
/// Messages are taken over in batches, and a keep-alive frame goes ahead of all that is not yet
/// written, at the next frame boundary: a peer that waits for a pong must not wait for the
/// megabyte before it.
#[derive(Debug, Default)]
pub(crate) struct Output {
    frames: Vec<u8>,
    written: usize,
    /// A frame boundary, never more than one frame behind a pushed keep-alive frame.
    boundary: usize,
    /// Where the last pushed keep-alive frame ends.
    keep_alive_end: usize,
}

impl Output {
    /// What is to be written next; empty when all is written.
    pub(crate) fn remaining(&self) -> &[u8] {
        &self.frames[self.written..]
    }

    /// Whether all is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.written == self.frames.len()
    }

    /// Notes that the first `count` of the remaining bytes are written.
    pub(crate) fn advance(&mut self, count: usize) {
        self.written += count;
        debug_assert!(self.written <= self.frames.len());
        if self.is_empty() {
            self.frames.clear();
            self.rewind();
        }
    }

    /// Takes over the next frames, which `fill` puts into the empty buffer. Only when all is
    /// written.
    pub(crate) fn refill(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        debug_assert!(self.is_empty());
        fill(&mut self.frames);
        self.rewind();
    }

    /// Puts a ping or pong at the next frame boundary. While one is still to be written, another
    /// has nothing to add.
    pub(crate) fn push_keep_alive(&mut self, message_type: MessageType) {
        if self.written < self.keep_alive_end {
            return;
        }
        let boundary = self.next_boundary();
        let frame = Header::new(message_type, 0).encode();
        self.frames.splice(boundary..boundary, frame);
        self.keep_alive_end = boundary + frame.len();
    }

    /// How many messages are not written, or not in whole.
    pub(crate) fn unwritten_messages(&self) -> u64 {
        frame::count_messages(&self.frames, self.written)
    }

    /// Drops what is not written.
    pub(crate) fn clear(&mut self) {
        self.frames = Vec::new();
        self.rewind();
    }

    /// Gives memory back when there is nothing to write, if it is more than `spare` bytes.
    pub(crate) fn release(&mut self, spare: usize) {
        if self.is_empty() && self.frames.capacity() > spare {
            self.clear();
        }
    }

    /// Gives memory back that no frame is in, when the peer takes nothing for now.
    pub(crate) fn trim(&mut self) {
        // A little too much is not worth a copy.
        if !self.is_empty() && self.frames.capacity() > self.frames.len() * 3 / 2 {
            self.frames.shrink_to_fit();
        }
    }

    fn rewind(&mut self) {
        self.written = 0;
        self.boundary = 0;
        self.keep_alive_end = 0;
    }

    /// The first frame boundary at or after what is written.
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

    fn output(frames: &[u8]) -> Output {
        let mut output = Output::default();
        output.refill(|buffer| buffer.extend_from_slice(frames));
        output
    }

    /// All that leaves when a pong is due after `written` bytes.
    fn sent_with_pong_after(written: usize) -> Vec<u8> {
        let mut output = output(MESSAGES);
        let mut sent = output.remaining()[..written].to_vec();
        output.advance(written);
        output.push_keep_alive(MessageType::Pong);
        sent.extend_from_slice(output.remaining());
        sent
    }

    #[test]
    fn a_pong_leaves_at_the_next_frame_boundary() {
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
    fn only_one_pong_waits() {
        let mut output = output(MESSAGES);
        for _ in 0..1_000 {
            output.push_keep_alive(MessageType::Pong);
        }
        assert_eq!(output.remaining().len(), MESSAGES.len() + PONG.len());
        output.advance(3);
        output.push_keep_alive(MessageType::Pong);
        assert_eq!(output.remaining().len(), MESSAGES.len() + 1);
        output.advance(1);
        output.push_keep_alive(MessageType::Pong);
        assert_eq!(output.remaining(), [PONG, MESSAGES].concat());
    }

    #[test]
    fn frames_pushed_in_turn_keep_their_boundaries() {
        let mut output = output(MESSAGES);
        output.advance(2);
        output.push_keep_alive(MessageType::Pong);
        output.advance(9);
        output.push_keep_alive(MessageType::Pong);
        assert_eq!(
            output.remaining(),
            [&MESSAGES[7..11], PONG, &MESSAGES[11..]].concat()
        );
    }

    #[test]
    fn memory_is_given_back_once_all_is_written() {
        let mut output = output(&[0; 4096]);
        output.release(512);
        assert_eq!(output.remaining().len(), 4096);
        output.advance(4096);
        output.release(512);
        assert!(output.frames.capacity() <= 512);
    }
}
