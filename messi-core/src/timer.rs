//! The deadlines of a connection.

use std::time::Instant;

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Ask the peer for a sign of life, or give it up.
    KeepAlive,
    /// Give up a peer that takes nothing of what is sent.
    Write,
    /// Tell a client that its server, which has paused reading, is there.
    Paused,
    /// Give up a peer that does not go on with a message it has begun.
    Message,
    /// Read nothing more from a peer that is left, as nothing comes any more.
    Leave,
    /// Close without waiting any longer for the peer.
    Close,
}

/// How many timers there are.
const COUNT: usize = 6;

/// The deadline of each timer, where it is set.
#[derive(Debug, Default)]
pub(crate) struct Timers([Option<Instant>; COUNT]);

impl Timers {
    /// The deadline of a timer.
    pub(crate) fn get(&self, timer: Timer) -> Option<Instant> {
        self.0[timer as usize]
    }

    /// Sets the deadline of a timer.
    pub(crate) fn set(&mut self, timer: Timer, deadline: Instant) {
        self.0[timer as usize] = Some(deadline);
    }

    /// Forgets the deadline of a timer.
    pub(crate) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    /// Whether the deadline of a timer has come.
    pub(crate) fn is_due(&self, timer: Timer, now: Instant) -> bool {
        self.get(timer).is_some_and(|deadline| deadline <= now)
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.iter().copied().flatten().min()
    }
}
