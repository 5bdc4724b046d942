//! Messages that wait for a connection, or until `on_connected` has returned.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

use super::budget::FREE_QUOTA;
use super::send_queue::SendQueue;
use crate::{SendError, frame};

/// Messages sent within this time of each other share one time stamp: a time stamp for each would take
/// more memory than a small message.
const TIME_RESOLUTION: Duration = Duration::from_millis(1);

/// Queue of encoded messages with their ages and pending responses, in the order of sending.
///
/// The frames are stored one after the other, so that each takes little more memory than its bytes.
#[derive(Debug)]
pub(super) struct OfflineQueue<R> {
    frames: SendQueue,
    /// Number of messages that have left the queue.
    left: u64,
    /// Number of messages in the queue.
    count: u64,
    /// Time stamps, each with the number of messages that share it.
    times: VecDeque<(Instant, u64)>,
    /// Pending responses, each with the number of its message. Messages are numbered over all time.
    responses: VecDeque<(u64, R)>,
}

impl<R> Default for OfflineQueue<R> {
    fn default() -> Self {
        Self {
            frames: SendQueue::default(),
            left: 0,
            count: 0,
            times: VecDeque::new(),
            responses: VecDeque::new(),
        }
    }
}

impl<R> OfflineQueue<R> {
    /// Appends a message of this size, which `append` writes. The queue is unchanged if `append` fails.
    pub(super) fn push(
        &mut self,
        size: usize,
        append: impl FnOnce(&mut Vec<u8>) -> Result<(), SendError>,
        now: Instant,
    ) -> Result<(), SendError> {
        self.frames.push(size, append)?;
        self.count += 1;
        match self.times.back_mut() {
            Some((time, count)) if now < *time + TIME_RESOLUTION => *count += 1,
            _ => self.times.push_back((now, 1)),
        }
        Ok(())
    }

    /// Sets the pending response of the message that was pushed last.
    pub(super) fn set_response(&mut self, response: Option<R>) {
        if let Some(response) = response {
            let number = self.left + self.count - 1;
            self.responses.push_back((number, response));
        }
    }

    /// Drops the oldest message, and returns its pending response. The queue must not be empty.
    pub(super) fn drop_first(&mut self) -> Option<R> {
        self.frames.drop_first();
        if let Some((_, count)) = self.times.front_mut() {
            *count -= 1;
            if *count == 0 {
                self.times.pop_front();
            }
        }
        let response = self.take_response();
        self.left += 1;
        self.count -= 1;
        response
    }

    /// Passes each message with its pending response to a function, and returns all frames.
    pub(super) fn take(mut self, mut each: impl FnMut(&[u8], Option<R>)) -> SendQueue {
        let frames = mem::take(&mut self.frames);
        for frame in frame::split(frames.bytes()) {
            each(frame, self.take_response());
            self.left += 1;
        }
        frames
    }

    /// Takes the pending response of the oldest message.
    fn take_response(&mut self) -> Option<R> {
        let is_first = |&(number, _): &(u64, R)| number == self.left;
        if !self.responses.front().is_some_and(is_first) {
            return None;
        }
        self.responses.pop_front().map(|(_, response)| response)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the number of messages.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the time stamp of the oldest message.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.times.front().map(|&(time, _)| time)
    }

    /// Returns the size of the frames, in bytes.
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Returns the memory of the queue with this number of bytes more, in bytes. A short queue counts with
    /// its frames alone.
    pub(super) fn memory_with(&self, more: usize) -> usize {
        let bytes = self.frames.len() + more;
        let frames = if bytes <= FREE_QUOTA {
            bytes
        } else {
            self.frames.memory_with(more)
        };
        frames
            + self.times.capacity() * size_of::<(Instant, u64)>()
            + self.responses.capacity() * size_of::<(u64, R)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Queue = OfflineQueue<()>;

    fn push(queue: &mut Queue, text: &str, now: Instant) {
        let frame = [&[1, 0, 0, text.len() as u8], text.as_bytes()].concat();
        let append = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(&frame);
            Ok(())
        };
        queue.push(frame.len(), append, now).unwrap();
    }

    #[test]
    fn small_messages_take_little_more_than_their_bytes() {
        let now = Instant::now();
        let mut queue = Queue::default();
        for _ in 0..100_000 {
            push(&mut queue, "ab", now);
        }
        assert_eq!(queue.len(), 600_000);
        let memory = queue.memory_with(0);
        assert!(memory < 700_000, "{memory}");
    }

    #[test]
    fn messages_leave_in_order_with_their_age() {
        let start = Instant::now();
        let second = start + Duration::from_secs(1);
        let mut queue = Queue::default();
        push(&mut queue, "a", start);
        push(&mut queue, "b", start + TIME_RESOLUTION / 2);
        push(&mut queue, "c", second);
        assert_eq!(queue.oldest(), Some(start));
        assert!(queue.drop_first().is_none());
        assert_eq!(queue.oldest(), Some(start));
        assert!(queue.drop_first().is_none());
        assert_eq!(queue.oldest(), Some(second));
        let mut texts = Vec::new();
        queue.take(|frame, _| texts.push(frame.to_vec()));
        assert_eq!(texts, [b"\x01\0\0\x01c"]);
    }
}
