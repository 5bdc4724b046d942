//! Messages that wait for a connection, or for `on_connected` to return.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

use super::budget::OWN;
use super::queue::Queue;
use super::requests::BoxWaiter;
use crate::{SendError, frame};

/// Messages that were sent so shortly after another are taken to be as old as that one: to keep a time for
/// each would take more memory than a small message.
const SAME_TIME: Duration = Duration::from_millis(1);

/// Messages that wait, encoded, in the order in which they were sent.
///
/// They lie one behind the other, as in [`Queue`], so that each takes little more memory than its bytes,
/// however small it is.
#[derive(Debug, Default)]
pub(super) struct Held {
    frames: Queue,
    /// How many messages were held and have left.
    left: u64,
    count: u64,
    /// When the messages were sent: a time, and how many messages that stands for.
    times: VecDeque<(Instant, u64)>,
    /// Who waits for the response to which message, by its number from the first that was ever held.
    waiters: VecDeque<(u64, BoxWaiter)>,
}

impl Held {
    /// Appends a message of this size, which `append` writes, if it can.
    pub(super) fn push(
        &mut self,
        size: usize,
        append: impl FnOnce(&mut Vec<u8>) -> Result<(), SendError>,
        now: Instant,
    ) -> Result<(), SendError> {
        self.frames.push(size, append)?;
        self.count += 1;
        match self.times.back_mut() {
            Some((time, count)) if now < *time + SAME_TIME => *count += 1,
            _ => self.times.push_back((now, 1)),
        }
        Ok(())
    }

    /// Sets who waits for the response to the message that was pushed last.
    pub(super) fn set_waiter(&mut self, waiter: Option<BoxWaiter>) {
        if let Some(waiter) = waiter {
            self.waiters.push_back((self.left + self.count - 1, waiter));
        }
    }

    /// Drops the oldest message, of which there must be one, and returns who waits for its response.
    pub(super) fn drop_first(&mut self) -> Option<BoxWaiter> {
        self.frames.drop_first();
        if let Some((_, count)) = self.times.front_mut() {
            *count -= 1;
            if *count == 0 {
                self.times.pop_front();
            }
        }
        let waiter = self.take_waiter();
        self.left += 1;
        self.count -= 1;
        if self.is_empty() {
            self.release();
        }
        waiter
    }

    /// Hands each message over, with who waits for its response, and returns all frames.
    pub(super) fn take(&mut self, mut each: impl FnMut(&[u8], Option<BoxWaiter>)) -> Queue {
        let frames = mem::take(&mut self.frames);
        for frame in frame::split(frames.bytes()) {
            each(frame, self.take_waiter());
            self.left += 1;
        }
        self.count = 0;
        self.release();
        frames
    }

    /// Takes who waits for the response to the oldest message.
    fn take_waiter(&mut self) -> Option<BoxWaiter> {
        let is_first = |&(number, _): &(u64, _)| number == self.left;
        self.waiters.front().is_some_and(is_first).then(|| {
            let (_, waiter) = self.waiters.pop_front()?;
            Some(waiter)
        })?
    }

    /// Gives the memory back.
    fn release(&mut self) {
        *self = Self {
            left: self.left,
            ..Self::default()
        };
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// When the oldest message was sent.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.times.front().map(|&(time, _)| time)
    }

    /// The size of the messages on the wire, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.frames.len()
    }

    /// The memory that the messages take, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.memory_with(0)
    }

    /// The same once so many more bytes are held. Of a few bytes, those that are used count alone.
    pub(super) fn memory_with(&self, more: usize) -> usize {
        let bytes = self.frames.len() + more;
        let frames = if bytes <= OWN {
            bytes
        } else {
            self.frames.memory_with(more)
        };
        frames
            + self.times.capacity() * size_of::<(Instant, u64)>()
            + self.waiters.capacity() * size_of::<(u64, BoxWaiter)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(held: &mut Held, text: &str, now: Instant) {
        let frame = [&[1, 0, 0, text.len() as u8], text.as_bytes()].concat();
        let append = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(&frame);
            Ok(())
        };
        held.push(frame.len(), append, now).unwrap();
    }

    #[test]
    fn small_messages_take_little_more_than_their_bytes() {
        let now = Instant::now();
        let mut held = Held::default();
        for _ in 0..100_000 {
            push(&mut held, "ab", now);
        }
        assert_eq!(held.bytes(), 600_000);
        assert!(held.memory() < 700_000, "{}", held.memory());
    }

    #[test]
    fn messages_leave_in_their_order_with_their_age() {
        let start = Instant::now();
        let second = start + Duration::from_secs(1);
        let mut held = Held::default();
        push(&mut held, "a", start);
        push(&mut held, "b", start + SAME_TIME / 2);
        push(&mut held, "c", second);
        assert_eq!(held.oldest(), Some(start));
        assert!(held.drop_first().is_none());
        assert_eq!(held.oldest(), Some(start));
        assert!(held.drop_first().is_none());
        assert_eq!(held.oldest(), Some(second));
        let mut texts = Vec::new();
        held.take(|frame, _| texts.push(frame.to_vec()));
        assert_eq!(texts, [b"\x01\0\0\x01c"]);
        assert!(held.is_empty());
        assert_eq!((held.oldest(), held.memory()), (None, 0));
    }
}
