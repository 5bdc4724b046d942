//! Frames that were sent, until the peer has acknowledged them.

use std::collections::VecDeque;
use std::mem;

use crate::frame;

/// Size from which on a batch of frames is moved into the window. Smaller ones are copied behind one another, which
/// costs less than new memory for each.
const CHUNK_SIZE: usize = 64 * 1024;

/// Queue of frames of numbered messages. Boxed, as it is empty most of the time.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub(super) struct Window(Option<Box<Kept>>);

#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
struct Kept {
    chunks: VecDeque<Chunk>,
    /// Size of the frames that are not acknowledged, in bytes.
    size: usize,
    /// Memory of all chunks, in bytes. It is asked for with each write.
    memory: usize,
}

#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
struct Chunk {
    /// Number of the first message that is not acknowledged.
    first: u64,
    /// Number of the last message.
    last: u64,
    frames: Vec<u8>,
    /// Size of the acknowledged frames at the begin, in bytes.
    acknowledged: usize,
}

impl Chunk {
    /// Returns the frames that are not acknowledged.
    fn rest(&self) -> &[u8] {
        &self.frames[self.acknowledged..]
    }

    /// Returns the size of the first `count` frames that are not acknowledged, in bytes.
    fn size_of(&self, count: u64) -> usize {
        let frames = frame::split(self.rest()).take(count as usize);
        frames.map(<[u8]>::len).sum()
    }

    /// Records that the messages up to this number are acknowledged. Returns the size of their frames, in bytes.
    fn acknowledge(&mut self, number: u64) -> usize {
        let size = self.size_of((number + 1).saturating_sub(self.first));
        self.first = self.first.max(number + 1);
        self.acknowledged += size;
        size
    }
}

impl Window {
    /// Returns the size of the frames that are not acknowledged, in bytes.
    ///
    /// Those of a chunk that is acknowledged in part do not count: the peer acknowledges the rest of it only once more
    /// messages have come, for which a window that is full would wait.
    #[inline]
    pub(super) fn size(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.size)
    }

    /// Returns the memory of the frames, in bytes.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.memory)
    }

    /// Appends the frames of the messages with these numbers, which follow those that are there. It takes the memory of
    /// many frames, and copies few.
    pub(super) fn push(&mut self, frames: &mut Vec<u8>, first: u64, last: u64) {
        self.0.get_or_insert_default().push(frames, first, last);
    }

    /// Records that the messages up to this number are acknowledged. The memory of whole chunks is freed.
    pub(super) fn drop_until(&mut self, number: u64) {
        if let Some(kept) = &mut self.0 {
            kept.drop_until(number);
            self.0.take_if(|kept| kept.chunks.is_empty());
        }
    }

    /// Returns frames from the message with this number on, and the number of the last of them.
    pub(super) fn from(&self, number: u64) -> Option<(&[u8], u64)> {
        self.0.as_ref()?.from(number)
    }
}

impl Kept {
    fn push(&mut self, frames: &mut Vec<u8>, first: u64, last: u64) {
        self.size += frames.len();
        if let Some(chunk) = self.chunks.back_mut()
            && chunk.frames.len() + frames.len() <= CHUNK_SIZE
        {
            self.memory -= chunk.frames.capacity();
            chunk.frames.extend_from_slice(frames);
            self.memory += chunk.frames.capacity();
            chunk.last = last;
            return;
        }
        let frames = if frames.len() < CHUNK_SIZE {
            frames.clone()
        } else {
            mem::take(frames)
        };
        self.memory += frames.capacity();
        self.chunks.push_back(Chunk {
            first,
            last,
            frames,
            acknowledged: 0,
        });
    }

    fn drop_until(&mut self, number: u64) {
        while let Some(chunk) = self.chunks.front()
            && chunk.last <= number
        {
            self.size -= chunk.rest().len();
            self.memory -= chunk.frames.capacity();
            self.chunks.pop_front();
        }
        if let Some(chunk) = self.chunks.front_mut() {
            self.size -= chunk.acknowledge(number);
        }
    }

    fn from(&self, number: u64) -> Option<(&[u8], u64)> {
        let chunk = self.chunks.iter().find(|chunk| number <= chunk.last)?;
        let skipped = chunk.size_of(number.saturating_sub(chunk.first));
        Some((&chunk.rest()[skipped..], chunk.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(numbers: std::ops::RangeInclusive<u64>, size: usize) -> Vec<u8> {
        let frame = |number: u64| {
            let header = [1, 0, (size >> 8) as u8, size as u8];
            [&header[..], &vec![number as u8; size]].concat()
        };
        numbers.flat_map(frame).collect()
    }

    /// Returns a window with the messages 1 to 9, in batches of three.
    fn window(size: usize) -> Window {
        let mut window = Window::default();
        for first in [1, 4, 7] {
            let mut batch = frames(first..=first + 2, size);
            window.push(&mut batch, first, first + 2);
        }
        window
    }

    fn chunks(window: &Window) -> usize {
        window.0.as_ref().map_or(0, |kept| kept.chunks.len())
    }

    fn all_from(window: &Window, number: u64) -> Vec<u8> {
        let (mut next, mut all) = (number, Vec::new());
        while let Some((bytes, last)) = window.from(next) {
            all.extend_from_slice(bytes);
            next = last + 1;
        }
        all
    }

    #[test]
    fn what_is_not_acknowledged_can_be_sent_again() {
        // Batches of few bytes are copied, those of many moved.
        for size in [3, 30_000] {
            for acknowledged in 0..=9 {
                let mut window = window(size);
                window.drop_until(acknowledged);
                let rest = all_from(&window, acknowledged + 1);
                assert!(
                    rest == frames(acknowledged + 1..=9, size),
                    "{acknowledged} of {size} bytes"
                );
            }
        }
    }

    #[test]
    fn acknowledged_chunks_are_freed() {
        let mut window = window(30_000);
        let message = 30_004;
        for (acknowledged, batches) in [(0, 3), (2, 3), (2, 3), (3, 2), (8, 1), (9, 0)] {
            window.drop_until(acknowledged);
            assert_eq!(window.size(), (9 - acknowledged as usize) * message);
            assert!(window.memory() >= batches * 3 * message);
            assert_eq!(chunks(&window), batches);
        }
        assert_eq!(window.memory(), 0);
        assert!(window.0.is_none());
    }

    #[test]
    fn many_small_batches_share_their_memory() {
        let mut window = Window::default();
        for number in 1..=10_000 {
            window.push(&mut frames(number..=number, 60), number, number);
        }
        assert_eq!(window.size(), 64 * 10_000);
        assert!(chunks(&window) <= 11, "{} chunks", chunks(&window));
        assert!(window.memory() <= 2 * window.size());
    }
}
