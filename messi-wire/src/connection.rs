//! One connection without I/O and without a clock.
//!
//! The caller passes received bytes and the time in (`handle_…`), and takes bytes to send, messages and
//! the next deadline out (`remaining_output`, `take_message`, `poll_timeout`). Each call returns at once.

mod drain;
#[cfg(test)]
mod hostile;
mod input;
mod lifecycle;
mod resumption;
#[cfg(test)]
mod tests;
mod timeouts;

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::lifecycle::{End, Lifecycle};
use crate::DisconnectReason;
use crate::config::ConnectionConfig;
use crate::keep_alive::KeepAlive;
use crate::recv_buffer::RecvBuffer;
use crate::resumption::Delivery;
use crate::role::Role;
use crate::send_buffer::SendBuffer;
use crate::timer::{Timer, Timers};

/// Longest time of closing by this side: the send queue is still written, and the peer has time to read
/// it.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Most capacity that the empty receive buffer of a connection in use keeps, in bytes. It avoids allocating for
/// each message.
const BUSY_CAPACITY: usize = 72 * 1024;

/// Most unused capacity that each of the two buffers of the sending direction of a connection in use keeps, in bytes.
/// To allocate them for each large message would cost more than to copy it. A server limits it further, by the memory
/// that its clients share.
const BUSY_SEND_CAPACITY: usize = 4 * 1024 * 1024;

/// Most capacity that each empty buffer of an idle connection keeps, in bytes.
pub const IDLE_CAPACITY: usize = 512;

/// Frames that some received bytes have completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Number of frames.
    pub frames: u32,
    /// Number of the frames that are messages.
    pub messages: u32,
}

/// The effect of the end of a connection on its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// Messages that were taken for writing and not written completely.
    pub unsent: u64,
    /// Whether the connection was lost: this side has not closed it in good order, so that the peer may not have
    /// received the written messages.
    pub is_lost: bool,
}

/// One connection, from its begin until both directions are closed.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug)]
pub struct Connection {
    role: Role,
    /// Shared by all connections of a server: idle connections must be small.
    config: Arc<ConnectionConfig>,
    recv_buffer: RecvBuffer,
    /// Whether reading has paused for lack of memory.
    lacks_memory: bool,
    /// Size of the partial message when its timer was set, in bytes.
    partial_size: usize,
    send_buffer: SendBuffer,
    /// Whether messages were received or sent since the last keep-alive deadline.
    is_used: bool,
    /// Whether there were no messages between the last two keep-alive deadlines.
    is_idle: bool,
    keep_alive: KeepAlive,
    /// Whether the peer was alive at a keep-alive check that was not reported yet.
    has_checked: bool,
    timers: Timers,
    lifecycle: Lifecycle,
    /// Whether a complete frame was received from the peer.
    is_validated: bool,
    /// Messages that were dropped before they were written.
    unsent: u64,
    /// The state that survives this connection, if the client has asked for a session.
    delivery: Option<Box<Delivery>>,
}

impl Connection {
    /// Creates a connection that begins `now`.
    pub fn new(role: Role, config: Arc<ConnectionConfig>, now: Instant) -> Self {
        let keep_alive = KeepAlive::new(role, &config, now);
        let mut timers = Timers::default();
        timers.set(Timer::KeepAlive, keep_alive.deadline(&config));
        Self {
            role,
            config,
            recv_buffer: RecvBuffer::default(),
            lacks_memory: false,
            partial_size: 0,
            send_buffer: SendBuffer::default(),
            is_used: false,
            is_idle: true,
            keep_alive,
            has_checked: false,
            timers,
            lifecycle: Lifecycle::Open,
            is_validated: false,
            unsent: 0,
            delivery: None,
        }
    }

    /// Returns the side of the connection.
    #[inline]
    pub fn role(&self) -> Role {
        self.role
    }

    // --- Bytes to send ---

    /// Returns bytes to write next; empty if there are no such bytes. They may be a part of
    /// [`output_len`](Self::output_len).
    #[inline]
    pub fn remaining_output(&self) -> &[u8] {
        self.send_buffer.remaining()
    }

    /// Returns the number of all bytes that remain to be written.
    #[inline]
    pub fn output_len(&self) -> usize {
        self.send_buffer.len()
    }

    /// Takes complete frames. `fill` appends them to an empty buffer, and returns the number of messages. No output may
    /// remain.
    #[inline]
    pub fn refill_output(&mut self, fill: impl FnOnce(&mut Vec<u8>) -> u64) {
        match &self.delivery {
            None => self.send_buffer.refill(|frames| {
                fill(frames);
            }),
            Some(_) => self.refill_kept_output(fill),
        }
        self.is_used |= !self.send_buffer.is_empty();
    }

    /// Records that the first `count` of the remaining bytes are written.
    #[inline]
    pub fn handle_written(&mut self, count: usize) {
        let delivery = &mut self.delivery;
        self.send_buffer.advance(count, |frames| {
            if let Some(delivery) = delivery {
                delivery.keep(frames);
            }
        });
        // Any progress ends the timeout. The next attempt that is blocked begins it anew.
        self.timers.stop(Timer::Write);
    }

    /// Records that the peer accepts no more bytes at this moment.
    #[inline]
    pub fn handle_write_blocked(&mut self, now: Instant) {
        // Further attempts do not prolong it: it counts from the first one without progress.
        if self.timers.get(Timer::Write).is_none() {
            self.timers
                .set(Timer::Write, now + self.config.write_timeout);
        }
    }

    // --- End ---

    /// Ends the connection. The first reason is kept. A later one that stops the handler still makes this side handle
    /// no more messages, and limits the time of closing.
    pub fn end(&mut self, reason: DisconnectReason, now: Instant) {
        match &mut self.lifecycle {
            Lifecycle::Open | Lifecycle::Draining(_) => self.end_first(reason, now),
            Lifecycle::Interrupted(_) => {
                self.end_first(reason, now);
                // No connection follows on which the rest could be written.
                self.abort();
            }
            Lifecycle::Closing(end) | Lifecycle::Aborted(end) if reason.stops_handler() => {
                end.delivers_rest = false;
                self.close_within(CLOSE_TIMEOUT, now);
            }
            Lifecycle::Closing(_) | Lifecycle::Aborted(_) => {}
        }
    }

    fn end_first(&mut self, reason: DisconnectReason, now: Instant) {
        // A peer that has closed its direction may still read: `handle_closing` limits that time.
        if reason != DisconnectReason::ConnectionClosed {
            self.close_within(CLOSE_TIMEOUT, now);
        }
        // Reading stops here, so that the silence of the peer has no meaning.
        self.stop_input_timers();
        self.timers.stop(Timer::Paused);
        self.lifecycle = Lifecycle::Closing(End {
            delivers_rest: !reason.is_local(),
            reason,
        });
    }

    /// Records that all messages are handled, and only the send queue is left to write. A peer that has
    /// closed its direction may take as long to read as it may block a write.
    pub fn handle_closing(&mut self, now: Instant) {
        if let Lifecycle::Closing(end) = &self.lifecycle
            && end.reason == DisconnectReason::ConnectionClosed
        {
            self.close_within(self.config.write_timeout, now);
        }
    }

    /// Records that this side's direction is closed. The peer has little time to close the other.
    pub fn handle_shut_down(&mut self, now: Instant) {
        // No ping or pong can be sent any more.
        self.timers.stop(Timer::Paused);
        self.timers.stop(Timer::KeepAlive);
        self.close_within(CLOSE_TIMEOUT, now);
    }

    /// Limits the time until the connection is aborted.
    fn close_within(&mut self, limit: Duration, now: Instant) {
        let deadline = now + limit;
        // Never prolonged: causes that follow one another must not keep a connection closing.
        let earlier = self.timers.get(Timer::Close);
        if earlier.is_none_or(|earlier| deadline < earlier) {
            self.timers.set(Timer::Close, deadline);
        }
    }

    /// Drops the bytes to send. The caller closes the socket at once.
    pub fn abort(&mut self) {
        self.lifecycle.abort();
        // Counted before they are dropped.
        self.unsent += self.send_buffer.unwritten_messages();
        self.send_buffer.clear();
        // The socket is closed at once: no deadline is left.
        self.timers = Timers::default();
    }

    /// Returns whether the peer may still read the written bytes, as far as is known.
    #[inline]
    pub fn is_peer_reading(&self) -> bool {
        match &self.lifecycle {
            Lifecycle::Open | Lifecycle::Draining(_) | Lifecycle::Interrupted(_) => true,
            // After a drain, the messages of the peer are handled and answered.
            Lifecycle::Closing(end) => end.delivers_rest && end.reason == DisconnectReason::Stopped,
            Lifecycle::Aborted(_) => false,
        }
    }

    /// Returns whether this side only closes the connection: a callback that is running can't receive or
    /// send any more.
    #[inline]
    pub fn is_closing(&self) -> bool {
        self.lifecycle.is_aborted() || !self.lifecycle.delivers_messages()
    }

    /// Returns the reason of the end, once the connection has ended.
    #[inline]
    pub fn end_reason(&self) -> Option<&DisconnectReason> {
        self.lifecycle.end().map(|end| &end.reason)
    }

    /// Returns whether the connection is aborted: the socket is to be closed at once.
    #[inline]
    pub fn is_aborted(&self) -> bool {
        self.lifecycle.is_aborted()
    }

    /// Returns whether a complete frame was received, so that the peer speaks this protocol.
    pub fn is_validated(&self) -> bool {
        self.is_validated
    }

    // --- Memory ---

    /// Frees memory that is not needed now. An empty receive buffer keeps `input` bytes at most, the
    /// send buffer `output` bytes.
    #[inline]
    pub fn release(&mut self, input: usize, output: usize) {
        self.recv_buffer.release(input);
        self.send_buffer.release(output);
        self.send_buffer.trim(output);
    }

    /// Drops all received bytes that are not handled.
    pub fn drop_input(&mut self) {
        self.recv_buffer = RecvBuffer::default();
    }

    /// Returns the most capacity that the empty receive buffer keeps, in bytes.
    #[inline]
    pub fn recv_capacity_limit(&self) -> usize {
        self.capacity_limit(BUSY_CAPACITY)
    }

    /// Returns the most unused capacity that each of the two buffers of the sending direction keeps, in bytes.
    #[inline]
    pub fn send_capacity_limit(&self) -> usize {
        self.capacity_limit(BUSY_SEND_CAPACITY)
    }

    #[inline]
    fn capacity_limit(&self, busy: usize) -> usize {
        // In use at once, but idle only after a whole keep-alive interval: a short pause frees no buffers.
        if self.is_used || !self.is_idle {
            busy
        } else {
            IDLE_CAPACITY
        }
    }

    /// Returns the effect of the end of the connection on its messages.
    pub fn ending(&self) -> Ending {
        let reason = self.end_reason();
        Ending {
            unsent: self.unsent + self.send_buffer.unwritten_messages(),
            is_lost: self.is_aborted() || reason == Some(&DisconnectReason::ConnectionClosed),
        }
    }

    /// Returns whether there was a keep-alive check since the last call at which the peer was alive.
    pub fn take_keep_alive_check(&mut self) -> bool {
        mem::take(&mut self.has_checked)
    }

    /// Returns the memory of the receive buffer, in bytes.
    #[inline]
    pub fn input_memory(&self) -> usize {
        self.recv_buffer.capacity()
    }

    /// Returns the time from a ping to its pong, if the pong was received since the last call.
    #[inline]
    pub fn take_round_trip_time(&mut self) -> Option<Duration> {
        self.keep_alive.take_round_trip_time()
    }
}
