//! Messages that wait for a connection, or for `on_connected` to return.

use std::collections::VecDeque;
use std::time::Instant;

use super::requests::BoxWaiter;

/// A message that waits, encoded.
#[derive(Debug)]
pub(super) struct HeldFrame {
    pub(super) frame: Vec<u8>,
    /// When it was sent.
    pub(super) since: Instant,
    /// Who waits for the answer.
    pub(super) waiter: Option<BoxWaiter>,
}

/// Messages that wait, in the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct Held {
    frames: VecDeque<HeldFrame>,
    bytes: usize,
}

impl Held {
    pub(super) fn push(&mut self, frame: HeldFrame) {
        self.bytes += frame.frame.len();
        self.frames.push_back(frame);
    }

    pub(super) fn pop(&mut self) -> Option<HeldFrame> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.frame.len();
        if self.frames.is_empty() {
            self.frames = VecDeque::new();
        }
        Some(frame)
    }

    /// Takes the oldest message, if it was sent before this time.
    pub(super) fn pop_older(&mut self, than: Instant) -> Option<HeldFrame> {
        (self.frames.front()?.since < than).then(|| self.pop())?
    }

    /// The size of the messages on the wire, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The memory that the messages take, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.bytes + self.frames.len() * size_of::<HeldFrame>()
    }
}
