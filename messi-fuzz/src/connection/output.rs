//! The output that a connection is expected to write.

use messi_wire::Role;
use messi_wire::frame::{HEADER_SIZE, Header};
use messi_wire::resumption::{Delivery, ServerControl};

use super::{MAX_SENT, WINDOW};
use crate::frames::first_frame;

/// Most frames that are freed together, in bytes.
const CHUNK_SIZE: usize = 64 * 1024;

/// Size of the number that each sent message begins with.
const NUMBER_SIZE: usize = 4;

/// The messages that were sent, and the bytes that were written on the current connection.
pub(super) struct Output {
    role: Role,
    /// Sizes of all sent messages.
    sizes: Vec<usize>,
    /// The written bytes that are not checked yet.
    written: Vec<u8>,
    /// Number of the last message that was written completely, or that the peer has received before.
    last: usize,
    /// The payload of the ping or pong that must be written first.
    first: Option<Vec<u8>>,
}

impl Output {
    pub(super) fn new(role: Role) -> Self {
        Self {
            role,
            sizes: Vec::new(),
            written: Vec::new(),
            last: 0,
            first: None,
        }
    }

    /// Appends the frame of a new message.
    pub(super) fn send(&mut self, frames: &mut Vec<u8>, size: usize) {
        let size = size.clamp(NUMBER_SIZE, MAX_SENT);
        self.sizes.push(size);
        frames.extend_from_slice(&Header::new(self.role.sent(), size).encode());
        frames.extend_from_slice(&(self.sizes.len() as u32).to_be_bytes());
        frames.resize(HEADER_SIZE + size, 0);
    }

    /// Records that these bytes are written.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
    }

    /// Expects the frame of a ping or pong before all others. If there is no frame, it has no expectation.
    pub(super) fn expect_first(&mut self, frame: &[u8]) {
        self.first = frame.get(HEADER_SIZE..).map(<[u8]>::to_vec);
    }

    /// Begins another connection, with a peer that has received this number of messages.
    pub(super) fn resume(&mut self, received: u64, delivery: Option<&Delivery>) {
        self.written.clear();
        self.last = received as usize;
        let count = delivery.map_or(0, Delivery::received);
        self.first = match self.role {
            Role::Client => None,
            Role::Server => Some(ServerControl::Resumed(count).encode()),
        };
    }

    /// Checks the frames that were written: each message once on a connection and in order, behind the frame
    /// that must be first. Messages may be left out only if the peer has received them before.
    pub(super) fn check(&mut self, delivery: Option<&Delivery>) {
        let acknowledged = delivery.map_or(0, Delivery::acknowledged) as usize;
        let mut rest = &self.written[..];
        while let Some((type_byte, payload, others)) = first_frame(rest) {
            if let Some(first) = self.first.take() {
                assert_eq!(payload, first, "another frame was written first");
            } else if type_byte == self.role.sent() as u8 {
                let number = payload.first_chunk().map(|it| u32::from_be_bytes(*it));
                let number = number.expect("the number of the message") as usize;
                let next = (self.last + 1).max(number.min(acknowledged + 1));
                assert_eq!(number, next, "the number of the next message");
                assert_eq!(payload.len(), self.sizes[number - 1]);
                self.last = number;
            }
            rest = others;
        }
        let checked = self.written.len() - rest.len();
        self.written.drain(..checked);
    }

    /// Checks the messages that are kept to be sent again.
    pub(super) fn check_kept(&self, delivery: &Delivery) {
        assert_eq!(delivery.sent(), self.sizes.len() as u64);
        assert!(delivery.acknowledged() <= delivery.sent());
        let memory = delivery.memory();
        // Acknowledged frames are freed with others around them.
        let bound = 2 * (CHUNK_SIZE + WINDOW + HEADER_SIZE + MAX_SENT);
        assert!(memory <= bound, "{memory} bytes are kept");
    }

    /// Returns the most bytes that the connection takes for writing at once.
    pub(super) fn max_batch(&self, delivery: Option<&Delivery>) -> usize {
        let batch = HEADER_SIZE + MAX_SENT;
        // Sent again, all kept frames may be one batch.
        delivery.map_or(batch, |_| WINDOW + batch)
    }
}
