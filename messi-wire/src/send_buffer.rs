//! Bytes that are being written.

use std::mem;

use crate::frame::{self, Header, MessageType};

/// Buffer of the complete frames that are being written to one connection.
///
/// Messages are moved here in batches. A keep-alive frame is inserted at the next frame boundary, before
/// all that is not yet written: a peer that waits for a pong must not wait for a megabyte before it.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub struct SendBuffer {
    frames: Vec<u8>,
    /// Number of bytes written.
    written: usize,
    /// Offset of a frame boundary, never more than one frame before the place of the last keep-alive frame.
    boundary: usize,
    /// Keep-alive frame that is not written completely. There is no such frame most of the time.
    keep_alive: Option<Box<KeepAliveFrame>>,
}

/// Keep-alive frame that is inserted between others.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
struct KeepAliveFrame {
    /// Offset of the frame boundary at which it is inserted.
    place: usize,
    bytes: Vec<u8>,
    /// Number of its bytes written.
    written: usize,
}

impl SendBuffer {
    /// Returns bytes to write next; empty when all are written. They may be a part of all that remain.
    #[inline]
    pub fn remaining(&self) -> &[u8] {
        match &self.keep_alive {
            None => &self.frames[self.written..],
            Some(frame) if self.written < frame.place => &self.frames[self.written..frame.place],
            Some(frame) => &frame.bytes[frame.written..],
        }
    }

    /// Returns the number of all bytes that remain to be written.
    #[inline]
    pub fn len(&self) -> usize {
        let keep_alive = self.keep_alive.as_ref();
        self.frames.len() - self.written + keep_alive.map_or(0, |it| it.bytes.len() - it.written)
    }

    /// Returns whether all bytes are written.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.written == self.frames.len() && self.keep_alive.is_none()
    }

    /// Records that the first `count` of the [`remaining`](Self::remaining) bytes are written. Once all are,
    /// `keep` may take the frames of the last [`refill`](Self::refill).
    #[inline]
    pub fn advance(&mut self, count: usize, keep: impl FnOnce(&mut Vec<u8>)) {
        match &mut self.keep_alive {
            Some(frame) if self.written == frame.place => {
                frame.written += count;
                if frame.written == frame.bytes.len() {
                    self.keep_alive = None;
                }
            }
            _ => self.written += count,
        }
        debug_assert!(self.written <= self.frames.len());
        if self.is_empty() {
            keep(&mut self.frames);
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

    /// Fills the buffer with a ping or pong that no other one overtakes. All bytes must be written before.
    pub fn refill_control(&mut self, message_type: MessageType, payload: &[u8]) {
        self.refill(|frames| frame::append(frames, message_type, payload));
        // Others are inserted behind it.
        self.boundary = self.frames.len();
    }

    /// Takes the frames of the last [`refill`](Self::refill) that are not all written, with those that are.
    pub fn take_unfinished(&mut self) -> Vec<u8> {
        mem::take(self).frames
    }

    /// Returns whether a keep-alive frame can be pushed: no keep-alive frame is partly written.
    pub fn accepts_keep_alive(&self) -> bool {
        self.keep_alive.as_ref().is_none_or(|it| it.written == 0)
    }

    /// Inserts a ping or pong with this payload at the next frame boundary, unless one is partly written. If one
    /// waits, only its payload is replaced, if there is a new one.
    pub fn push_keep_alive(&mut self, message_type: MessageType, payload: &[u8]) {
        let is_waiting = self.keep_alive.is_some();
        if !self.accepts_keep_alive() || (is_waiting && payload.is_empty()) {
            return;
        }
        let place = match &self.keep_alive {
            Some(frame) => frame.place,
            None => self.next_boundary(),
        };
        self.keep_alive = Some(Box::new(KeepAliveFrame {
            place,
            bytes: frame::build(message_type, payload),
            written: 0,
        }));
    }

    /// Returns the number of messages that are not written completely.
    pub fn unwritten_messages(&self) -> u64 {
        frame::count_messages(&self.frames, self.written)
    }

    /// Drops all frames.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Frees the memory of an empty buffer with a capacity of more than `limit` bytes.
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

    /// Writes this number of bytes, each by itself.
    fn write(buffer: &mut SendBuffer, count: usize) -> Vec<u8> {
        let mut written = Vec::new();
        for _ in 0..count {
            written.push(buffer.remaining()[0]);
            buffer.advance(1, |_| {});
        }
        written
    }

    fn write_all(buffer: &mut SendBuffer) -> Vec<u8> {
        let count = buffer.len();
        let written = write(buffer, count);
        assert!(buffer.is_empty() && buffer.remaining().is_empty());
        written
    }

    #[test]
    fn a_pong_is_sent_at_the_next_frame_boundary() {
        let boundaries = [0, 6, 11, 15];
        for written in 0..=MESSAGES.len() {
            let mut buffer = buffer(MESSAGES);
            let mut sent = write(&mut buffer, written);
            buffer.push_keep_alive(MessageType::Pong, b"");
            sent.extend(write_all(&mut buffer));
            let boundary = *boundaries.iter().find(|&&it| it >= written).unwrap();
            let expected = [&MESSAGES[..boundary], PONG, &MESSAGES[boundary..]].concat();
            assert_eq!(sent, expected, "after {written} bytes");
        }
    }

    #[test]
    fn only_one_pong_is_queued() {
        let mut buffer = buffer(MESSAGES);
        for _ in 0..1_000 {
            buffer.push_keep_alive(MessageType::Pong, b"");
        }
        assert_eq!(buffer.len(), MESSAGES.len() + PONG.len());
        write(&mut buffer, 3);
        assert!(!buffer.accepts_keep_alive());
        buffer.push_keep_alive(MessageType::Pong, b"");
        write(&mut buffer, 1);
        buffer.push_keep_alive(MessageType::Pong, b"");
        assert_eq!(write_all(&mut buffer), [PONG, MESSAGES].concat());
    }

    #[test]
    fn a_pong_that_waits_gets_the_newest_payload() {
        let mut buffer = buffer(MESSAGES);
        write(&mut buffer, 1);
        for payload in [&b"old"[..], b"new", b""] {
            buffer.push_keep_alive(MessageType::Pong, payload);
        }
        let rest = write_all(&mut buffer);
        let expected = [&MESSAGES[1..6], b"\x04\0\0\x03new", &MESSAGES[6..]].concat();
        assert_eq!(rest, expected);
    }

    #[test]
    fn no_pong_overtakes_the_frame_that_must_be_first() {
        for written in 0..7 {
            let mut buffer = SendBuffer::default();
            buffer.refill_control(MessageType::Pong, b"abc");
            let mut sent = write(&mut buffer, written);
            buffer.push_keep_alive(MessageType::Pong, b"");
            sent.extend(write_all(&mut buffer));
            assert_eq!(sent, [b"\x04\0\0\x03abc", PONG].concat());
        }
    }

    #[test]
    fn repeated_pongs_keep_frame_boundaries() {
        let mut buffer = buffer(MESSAGES);
        write(&mut buffer, 2);
        buffer.push_keep_alive(MessageType::Pong, b"");
        write(&mut buffer, 9);
        buffer.push_keep_alive(MessageType::Pong, b"");
        let expected = [&MESSAGES[7..11], PONG, &MESSAGES[11..]].concat();
        assert_eq!(write_all(&mut buffer), expected);
    }

    #[test]
    fn frames_can_be_kept_once_all_bytes_are_written() {
        let mut buffer = buffer(MESSAGES);
        buffer.push_keep_alive(MessageType::Pong, b"");
        buffer.advance(PONG.len(), |_| panic!("not all is written"));
        buffer.advance(6, |_| panic!("not all is written"));
        let mut kept = Vec::new();
        buffer.advance(MESSAGES.len() - 6, |frames| mem::swap(frames, &mut kept));
        assert_eq!(kept, MESSAGES);
        assert_eq!(buffer.frames.capacity(), 0);
    }

    #[test]
    fn memory_is_freed_once_all_is_written() {
        let mut buffer = buffer(&[0; 4096]);
        buffer.release(512);
        assert_eq!(buffer.remaining().len(), 4096);
        buffer.advance(4096, |_| {});
        buffer.release(512);
        assert!(buffer.frames.capacity() <= 512);
    }
}
