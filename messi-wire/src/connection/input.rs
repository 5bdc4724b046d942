//! The receiving direction of a connection.
//!
//! The order of the work on received bytes, in [`Connection::handle_input`] and [`Connection::handle_rest`]:
//!
//! 1. The peer is active: keep-alive is notified, and the pause of reading is over.
//! 2. Each complete frame is checked and scanned. Keep-alive frames are handled, responses are given to
//!    the caller, and messages stay in the buffer until they are taken.
//! 3. The timer of the partial message at the end of the buffer is set or stopped.
//! 4. A drain counts the bytes, and may end the connection.
//! 5. A server sends a pong if it has not sent one for a while.

use std::time::Instant;

use prost::DecodeError;
use prost::bytes::Bytes;

use super::{Connection, Lifecycle, Received};
use crate::frame::{Header, MessageType};
use crate::recv_buffer::RecvBuffer;
use crate::timer::Timer;
use crate::{DisconnectReason, Role};

impl Connection {
    /// Returns whether to read from the peer. Reading pauses while too many bytes wait for the handler,
    /// so that TCP slows the peer down, and stops once the connection has ended.
    #[inline]
    pub fn wants_input(&self) -> bool {
        self.lifecycle.is_active() && self.recv_buffer.unhandled() < self.config.max_unhandled_bytes
    }

    /// Returns whether the peer is read from, so that its silence means something.
    pub(super) fn is_reading(&self) -> bool {
        self.wants_input() && !self.lacks_memory
    }

    /// Records that reading has paused for lack of memory.
    pub fn handle_memory_exhausted(&mut self, now: Instant) {
        self.lacks_memory = true;
        // Its client must not take the silence of a busy server for that of a dead one.
        if self.role == Role::Server {
            self.timers
                .set(Timer::Paused, now + self.config.pong_interval());
        }
    }

    /// Records that there is memory for received bytes again.
    pub fn handle_memory_available(&mut self) {
        self.lacks_memory = false;
    }

    /// Returns whether all frames that are received completely are taken, and more may be received.
    #[inline]
    pub fn waits_for_input(&self) -> bool {
        self.lifecycle.is_active() && self.recv_buffer.unhandled() == 0
    }

    /// Returns how many bytes can be received without more memory.
    #[inline]
    pub fn free_input(&self) -> usize {
        self.recv_buffer.free()
    }

    /// Handles received bytes, and returns how many frames they have completed. The receive buffer grows
    /// to `max_memory` bytes at most, if the bytes fit into it.
    ///
    /// Keep-alive frames are handled at once. So is a message that `take_response` accepts, by its
    /// payload. Other messages wait for [`take_message`](Self::take_message).
    pub fn handle_input(
        &mut self,
        bytes: &[u8],
        max_memory: usize,
        now: Instant,
        take_response: impl FnMut(&[u8]) -> bool,
    ) -> Received {
        if !self.lifecycle.is_active() {
            return Received::default();
        }
        self.recv_buffer.append(bytes, max_memory);
        self.handle_received(bytes.len(), now, take_response)
    }

    /// Returns the place of the bytes to receive next, if they belong to a large message of which at least `min`
    /// bytes are missing. It is `max` bytes at most, and the receive buffer grows to `max_memory` bytes at most,
    /// if they fit into it.
    #[inline]
    pub fn rest_of_message(
        &mut self,
        min: usize,
        max: usize,
        max_memory: usize,
    ) -> Option<&mut [u8]> {
        self.recv_buffer.rest(min, max, max_memory)
    }

    /// Handles the first `count` bytes of the last [`rest_of_message`](Self::rest_of_message), like
    /// [`handle_input`](Self::handle_input).
    pub fn handle_rest(
        &mut self,
        count: usize,
        now: Instant,
        take_response: impl FnMut(&[u8]) -> bool,
    ) -> Received {
        if !self.lifecycle.is_active() {
            return Received::default();
        }
        self.recv_buffer.advance(count);
        self.handle_received(count, now, take_response)
    }

    /// Handles bytes at the end of the receive buffer.
    #[inline]
    fn handle_received(
        &mut self,
        count: usize,
        now: Instant,
        mut take_response: impl FnMut(&[u8]) -> bool,
    ) -> Received {
        let mut received = Received::default();
        self.keep_alive.handle_activity(now);
        // Set again below if these bytes make reading pause.
        self.timers.stop(Timer::Paused);
        while let Some(header) = self.recv_buffer.peek() {
            // By its header alone: a frame that is too big must not be received.
            if let Err(reason) = self.check(header) {
                self.end(reason, now);
                return received;
            }
            if !self.recv_buffer.scan(header) {
                break;
            }
            self.is_validated = true;
            received.frames += 1;
            if header.type_byte == self.role.received() as u8 {
                received.messages += 1;
                self.is_used = true;
                if let Some(delivery) = &mut self.delivery {
                    delivery.handle_received(header.frame_size());
                }
                // Before earlier messages are handled: their callbacks may await this response.
                if take_response(self.recv_buffer.last_payload(header)) {
                    // It stays in its place: to remove it would move the bytes behind it.
                    self.recv_buffer.hide_last(header);
                }
            } else {
                self.handle_keep_alive_frame(header, now);
                // It may have said that the session ends: the bytes that follow have no meaning.
                if !self.lifecycle.is_active() {
                    return received;
                }
            }
        }
        self.acknowledge_received();
        self.watch_partial_message(received.frames > 0, now);
        self.handle_input_while_draining(count, now);
        self.send_progress_pong(now);
        received
    }

    fn handle_keep_alive_frame(&mut self, header: Header, now: Instant) {
        // First: the pong below is then the response to the content of the ping.
        self.handle_control(header, now);
        if !self.lifecycle.is_active() {
            return;
        }
        match header.message_type() {
            Some(MessageType::Ping) if self.role == Role::Server => self.send_pong(now),
            Some(MessageType::Pong) => self.keep_alive.handle_pong(&self.config, now),
            // Only a client comes here, which ignores other types: a server has refused them in `check`.
            _ => {}
        }
    }

    /// Checks the header of a frame before the frame is received.
    #[inline]
    fn check(&self, header: Header) -> Result<(), DisconnectReason> {
        let limit = self.config.max_received_size;
        // Messages first, which most frames are.
        let is_known = header.type_byte == self.role.received() as u8
            || self.role == Role::Client
            || header.message_type() == Some(MessageType::Ping);
        // Before the size: that of bytes that are no frame has no meaning.
        if !is_known {
            return Err(DisconnectReason::UnexpectedMessageType(header.type_byte));
        }
        if header.size > limit {
            return Err(DisconnectReason::MessageTooBig {
                size: header.size,
                limit,
            });
        }
        Ok(())
    }

    /// Handles the end of the peer's direction.
    pub fn handle_end_of_input(&mut self, now: Instant) {
        if self.is_resumable() {
            // A peer that leaves a session for good says so before.
            self.handle_loss(DisconnectReason::ConnectionClosed, now);
        } else {
            self.end(DisconnectReason::ConnectionClosed, now);
        }
    }

    /// Ends and aborts the connection.
    pub fn fail(&mut self, reason: DisconnectReason, now: Instant) {
        self.end(reason, now);
        self.abort();
    }

    /// Returns the size of the next message for the handler, in bytes.
    ///
    /// Messages received before the peer closed the connection, or before a drain ended, are still returned. Once
    /// this side has ended the connection for another reason, no messages are returned.
    #[inline]
    pub fn next_message_size(&mut self) -> Option<usize> {
        if !self.lifecycle.delivers_messages() {
            return None;
        }
        let expected = Some(self.role.received());
        while let Some(header) = self.recv_buffer.first() {
            if header.message_type() == expected {
                return Some(header.size);
            }
            // Keep-alive frames and awaited responses were handled when they were scanned.
            self.recv_buffer.take();
        }
        None
    }

    /// Takes the next message for the handler if it is the next frame, is smaller than `limit`, and the connection
    /// has not ended. Returns its size. Otherwise, [`next_message_size`](Self::next_message_size) may still find one.
    #[inline]
    pub fn take_small_message(&mut self, limit: usize) -> Option<usize> {
        let header = self.recv_buffer.first()?;
        let is_message = header.type_byte == self.role.received() as u8;
        let is_usual = is_message && header.size < limit && self.lifecycle.is_active();
        is_usual.then(|| {
            self.recv_buffer.take_first(header.size);
            header.size
        })
    }

    /// Takes the next message for the handler, and returns its payload: see
    /// [`next_message_size`](Self::next_message_size).
    pub fn next_message(&mut self) -> Option<&[u8]> {
        let size = self.next_message_size()?;
        self.take_message(size);
        Some(self.payload())
    }

    /// Takes the message of this size that [`next_message_size`](Self::next_message_size) has returned.
    #[inline]
    pub fn take_message(&mut self, size: usize) {
        self.recv_buffer.take_first(size);
    }

    /// Returns the payload of the message taken last, until the next [`handle_input`](Self::handle_input) or
    /// [`share_payload`](Self::share_payload).
    #[inline]
    pub fn payload(&self) -> &[u8] {
        self.recv_buffer.payload()
    }

    /// Returns the payload of the message taken last with the memory that it was received in, if that is better than
    /// a copy of it.
    #[inline]
    pub fn share_payload(&mut self) -> Option<Bytes> {
        self.recv_buffer.share()
    }

    /// Ends the connection because the message taken last can't be decoded. It and all messages after it
    /// are dropped.
    ///
    /// This replaces the reason of an earlier end: the message was received before.
    pub fn handle_decode_error(&mut self, error: DecodeError, now: Instant) {
        // The peer can't know which message was not handled, so that no message after it may be handled.
        self.recv_buffer = RecvBuffer::default();
        let was_aborted = self.lifecycle.is_aborted();
        // So that `end` takes this reason as the first one.
        self.lifecycle = Lifecycle::Open;
        self.end(DisconnectReason::MessageDecodeError(error), now);
        if was_aborted {
            self.lifecycle.abort();
        }
    }
}
