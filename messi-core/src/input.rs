//! Received bytes, until their messages have been handled.

use std::ops::Range;

use crate::frame::{HEADER_SIZE, Header};

/// Bytes received on one connection.
///
/// Frames are looked at twice: once as soon as they are complete, by [`Input::scan`], so that a
/// ping is answered while messages before it still wait; and once when their turn comes, by
/// [`Input::take`].
#[derive(Debug, Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    /// Start of the first frame not taken.
    start: usize,
    /// Start of the first frame not scanned: what is before it is whole frames.
    scanned: usize,
}

/// The payload of a frame, as a place in [`Input`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payload(Range<usize>);

impl Input {
    /// Appends received bytes. The memory grows to `limit` bytes at most, if that is enough for them.
    #[inline]
    pub(crate) fn append(&mut self, bytes: &[u8], limit: usize) {
        self.discard_taken();
        let size = self.bytes.len() + bytes.len();
        if size > self.bytes.capacity() {
            self.grow(size, limit);
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Makes room for so many bytes: for twice as many as before, so that a large message is not copied
    /// often, but not beyond its end.
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

    /// The header of the next frame not scanned, as soon as it is there.
    pub(crate) fn peek(&self) -> Option<Header> {
        Header::decode(&self.bytes[self.scanned..])
    }

    /// Scans the frame of the last [`peek`](Self::peek), if all of it is there.
    pub(crate) fn scan(&mut self, header: Header) -> bool {
        let end = self.scanned + header.frame_size();
        let complete = end <= self.bytes.len();
        if complete {
            self.scanned = end;
        }
        complete
    }

    /// The payload of the frame scanned last, whose header this is.
    pub(crate) fn last_payload(&self, header: Header) -> &[u8] {
        &self.bytes[self.scanned - header.size..self.scanned]
    }

    /// Hides the frame scanned last, whose header this is, from whoever takes it: its type becomes
    /// one that does not exist.
    pub(crate) fn hide_last(&mut self, header: Header) {
        self.bytes[self.scanned - header.frame_size()] = 0;
    }

    /// The header of the next scanned frame that is not taken.
    pub(crate) fn first(&self) -> Option<Header> {
        Header::decode(&self.bytes[self.start..self.scanned])
    }

    /// Takes the next scanned frame. Its payload stays readable until the next
    /// [`append`](Self::append).
    pub(crate) fn take(&mut self) -> Option<(Header, Payload)> {
        let header = self.first()?;
        Some((header, self.take_payload(header.size)))
    }

    /// Takes the frame of the last [`first`](Self::first), whose payload has this size.
    pub(crate) fn take_payload(&mut self, size: usize) -> Payload {
        let start = self.start + HEADER_SIZE;
        self.start = start + size;
        Payload(start..self.start)
    }

    /// The bytes of a payload taken since the last [`append`](Self::append).
    pub(crate) fn payload(&self, payload: &Payload) -> &[u8] {
        &self.bytes[payload.0.clone()]
    }

    /// The size of the whole frames not taken, in bytes.
    pub(crate) fn unhandled(&self) -> usize {
        self.scanned - self.start
    }

    /// The size of what has come of a frame that is not whole, in bytes.
    pub(crate) fn unfinished(&self) -> usize {
        self.bytes.len() - self.scanned
    }

    /// The memory that it holds, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// How many bytes can be appended without more memory.
    pub(crate) fn free(&self) -> usize {
        self.bytes.capacity() - (self.bytes.len() - self.start)
    }

    /// Gives memory back when there is nothing to keep, if it is more than `spare` bytes.
    pub(crate) fn release(&mut self, spare: usize) {
        self.discard_taken();
        if self.bytes.is_empty() && self.bytes.capacity() > spare {
            self.bytes = Vec::new();
        }
    }

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

    fn scan_all(input: &mut Input) -> Vec<u8> {
        let mut types = Vec::new();
        while let Some(header) = input.peek() {
            if !input.scan(header) {
                break;
            }
            types.push(header.type_byte);
        }
        types
    }

    fn take_all(input: &mut Input) -> Vec<(u8, Vec<u8>)> {
        let mut frames = Vec::new();
        while let Some((header, payload)) = input.take() {
            frames.push((header.type_byte, input.payload(&payload).to_vec()));
        }
        frames
    }

    fn expected() -> Vec<(u8, Vec<u8>)> {
        vec![(1, b"ab".to_vec()), (3, vec![]), (1, b"c".to_vec())]
    }

    #[test]
    fn frames_come_out_the_same_wherever_the_input_is_split() {
        for first in 0..=FRAMES.len() {
            for second in first..=FRAMES.len() {
                let mut input = Input::default();
                let mut frames = Vec::new();
                for part in [&FRAMES[..first], &FRAMES[first..second], &FRAMES[second..]] {
                    input.append(part, usize::MAX);
                    scan_all(&mut input);
                    frames.extend(take_all(&mut input));
                }
                assert_eq!(frames, expected(), "split at {first} and {second}");
            }
        }
    }

    #[test]
    fn a_frame_is_scanned_while_those_before_it_wait() {
        let mut input = Input::default();
        input.append(&FRAMES[..10], usize::MAX);
        assert_eq!(scan_all(&mut input), [1, 3]);
        assert_eq!(input.unhandled(), 10);
        input.append(&FRAMES[10..], usize::MAX);
        assert_eq!(scan_all(&mut input), [1]);
        assert_eq!(take_all(&mut input), expected());
        assert_eq!(input.unhandled(), 0);
    }

    #[test]
    fn an_incomplete_frame_is_not_taken() {
        let mut input = Input::default();
        input.append(&FRAMES[..5], usize::MAX);
        assert!(scan_all(&mut input).is_empty());
        assert_eq!(input.take(), None);
    }

    #[test]
    fn memory_is_given_back_once_all_is_handled() {
        let mut input = Input::default();
        input.append(b"\x01\0\x10\0", usize::MAX);
        input.append(&[0; 0x1000], usize::MAX);
        scan_all(&mut input);
        input.release(512);
        assert!(
            input.bytes.capacity() >= 0x1000,
            "an unhandled message was released"
        );
        take_all(&mut input);
        input.release(512);
        assert!(input.bytes.capacity() <= 512);
    }
}
