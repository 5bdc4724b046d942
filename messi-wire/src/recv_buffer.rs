//! Received bytes, until their messages are handled.

use std::mem;

use prost::bytes::Bytes;

use crate::frame::{self, HEADER_SIZE, Header, MessageType};

/// Largest part of a frame that is read at once into its place, in bytes.
const MAX_REST: usize = 256 * 1024;

/// Least size of a payload that is shared, in bytes.
const MIN_SHARED: usize = 16 * 1024;

/// Buffer of the bytes received on one connection.
///
/// Each frame is read twice: by [`scan`](Self::scan) as soon as it is complete, so that a ping is answered
/// while messages before it are still waiting, and by [`take`](Self::take) when it is handled.
///
/// ```text
/// 0          taken          start           scanned              end            bytes.len()
/// | handled  | payload taken | complete, not taken | not scanned yet | not received yet |
/// ```
#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub struct RecvBuffer {
    /// All of it is initialized, so that sockets can be read into it. That costs a pass over new memory, and no pass
    /// over memory that is used again.
    bytes: Vec<u8>,
    /// Offset of the payload of the frame taken last, which ends at `start`. It is kept here since a range that is
    /// returned, and passed back for each message, costs more than it does.
    taken: usize,
    /// Offset of the first frame that is not taken.
    start: usize,
    /// Offset of the first frame that is not scanned.
    scanned: usize,
    /// Offset of the end of the received bytes.
    end: usize,
}

impl RecvBuffer {
    /// Appends received bytes. The capacity grows to `limit` bytes at most, if they fit into it.
    #[inline]
    pub fn append(&mut self, bytes: &[u8], limit: usize) {
        self.discard_taken();
        let end = self.end + bytes.len();
        if end > self.bytes.len() {
            self.grow(end, limit);
        }
        self.bytes[self.end..end].copy_from_slice(bytes);
        self.end = end;
    }

    /// Returns the place of the bytes to receive next, if the rest of an incomplete frame is at least `min` bytes:
    /// then it is worth to read it without a copy. It is `max` bytes at most.
    ///
    /// The buffer doubles at most, so that a peer must send as much as it makes this side allocate.
    #[inline]
    pub fn rest(&mut self, min: usize, max: usize, limit: usize) -> Option<&mut [u8]> {
        let missing = self.peek()?.frame_size().checked_sub(self.unfinished())?;
        (missing >= min).then(|| self.place(missing, max, limit))
    }

    /// Returns the place of the next `missing` bytes, or of as many as may be received at once.
    fn place(&mut self, missing: usize, max: usize, limit: usize) -> &mut [u8] {
        self.discard_taken();
        let unused = self.bytes.len() - self.end;
        let size = missing.min(max).min(MAX_REST).min(unused.max(self.end));
        let end = self.end + size;
        if end > self.bytes.len() {
            self.grow(end, limit);
        }
        &mut self.bytes[self.end..end]
    }

    /// Records that the first `count` bytes of the last [`rest`](Self::rest) were received.
    pub fn advance(&mut self, count: usize) {
        self.end += count;
        debug_assert!(self.end <= self.bytes.len());
    }

    /// Grows the capacity to `size` bytes at least. It doubles, so that a large message is seldom copied,
    /// but does not grow beyond the end of that message.
    #[cold]
    fn grow(&mut self, size: usize, limit: usize) {
        let end = self.peek().map_or(0, Header::frame_size) + self.scanned;
        let capacity = (2 * self.bytes.len()).min(limit);
        let capacity = if end > size {
            capacity.min(end)
        } else {
            capacity
        };
        let capacity = capacity.max(size);
        if self.end == 0 {
            // Without a copy, and large memory comes initialized from the operating system.
            self.bytes = vec![0; capacity];
        } else {
            self.bytes.reserve_exact(capacity - self.bytes.len());
            self.bytes.resize(capacity, 0);
        }
    }

    /// Returns the header of the next frame that is not scanned, once it is received.
    #[inline]
    pub fn peek(&self) -> Option<Header> {
        Header::decode(&self.bytes[self.scanned..self.end])
    }

    /// Scans the frame of the last [`peek`](Self::peek). Returns whether it is complete.
    #[inline]
    pub fn scan(&mut self, header: Header) -> bool {
        let end = self.scanned + header.frame_size();
        let complete = end <= self.end;
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

    /// Takes the next scanned frame.
    #[inline]
    pub fn take(&mut self) -> Option<Header> {
        let header = self.first()?;
        self.take_first(header.size);
        Some(header)
    }

    /// Takes the frame of the last [`first`](Self::first), which has a payload of this size.
    #[inline]
    pub fn take_first(&mut self, size: usize) {
        self.taken = self.start + HEADER_SIZE;
        self.start = self.taken + size;
    }

    /// Returns the payload of the frame taken last, until the next [`append`](Self::append). Later, and after
    /// [`share`](Self::share), it is empty.
    #[inline]
    pub fn payload(&self) -> &[u8] {
        &self.bytes[self.taken..self.start]
    }

    /// Returns the payload of the frame taken last with the memory of this buffer, which gets new one. Returns `None`
    /// if a copy is the better way: the payload is the smaller part of that memory, or of the bytes received.
    #[inline]
    pub fn share(&mut self) -> Option<Bytes> {
        let size = self.payload().len();
        let is_better = size >= (self.bytes.capacity() / 2).max(MIN_SHARED);
        is_better.then(|| self.give_away())
    }

    /// Returns the payload of the frame taken last with the memory of this buffer.
    fn give_away(&mut self) -> Bytes {
        let range = self.taken..self.start;
        let rest = self.bytes[self.start..self.end].to_vec();
        let mut shared = mem::replace(&mut self.bytes, rest);
        shared.truncate(range.end);
        self.scanned -= self.start;
        self.end -= self.start;
        self.start = 0;
        self.taken = 0;
        Bytes::from(shared).slice(range)
    }

    /// Returns the size of the complete frames that are not taken, in bytes.
    #[inline]
    pub fn unhandled(&self) -> usize {
        self.scanned - self.start
    }

    /// Returns the size of the incomplete frame at the end, in bytes.
    #[inline]
    pub fn unfinished(&self) -> usize {
        self.end - self.scanned
    }

    /// Returns the number of scanned frames of this type that are not taken.
    pub fn count_unhandled(&self, message_type: MessageType) -> u64 {
        let frames = frame::split(&self.bytes[self.start..self.scanned]);
        let is_counted = |frame: &&[u8]| frame.first() == Some(&(message_type as u8));
        frames.filter(is_counted).count() as u64
    }

    /// Drops the incomplete frame at the end.
    pub fn drop_unfinished(&mut self) {
        self.end = self.scanned;
    }

    /// Returns the capacity, in bytes.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Returns how many bytes can be appended without growing.
    #[inline]
    pub fn free(&self) -> usize {
        self.bytes.len() - (self.end - self.start)
    }

    /// Frees the memory of an empty buffer with a capacity of more than `limit` bytes.
    #[inline]
    pub fn release(&mut self, limit: usize) {
        self.discard_taken();
        if self.end == 0 && self.bytes.capacity() > limit {
            self.bytes = Vec::new();
        }
    }

    #[inline]
    fn discard_taken(&mut self) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.scanned -= self.start;
            self.end -= self.start;
            self.start = 0;
            self.taken = 0;
        }
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
        while let Some(header) = buffer.take() {
            frames.push((header.type_byte, buffer.payload().to_vec()));
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

    /// Receives a frame with this payload, and the bytes that follow it.
    fn receive(payload: &[u8], following: &[u8]) -> RecvBuffer {
        let [_, size @ ..] = (payload.len() as u32).to_be_bytes();
        let frames = [&[1], &size[..], payload, following].concat();
        let mut buffer = RecvBuffer::default();
        buffer.append(&frames, usize::MAX);
        scan_all(&mut buffer);
        buffer.take().unwrap();
        buffer
    }

    #[test]
    fn a_large_payload_takes_the_memory_of_the_buffer() {
        let large = vec![7; 100_000];
        let mut buffer = receive(&large, FRAMES);
        let place = buffer.payload().as_ptr();
        let shared = buffer.share().unwrap();
        assert_eq!((shared.as_ptr(), &shared[..]), (place, &large[..]));
        assert_eq!(buffer.payload(), []);
        assert!(buffer.capacity() < 100);
        assert_eq!(take_all(&mut buffer), expected());
        buffer.append(FRAMES, usize::MAX);
        scan_all(&mut buffer);
        assert_eq!(take_all(&mut buffer), expected());
        assert_eq!(&shared[..], &large[..]);
    }

    #[test]
    fn a_payload_that_is_the_smaller_part_of_the_memory_is_not_shared() {
        let mut buffer = receive(&[7; 100], &[]);
        assert_eq!(buffer.share(), None);
        let rest = [&b"\x01\0\x80\0"[..], &[7; 0x8000]].concat();
        let mut buffer = receive(&[7; 20_000], &rest);
        assert_eq!(buffer.share(), None);
        assert_eq!(buffer.payload(), [7; 20_000]);
        assert_eq!(buffer.unhandled(), rest.len());
    }

    #[test]
    fn the_rest_of_a_large_frame_is_received_in_its_place() {
        let size = 1_000_000;
        let mut stream = b"\x01\x0f\x42\x40".to_vec();
        stream.extend((0..size).map(|number| number as u8));
        stream.extend_from_slice(FRAMES);
        let mut buffer = RecvBuffer::default();
        let mut reads = 0;
        let mut received = 0;
        while received < stream.len() {
            let left = &stream[received..];
            let capacity = buffer.capacity();
            let count = match buffer.rest(10_000, 300_000, usize::MAX) {
                Some(place) => {
                    let count = place.len().min(left.len());
                    place[..count].copy_from_slice(&left[..count]);
                    buffer.advance(count);
                    count
                }
                None => {
                    let count = left.len().min(50_000);
                    buffer.append(&left[..count], usize::MAX);
                    count
                }
            };
            // As much as was received before, so that a peer can't make this side allocate more than that.
            assert!(buffer.capacity() <= capacity.max(2 * received).max(50_000));
            received += count;
            reads += 1;
            scan_all(&mut buffer);
        }
        assert!(reads < 10, "{reads}");
        let frames = take_all(&mut buffer);
        assert_eq!(frames[0].1, &stream[4..size + 4]);
        assert_eq!(frames[1..], expected());
    }

    #[test]
    fn a_short_rest_is_not_worth_a_read_of_its_own() {
        let mut buffer = RecvBuffer::default();
        buffer.append(b"\x01\0\x10\0abc", usize::MAX);
        assert_eq!(scan_all(&mut buffer), []);
        assert!(buffer.rest(0x1000, usize::MAX, usize::MAX).is_none());
        // As many bytes as there are, though far more are missing.
        assert_eq!(
            buffer.rest(0x0f00, usize::MAX, usize::MAX).unwrap().len(),
            7
        );
        assert!(buffer.rest(0x0f00, 3, usize::MAX).unwrap().len() == 3);
        assert!(RecvBuffer::default().rest(0, 9, 9).is_none());
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
