//! Draining: reading the messages that a peer has sent before this side closes the connection.
//!
//! The wire has no frame that asks a peer to stop sending. So this side reads on until the peer has been
//! silent for a while:
//!
//! 1. Reading goes on until the operating system has no more input
//!    ([`handle_no_input`](Connection::handle_no_input)). From then on, it goes on for [`SETTLE_LIMIT`] at
//!    most.
//! 2. It ends once no bytes were received for [`SILENCE`]. A message that has begun is waited for.
//! 3. It ends after [`MAX_DRAINED_BYTES`] in any case.

use std::time::{Duration, Instant};

use super::Connection;
use super::lifecycle::{Drain, End, Lifecycle};
use crate::timer::Timer;
use crate::{DisconnectReason, Role};

/// Silence of the peer after which all that it has sent counts as read.
pub(super) const SILENCE: Duration = Duration::from_millis(50);

/// Longest time of reading after the operating system had no more input. It bounds the drain of a peer
/// that never falls silent.
const SETTLE_LIMIT: Duration = Duration::from_millis(500);

/// Most bytes that are read. It is more than the operating systems of both sides hold, and bounds the
/// drain of a peer that sends faster than this side reads.
const MAX_DRAINED_BYTES: usize = 16 * 1024 * 1024;

impl Connection {
    /// Begins to drain: messages that the peer has sent until now are still read and handled. Then the
    /// connection ends with [`DisconnectReason::Stopped`]. An interrupted session ends so at once.
    pub fn drain(&mut self, now: Instant) {
        match self.lifecycle {
            Lifecycle::Open => {
                self.lifecycle = Lifecycle::Draining(Drain {
                    remaining: MAX_DRAINED_BYTES,
                    deadline: None,
                });
            }
            Lifecycle::Interrupted(_) => self.end(DisconnectReason::Stopped, now),
            Lifecycle::Draining(_) | Lifecycle::Closing(_) | Lifecycle::Aborted(_) => {}
        }
    }

    /// Returns whether this side drains.
    #[inline]
    pub fn is_draining(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Draining(_))
    }

    /// Records that the operating system has no input at this moment.
    pub fn handle_no_input(&mut self, now: Instant) {
        let Lifecycle::Draining(drain) = &mut self.lifecycle else {
            return;
        };
        // Set once: a peer that goes on sending must not move it.
        let deadline = *drain.deadline.get_or_insert(now + SETTLE_LIMIT);
        // The silence begins with the first read without input, not anew with each.
        if self.timers.get(Timer::Drain).is_none() {
            self.timers.set(Timer::Drain, deadline.min(now + SILENCE));
        }
    }

    /// Counts received bytes, and restarts the time of silence.
    #[inline]
    pub(super) fn handle_input_while_draining(&mut self, bytes: usize, now: Instant) {
        let Lifecycle::Draining(drain) = &mut self.lifecycle else {
            return;
        };
        drain.remaining = drain.remaining.saturating_sub(bytes);
        // The peer is not silent. The timer is set again when there is no input.
        self.timers.stop(Timer::Drain);
        // The deadline is looked at here too: while bytes come, the timer is stopped.
        if drain.remaining == 0 || drain.deadline.is_some_and(|deadline| deadline <= now) {
            self.finish_drain(now);
        }
    }

    /// Handles the end of the time of silence.
    pub(super) fn handle_silence(&mut self, now: Instant) {
        let Lifecycle::Draining(drain) = self.lifecycle else {
            return;
        };
        let has_partial_message = self.recv_buffer.unfinished() > 0;
        if !self.is_reading() {
            // The peer was not silent: this side has not read.
            self.timers.set(Timer::Drain, now + SILENCE);
        } else if let Some(deadline) = drain.deadline.filter(|_| has_partial_message)
            && now < deadline
        {
            // The rest of the message is on its way.
            self.timers.set(Timer::Drain, deadline);
        } else {
            self.finish_drain(now);
        }
    }

    /// Ends the connection, but not the handling of the messages that are received. Meanwhile the peer,
    /// which is not read from any more, gets pings or pongs.
    fn finish_drain(&mut self, now: Instant) {
        match self.role {
            // The timer of the pings goes on. A client that does not read expects no pong.
            Role::Client => self.stop_message_timers(),
            Role::Server => {
                self.stop_input_timers();
                self.timers
                    .set(Timer::Paused, now + self.config.pong_interval());
            }
        }
        // Not by `end`, which would drop the received messages and limit the time of their callbacks.
        self.lifecycle = Lifecycle::Closing(End {
            reason: DisconnectReason::Stopped,
            delivers_rest: true,
        });
    }
}
