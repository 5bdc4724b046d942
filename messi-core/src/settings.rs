//! The settings of a connection, and their defaults.

use std::time::Duration;

use crate::frame::MAX_PAYLOAD_SIZE;

/// What the builders of clients and servers set for every connection.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Largest payload accepted from the peer, in bytes.
    pub(crate) max_received_size: usize,
    /// Largest payload sent to the peer, in bytes.
    pub(crate) max_sent_size: usize,
    /// Bytes that wait to be sent, at most.
    pub(crate) max_queued_bytes: usize,
    /// Bytes of whole messages that wait for the handler, at most, before reading pauses.
    pub(crate) max_unhandled_bytes: usize,
    /// The pace of a client's pings.
    pub(crate) keep_alive_interval: Duration,
    /// How long a server waits for a sign of life.
    pub(crate) keep_alive_timeout: Duration,
    /// How long the peer may refuse to take a single byte of what waits for it.
    pub(crate) write_timeout: Duration,
    /// How long a message may take to arrive, or at least to make some progress.
    pub(crate) message_timeout: Duration,
    /// The pace at which one that takes longer must come, in bytes per second.
    pub(crate) min_message_rate: usize,
    /// How long a connection that has just been used tries to read before it waits to be woken.
    pub(crate) busy_poll: Duration,
    /// How long the answer to a request is waited for, unless the request says so.
    pub(crate) request_timeout: Duration,
    /// What becomes of messages for which there is no room.
    pub(crate) overflow: Overflow,
    /// What is kept while there is no connection.
    pub(crate) offline: Option<Offline>,
}

/// What becomes of messages for a peer to which as many bytes wait as may.
///
/// In any case, a message is sent in whole or not at all, messages are counted in
/// [`Dropped::queue_full`](crate::Dropped::queue_full), and a peer that takes nothing at all is given
/// up after the write timeout.
///
/// An answer to a request is never dropped while others may follow: the peer would take them for
/// answers to other requests. Where one has no room, or would have to make room, `send` ends the
/// connection with [`SlowConsumer`](crate::DisconnectReason::SlowConsumer), whatever is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// `send` ends the connection, so that the peer never sees a gap; `try_send` refuses the
    /// message and leaves the connection. Where it is the memory for all clients of a server that is used
    /// up, the connection of the slowest client ends.
    #[default]
    Disconnect,
    /// The message is dropped: of what is sent too fast, the peer gets the beginning.
    DropNewest,
    /// Messages that have waited for longest are dropped, as many as it takes: the peer gets the
    /// latest. Requests among them fail with [`NotSent`](crate::RequestError::NotSent).
    DropOldest,
}

/// Bounds of what a client keeps while there is no connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offline {
    /// Memory, in bytes.
    pub(crate) max_bytes: usize,
    /// The age of a message when a connection begins.
    pub(crate) max_age: Duration,
}

/// Longer than any connection lives: what is longer is taken for this, so that no deadline is out
/// of range.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The least time after which a peer is given up, or something is done again. With less, a client
/// would use a whole core to connect and connect again, and a peer would be given up before it can
/// answer.
const SHORTEST: Duration = Duration::from_millis(10);

/// A time that a user has set, made one that deadlines can be computed with.
pub(crate) fn bounded(time: Duration) -> Duration {
    time.min(LONGEST)
}

/// The same for one after which a peer is given up, or something is done again.
pub(crate) fn clamped(time: Duration) -> Duration {
    time.clamp(SHORTEST, LONGEST)
}

impl Settings {
    /// How much of a message must come within the time of a message, in bytes, unless it is complete by
    /// then.
    pub(crate) fn min_progress(&self) -> usize {
        let progress = self.message_timeout.as_secs_f64() * self.min_message_rate as f64;
        // A number that is too large becomes the largest.
        (progress as usize).max(1)
    }

    /// Sets the largest payload of both directions.
    pub(crate) fn set_max_message_size(&mut self, bytes: usize) {
        self.max_received_size = bytes.min(MAX_PAYLOAD_SIZE);
        self.max_sent_size = self.max_received_size;
    }

    /// Sets the largest payload that is sent, if it is not to be that of both directions.
    pub(crate) fn with_max_sent_size(self, bytes: Option<usize>) -> Self {
        let max_sent_size = bytes.map_or(self.max_sent_size, |bytes| bytes.min(MAX_PAYLOAD_SIZE));
        Self {
            max_sent_size,
            ..self
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_received_size: 1024 * 1024,
            max_sent_size: 1024 * 1024,
            max_queued_bytes: 4 * 1024 * 1024,
            max_unhandled_bytes: 1024 * 1024,
            keep_alive_interval: Duration::from_secs(2),
            keep_alive_timeout: Duration::from_secs(3),
            write_timeout: Duration::from_secs(10),
            message_timeout: Duration::from_secs(10),
            min_message_rate: 512,
            busy_poll: Duration::ZERO,
            request_timeout: Duration::from_secs(10),
            overflow: Overflow::default(),
            offline: None,
        }
    }
}
