//! Counts of what nobody is told of when it happens.

use std::sync::atomic::{AtomicU64, Ordering};

/// What was lost or passed over on a connection, or on all connections of a client so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages that were not sent: there was no connection or no room, or they were too big.
    pub dropped_messages: u64,
    /// Received messages that hold no choice that this side's schema has. A newer peer may send
    /// them.
    pub ignored_messages: u64,
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    dropped_messages: AtomicU64,
    ignored_messages: AtomicU64,
}

impl Counters {
    /// Counts a message that was not sent.
    pub(crate) fn count_dropped(&self) {
        self.dropped_messages.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a received message that nobody handles.
    pub(crate) fn count_ignored(&self) {
        self.ignored_messages.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts at this moment.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            dropped_messages: self.dropped_messages.load(Ordering::Relaxed),
            ignored_messages: self.ignored_messages.load(Ordering::Relaxed),
        }
    }
}
