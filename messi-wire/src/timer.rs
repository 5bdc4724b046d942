//! The deadlines of a connection.

use std::time::Instant;

/// Purpose of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A ping is due, or the peer has been silent for too long.
    KeepAlive,
    /// The peer has not read anything for too long.
    Write,
    /// A server that has paused reading must send a pong.
    Paused,
    /// A message that has begun to arrive must have made progress.
    Message,
    /// Draining: the peer has been silent long enough to stop reading.
    Drain,
    /// Closing must not take longer.
    Close,
}

/// Number of timers.
const COUNT: usize = 6;

/// Deadlines by timer.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub struct Timers {
    deadlines: [Option<Instant>; COUNT],
    /// The earliest one. It is looked at more often than it changes.
    next: Option<Instant>,
}

impl Timers {
    /// Returns the deadline of a timer, if it is set.
    #[inline]
    pub fn get(&self, timer: Timer) -> Option<Instant> {
        self.deadlines[timer as usize]
    }

    /// Sets the deadline of a timer.
    #[inline]
    pub fn set(&mut self, timer: Timer, deadline: Instant) {
        self.change(timer, Some(deadline));
    }

    /// Stops a timer.
    #[inline]
    pub fn stop(&mut self, timer: Timer) {
        // Most are stopped by each message and set by few.
        if self.get(timer).is_some() {
            self.change(timer, None);
        }
    }

    fn change(&mut self, timer: Timer, deadline: Option<Instant>) {
        self.deadlines[timer as usize] = deadline;
        self.next = self.deadlines.iter().copied().flatten().min();
    }

    /// Returns whether a timer is due.
    #[inline]
    pub fn is_due(&self, timer: Timer, now: Instant) -> bool {
        self.get(timer).is_some_and(|deadline| deadline <= now)
    }

    /// Returns the earliest deadline.
    #[inline]
    pub fn next(&self) -> Option<Instant> {
        self.next
    }
}
