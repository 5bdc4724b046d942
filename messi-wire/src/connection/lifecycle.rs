//! The lifecycle of a connection.

use std::time::Instant;

use crate::DisconnectReason;

/// State of a connection. It only moves forward, from one variant to a later one, but in two cases: a session
/// goes on after an interruption, and a message can't be decoded: see
/// [`Connection::handle_decode_error`](super::Connection::handle_decode_error).
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
pub(super) enum Lifecycle {
    /// Messages are received and sent.
    Open,
    /// This side is about to close the connection, and still reads the messages that the peer has sent.
    Draining(Drain),
    /// The connection is lost, and the session waits for another one.
    Interrupted(DisconnectReason),
    /// The connection has ended. The frames in the send queue are still written.
    Closing(End),
    /// The connection has ended. The frames in the send queue are dropped.
    Aborted(End),
}

/// Progress of a drain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drain {
    /// Bytes that may still be read.
    pub(super) remaining: usize,
    /// End of reading; set once the operating system had no more input.
    pub(super) deadline: Option<Instant>,
}

/// How a connection has ended.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
pub(super) struct End {
    /// The first cause.
    pub(super) reason: DisconnectReason,
    /// Whether the messages received before the end are still handled.
    pub(super) delivers_rest: bool,
}

impl Lifecycle {
    /// Returns whether the connection has not ended.
    #[inline]
    pub(super) fn is_active(&self) -> bool {
        matches!(self, Self::Open | Self::Draining(_))
    }

    /// Returns how the connection has ended.
    #[inline]
    pub(super) fn end(&self) -> Option<&End> {
        match self {
            Self::Open | Self::Draining(_) | Self::Interrupted(_) => None,
            Self::Closing(end) | Self::Aborted(end) => Some(end),
        }
    }

    /// Returns whether received messages are handled.
    #[inline]
    pub(super) fn delivers_messages(&self) -> bool {
        self.end().is_none_or(|end| end.delivers_rest)
    }

    /// Returns whether the frames in the send queue are dropped.
    #[inline]
    pub(super) fn is_aborted(&self) -> bool {
        matches!(self, Self::Aborted(_))
    }

    /// Moves to [`Aborted`](Self::Aborted), and keeps the reason of the end.
    pub(super) fn abort(&mut self) {
        *self = match std::mem::replace(self, Self::Open) {
            Self::Closing(end) | Self::Aborted(end) => Self::Aborted(end),
            Self::Interrupted(reason) => Self::Aborted(End {
                reason,
                delivers_rest: true,
            }),
            Self::Open | Self::Draining(_) => Self::Aborted(End {
                reason: DisconnectReason::ConnectionClosed,
                delivers_rest: true,
            }),
        };
    }
}
