//! The deadlines of a connection.

use std::mem;
use std::time::Instant;

use super::Connection;
use crate::frame::MessageType;
use crate::keep_alive::Due;
use crate::timer::Timer;
use crate::{DisconnectReason, Role};

impl Connection {
    /// Returns the time of the next call of [`handle_timeout`](Self::handle_timeout).
    #[inline]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Handles all timers that are due `now`.
    ///
    /// The timers that abort the connection come first: [`abort`](Self::abort) stops all others. That of
    /// keep-alive comes last: on a server, the end of a drain stops it.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.timers.is_due(Timer::Close, now) {
            // The reason of the end is kept.
            self.abort();
        }
        if self.timers.is_due(Timer::Write, now) {
            self.handle_loss(DisconnectReason::SlowConsumer, now);
        }
        if self.timers.is_due(Timer::Message, now) {
            self.handle_message_timeout(now);
        }
        if self.timers.is_due(Timer::Paused, now) {
            self.handle_paused(now);
        }
        if self.timers.is_due(Timer::Drain, now) {
            self.handle_silence(now);
        }
        if self.timers.is_due(Timer::KeepAlive, now) {
            self.handle_keep_alive(now);
        }
    }

    /// Sends a pong while this server has paused reading: it can't see the pings of the client, which must
    /// not take that for silence.
    fn handle_paused(&mut self, now: Instant) {
        if self.is_reading() {
            return self.timers.stop(Timer::Paused);
        }
        self.send_pong(now);
        self.timers
            .set(Timer::Paused, now + self.config.pong_interval());
    }

    /// Ends the connection if the partial message has made too little progress.
    ///
    /// A message has its time again if it has made enough progress, or if reading has paused for the
    /// handler. If reading has paused for lack of memory, it does not: the memory that the message takes
    /// is then the memory that other connections lack.
    fn handle_message_timeout(&mut self, now: Instant) {
        let unfinished = self.recv_buffer.unfinished();
        let expected = self.partial_size.saturating_add(self.config.min_progress());
        if self.wants_input() && unfinished < expected {
            return self.handle_loss(DisconnectReason::MessageTimeout, now);
        }
        // The next interval asks for as much progress again, from here on.
        self.partial_size = unfinished;
        self.timers
            .set(Timer::Message, now + self.config.message_timeout);
    }

    fn handle_keep_alive(&mut self, now: Instant) {
        // The pace of keep-alive separates idle connections from used ones: no timer is needed for it.
        self.is_idle = !mem::take(&mut self.is_used);
        if !self.is_reading() {
            // This side has not read, so that the silence of the peer has no meaning.
            self.keep_alive.handle_activity(now);
        }
        match self.keep_alive.poll(&self.config, now) {
            Due::Nothing => {}
            Due::Ping => self.push_keep_alive(MessageType::Ping),
            Due::Expired => return self.handle_loss(DisconnectReason::KeepAliveTimeout, now),
        }
        // Not for a peer that has expired: the check would count it as alive.
        self.has_checked = true;
        // Also if no action was due: received bytes have moved the deadline, but not the timer.
        let deadline = self.keep_alive.deadline(&self.config);
        self.timers.set(Timer::KeepAlive, deadline);
    }

    /// Sends a pong.
    pub(super) fn send_pong(&mut self, now: Instant) {
        self.push_keep_alive(MessageType::Pong);
        self.keep_alive.handle_pong_sent(&self.config, now);
    }

    /// Sends a pong if this side has not sent one for a while, and again while reading is paused. The
    /// pings of the client may be stuck behind the messages that it uploads.
    #[inline]
    pub(super) fn send_progress_pong(&mut self, now: Instant) {
        if self.role == Role::Client {
            return;
        }
        if self.keep_alive.is_pong_due(now) {
            self.send_pong(now);
        }
        // These bytes have made reading pause: from now on, the timer sends the pongs.
        if !self.wants_input() {
            self.timers
                .set(Timer::Paused, now + self.config.pong_interval());
        }
    }

    /// Sets the timer of the partial message, if there is one. A new message gets its full time.
    #[inline]
    pub(super) fn watch_partial_message(&mut self, is_new: bool, now: Instant) {
        if self.recv_buffer.unfinished() == 0 {
            self.timers.stop(Timer::Message);
        } else if is_new || self.timers.get(Timer::Message).is_none() {
            self.partial_size = 0;
            self.timers
                .set(Timer::Message, now + self.config.message_timeout);
        }
    }

    /// Stops the timers that depend on received bytes.
    pub(super) fn stop_input_timers(&mut self) {
        self.timers.stop(Timer::KeepAlive);
        self.stop_message_timers();
    }

    /// Stops the timers of messages that are being received.
    pub(super) fn stop_message_timers(&mut self) {
        self.timers.stop(Timer::Message);
        self.timers.stop(Timer::Drain);
    }
}
