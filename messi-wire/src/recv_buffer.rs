//! Received bytes, until their messages are handled.

use std::ops::Range;

use crate::frame::{HEADER_SIZE, Header};

/// Buffer of the bytes received on one connection.
///
/// Each frame is read twice: by [`scan`](Self::scan) as soon as it is complete, so that a ping is answered
/// while messages before it are still waiting, and by [`take`](Self::take) when it is handled.
///
/// ```text
/// 0        start           scanned              bytes.len()
/// | taken  | complete, not taken | not scanned yet |
/// ```
#[derive(Debug, Default)]
pub struct RecvBuffer {
    bytes: Vec<u8>,
    /// Offset of the first frame that is not taken.
    start: usize,
    /// Offset of the first frame that is not scanned.
    scanned: usize,
}

/// Range of a payload in a [`RecvBuffer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload(Range<usize>);

impl RecvBuffer {
    /// Appends received bytes. The capacity grows to `limit` bytes at most, if they fit into it.
    #[inline]
    pub fn append(&mut self, bytes: &[u8], limit: usize) {
        self.discard_taken();
        let size = self.bytes.len() + bytes.len();
        if size > self.bytes.capacity() {
            self.grow(size, limit);
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Grows the capacity to `size` bytes at least. It doubles, so that a large message is seldom copied,
    /// but does not grow beyond the end of that message.
    #[cold]
    fn grow(&mut self, size: usize, limit: usize) {
        let end = self.peek().map_or(0, Header::frame_size) + self.scanned;
        let capacity = (2 * self.bytes.capacity()).min(limit);
        let capacity = if end > size {
            capacity.min(end)
        } else {
            capacity
        };
        self.bytes
            .reserve_exact(capacity.max(size) - self.bytes.len());
    }

    /// Returns the header of the next frame that is not scanned, once it is received.
    #[inline]
    pub fn peek(&self) -> Option<Header> {
        Header::decode(&self.bytes[self.scanned..])
    }

    /// Scans the frame of the last [`peek`](Self::peek). Returns whether it is complete.
    #[inline]
    pub fn scan(&mut self, header: Header) -> bool {
        let end = self.scanned + header.frame_size();
        let complete = end <= self.bytes.len();
        if complete {
            self.scanned = end;
        }
        complete
    }

    /// Returns the payload of the frame scanned last, which has this header.
    #[inline]
    pub fn last_payload(&self, header: Header) -> &[u8] {
        &self.bytes[self.scanned - header.size..self.scanned]
    }

    /// Hides the frame scanned last, which has this header: it gets a type that does not exist, so that no
    /// one handles it.
    pub fn hide_last(&mut self, header: Header) {
        self.bytes[self.scanned - header.frame_size()] = 0;
    }

    /// Returns the header of the next scanned frame that is not taken.
    #[inline]
    pub fn first(&self) -> Option<Header> {
        Header::decode(&self.bytes[self.start..self.scanned])
    }

    /// Takes the next scanned frame. Its payload can be read until the next [`append`](Self::append).
    #[inline]
    pub fn take(&mut self) -> Option<(Header, Payload)> {
        let header = self.first()?;
        Some((header, self.take_payload(header.size)))
    }

    /// Takes the frame of the last [`first`](Self::first), which has a payload of this size.
    #[inline]
    pub fn take_payload(&mut self, size: usize) -> Payload {
        let start = self.start + HEADER_SIZE;
        self.start = start + size;
        Payload(start..self.start)
    }

    /// Returns the bytes of a payload that was taken since the last [`append`](Self::append).
    #[inline]
    pub fn payload(&self, payload: &Payload) -> &[u8] {
        &self.bytes[payload.0.clone()]
    }

    /// Returns the size of the complete frames that are not taken, in bytes.
    #[inline]
    pub fn unhandled(&self) -> usize {
        self.scanned - self.start
    }

    /// Returns the size of the incomplete frame at the end, in bytes.
    #[inline]
    pub fn unfinished(&self) -> usize {
        self.bytes.len() - self.scanned
    }

    /// Returns the capacity, in bytes.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Returns how many bytes can be appended without growing.
    #[inline]
    pub fn free(&self) -> usize {
        self.bytes.capacity() - (self.bytes.len() - self.start)
    }

    /// Frees the memory of an empty buffer whose capacity is more than `limit` bytes.
    #[inline]
    pub fn release(&mut self, limit: usize) {
        self.discard_taken();
        if self.bytes.is_empty() && self.bytes.capacity() > limit {
            self.bytes = Vec::new();
        }
    }

    #[inline]
    fn discard_taken(&mut self) {
        self.bytes.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two messages with a ping between them.
    const FRAMES: &[u8] = b"\x01\0\0\x02ab\x03\0\0\0\x01\0\0\x01c";

    fn scan_all(buffer: &mut RecvBuffer) -> Vec<u8> {
        let mut types = Vec::new();
        while let Some(header) = buffer.peek() {
            if !buffer.scan(header) {
                break;
            }
            types.push(header.type_byte);
        }
        types
    }

    fn take_all(buffer: &mut RecvBuffer) -> Vec<(u8, Vec<u8>)> {
        let mut frames = Vec::new();
        while let Some((header, payload)) = buffer.take() {
            frames.push((header.type_byte, buffer.payload(&payload).to_vec()));
        }
        frames
    }

    fn expected() -> Vec<(u8, Vec<u8>)> {
        vec![(1, b"ab".to_vec()), (3, vec![]), (1, b"c".to_vec())]
    }

    #[test]
    fn frames_do_not_depend_on_how_the_stream_is_split() {
        for first in 0..=FRAMES.len() {
            for second in first..=FRAMES.len() {
                let mut buffer = RecvBuffer::default();
                let mut frames = Vec::new();
                for part in [&FRAMES[..first], &FRAMES[first..second], &FRAMES[second..]] {
                    buffer.append(part, usize::MAX);
                    scan_all(&mut buffer);
                    frames.extend(take_all(&mut buffer));
                }
                assert_eq!(frames, expected(), "split at {first} and {second}");
            }
        }
    }

    #[test]
    fn a_frame_is_scanned_before_earlier_ones_are_taken() {
        let mut buffer = RecvBuffer::default();
        buffer.append(&FRAMES[..10], usize::MAX);
        assert_eq!(scan_all(&mut buffer), [1, 3]);
        assert_eq!(buffer.unhandled(), 10);
        buffer.append(&FRAMES[10..], usize::MAX);
        assert_eq!(scan_all(&mut buffer), [1]);
        assert_eq!(take_all(&mut buffer), expected());
        assert_eq!(buffer.unhandled(), 0);
    }

    #[test]
    fn an_incomplete_frame_is_not_taken() {
        let mut buffer = RecvBuffer::default();
        buffer.append(&FRAMES[..5], usize::MAX);
        assert!(scan_all(&mut buffer).is_empty());
        assert_eq!(buffer.take(), None);
    }

    #[test]
    fn memory_is_freed_once_all_messages_are_taken() {
        let mut buffer = RecvBuffer::default();
        buffer.append(b"\x01\0\x10\0", usize::MAX);
        buffer.append(&[0; 0x1000], usize::MAX);
        scan_all(&mut buffer);
        buffer.release(512);
        assert!(
            buffer.bytes.capacity() >= 0x1000,
            "an unhandled message was released"
        );
        take_all(&mut buffer);
        buffer.release(512);
        assert!(buffer.bytes.capacity() <= 512);
    }
}
