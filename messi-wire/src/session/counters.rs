//! Counters of the sending direction.

use crate::SendError;

/// Messages that this side has lost, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// There was no connection.
    pub not_connected: u64,
    /// The send queue was full.
    pub queue_full: u64,
    /// The message was above the limit.
    pub too_big: u64,
    /// The message was encoded to another size than its `encoded_len`: see [`SendError::WrongSize`].
    pub wrong_size: u64,
    /// The message was in the offline queue for too long.
    pub expired: u64,
    /// The message was queued, but not completely written to the operating system, or to TLS, when the
    /// connection ended.
    pub unsent: u64,
}

impl Dropped {
    /// Returns the sum of all causes.
    pub fn total(&self) -> u64 {
        self.not_connected
            + self.queue_full
            + self.too_big
            + self.wrong_size
            + self.expired
            + self.unsent
    }

    /// Counts a message that was not sent.
    pub fn count(&mut self, error: SendError) {
        let counter = match error {
            SendError::NotConnected => &mut self.not_connected,
            SendError::QueueFull => &mut self.queue_full,
            SendError::MessageTooBig { .. } => &mut self.too_big,
            SendError::WrongSize { .. } => &mut self.wrong_size,
            SendError::Expired => &mut self.expired,
            // `RequestStats` counts them.
            SendError::AlreadyResponded | SendError::RequestAbandoned => return,
        };
        *counter += 1;
    }

    /// Adds other counters.
    pub fn add(&mut self, other: &Self) {
        self.not_connected += other.not_connected;
        self.queue_full += other.queue_full;
        self.too_big += other.too_big;
        self.wrong_size += other.wrong_size;
        self.expired += other.expired;
        self.unsent += other.unsent;
    }
}

/// Older messages that a session has dropped, since they were last taken for the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Messages that were in the offline queue for too long.
    pub expired: u64,
    /// Messages that were dropped for newer ones.
    pub replaced: u64,
}

/// Requests of both directions, and their failures.
///
/// `awaited` and `open` are gauges: they show the present moment. All other values only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestStats {
    /// Requests of this side that have no response yet.
    pub awaited: u64,
    /// Requests of the peer that this side has not responded to yet.
    pub open: u64,
    /// Requests of the peer with a reply that was dropped without a response.
    pub unanswered: u64,
    /// Responses that came too late: those of this side given after the connection of their request had
    /// ended, and those of the peer that were not awaited any more.
    pub late: u64,
    /// Responses beyond the requests: second responses of this side, and responses of the peer to no
    /// request.
    pub surplus: u64,
}

impl RequestStats {
    /// Adds other counters.
    pub fn add_past(&mut self, other: &Self) {
        self.unanswered += other.unanswered;
        self.late += other.late;
        self.surplus += other.surplus;
    }

    /// Adds other gauges.
    pub fn add_gauges(&mut self, other: &Self) {
        self.awaited += other.awaited;
        self.open += other.open;
    }
}

/// Counters of a session over all its connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendCounters {
    /// Messages queued.
    pub messages: u64,
    /// Most bytes that were queued at one moment.
    pub peak_queued_bytes: usize,
}

/// Counters of failures in a session, over all its connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct FailureCounters {
    /// Messages lost.
    pub dropped: Dropped,
    /// Counters of requests. The gauges are not used.
    pub requests: RequestStats,
    /// Messages that the peer may not have received: see
    /// [`Session::handle_keep_alive`](super::Session::handle_keep_alive).
    pub unconfirmed: u64,
}
