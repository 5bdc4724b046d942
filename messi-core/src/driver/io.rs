//! Moving bytes between the socket, the connection and the mailbox.
//!
//! The order of one turn ([`Driver::poll_turn`]):
//!
//! 1. Other tasks run first if the budget of this task is spent.
//! 2. Frames are written. A batch has all frames that were queued when it was taken; the next one is taken once
//!    it has left the buffers of the socket.
//! 3. The socket is read once, if input is wanted and there is memory for it.
//! 4. Timers that are due are handled, after the read: bytes that have waited for this task are no silence of the peer.
//!    If no bytes were read, it is arranged that the next timer wakes the task.
//! 5. If no step has given the caller anything to do, unused memory is freed, and the task is parked.
//!
//! A write that is blocked keeps neither the socket from being read nor the timers from being handled.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use std::{io, mem};

use futures::io::{AsyncRead, AsyncWrite};
use messi_wire::connection::IDLE_CAPACITY;

use super::Driver;
use super::receive_memory::Room;
use crate::scratch::{READ_SIZE, Scratch};
use crate::transport::BoxSocket;

impl Driver {
    /// Moves bytes, and is ready when the caller has something new to look at. Pending, it has arranged
    /// for the task to be woken.
    pub(super) fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Here too: while a callback is pending, no other step looks at the budget.
        ready!(self.poll_turn_budget(cx));
        self.mailbox.handle_awake();
        // A new socket is used in this turn already.
        let has_taken_over = self.poll_handover(cx).is_ready();
        // A write may make room, which the caller waits for: a server handles no message while there is no room.
        let was_congested = self.is_congested();
        let had_ended = self.connection.end_reason().is_some();
        // Written first: responses of callbacks leave before the next messages are read.
        // Blocked or not, reading goes on: if both sides only wrote, neither would ever finish.
        let _ = self.poll_write(cx);
        if let Poll::Ready(now) = self.poll_read(cx) {
            // A peer that always has something to read must not hold the timers up.
            self.handle_due_timers(now);
            self.look_at_session();
            return Poll::Ready(());
        }
        // Reading the clock costs as much as a part of a message. A timer that has become due since the last read of this
        // turn wakes the task once more.
        let now = self.read_at.unwrap_or_else(|| self.now());
        let is_due = self.poll_timer(cx, now).is_ready();
        let is_interrupted = self.look_at_session();
        let has_room = was_congested && !self.is_congested();
        let has_ended = !had_ended && self.connection.end_reason().is_some();
        // A write alone is no news for the caller, but for the room that it has made.
        let has_session_changed = has_taken_over || is_interrupted;
        if has_session_changed || is_due || has_room || has_ended {
            return Poll::Ready(());
        }
        // Not parked: a task that wakes itself finds new frames and commands in its next turn.
        if mem::take(&mut self.reads_again) {
            self.end_turn();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.park(cx)
    }

    /// Is pending once this task has done enough for now, so that other tasks run.
    #[inline]
    pub(super) fn poll_turn_budget(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.turn.is_spent() {
            return Poll::Ready(());
        }
        self.end_turn();
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Records that the task is about to be pending.
    fn end_turn(&mut self) {
        self.turn.renew();
        self.read_at = None;
        // Others may decode until the next turn, even if a callback waits.
        self.decode_permit.release();
    }

    /// Frees unused memory, and arranges for the task to be woken by the mailbox. Ready if there is something to do
    /// already.
    pub(super) fn park(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let idle_capacity = self.send_capacity_limit();
        // Only before sleep: a busy connection would allocate the memory again at once.
        self.release_memory(idle_capacity);
        // New frames are no reason to wake a task that can't write them.
        let is_blocked =
            self.is_write_blocked || self.socket.is_none() || self.connection.holds_output();
        if self.mailbox.park(cx.waker(), is_blocked, idle_capacity) {
            self.end_turn();
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Frees memory that is not needed while the task sleeps. An empty send buffer keeps `output` bytes at most.
    fn release_memory(&mut self, output: usize) {
        let mut input = self.connection.recv_capacity_limit();
        if self.connection.input_memory() > IDLE_CAPACITY && self.receive_permit.is_short() {
            input = IDLE_CAPACITY;
        }
        self.connection.release(input, output);
        // After the release: returned memory wakes connections that wait for it.
        self.receive_permit.set(self.connection.input_memory());
    }

    /// Returns the most capacity that each empty buffer of the sending direction keeps, in bytes.
    fn send_capacity_limit(&self) -> usize {
        let shared = self.mailbox.idle_capacity_limit();
        self.connection.send_capacity_limit().min(shared)
    }

    // --- Writing ---

    /// Writes the frames that are queued now, after those that are to be sent again. It is pending if the socket does
    /// not accept all of them.
    #[inline]
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_output() {
            return self.poll_write_output(cx);
        }
        self.is_write_blocked = false;
        Poll::Ready(())
    }

    fn poll_write_output(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut result = self.poll_write_frames(cx);
        // The window bounds them.
        while result.is_ready() && self.can_replay() {
            result = self.poll_write_frames(cx);
        }
        self.is_write_blocked = result.is_pending();
        if self.is_write_blocked {
            self.connection.handle_write_blocked(self.now());
        }
        result
    }

    /// Returns whether there are frames to send again, and a connection to send them on: the last write may have lost it.
    fn can_replay(&self) -> bool {
        let is_lost = self.connection.interruption().is_some() || self.connection.is_aborted();
        self.connection.is_replaying() && self.socket.is_some() && !is_lost
    }

    /// Returns whether there is something to write or to flush. It costs less than to lock the mailbox.
    #[inline]
    fn has_output(&self) -> bool {
        // A ping or pong is not queued. Frames that come after this look keep the task from parking.
        self.mailbox.queued() > 0
            || !self.connection.remaining_output().is_empty()
            || !self.is_flushed
            || self.connection.is_replaying()
    }

    fn poll_write_frames(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // They wait for the next connection of the session.
        if self.connection.interruption().is_some() {
            return Poll::Ready(());
        }
        if self.connection.remaining_output().is_empty() {
            // The frames taken before must have left the socket's buffers: then they count as written.
            ready!(self.poll_flush(cx));
            let mailbox = &self.mailbox;
            self.connection.refill_output(|frames| mailbox.take(frames));
            self.handle_nothing_taken();
            // Before these frames are written, so that it holds for them already.
            self.limit_unsent();
        }
        // Without a look at the turn: the send queue bounds the batch.
        while !self.connection.remaining_output().is_empty() {
            let Some(socket) = &mut self.socket else {
                return Poll::Ready(());
            };
            match ready!(Pin::new(socket).poll_write(cx, self.connection.remaining_output())) {
                Ok(0) => self.handle_io_error(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.handle_written(count),
                // It drops the output, which ends the loop. Only an interrupted write is repeated.
                Err(error) => self.handle_io_error(error),
            }
        }
        // With each batch: a socket such as that of TLS may keep the end of it in a buffer.
        self.poll_flush(cx)
    }

    /// Records that no bytes are in flight, if that is news for the mailbox: the peer may have received the bytes that
    /// were being written when a connection was lost.
    #[inline]
    fn handle_nothing_taken(&mut self) {
        let is_empty = self.connection.remaining_output().is_empty();
        if is_empty && self.mailbox.queued() > 0 && !self.connection.holds_output() {
            self.mailbox.handle_written(0);
        }
    }

    /// Makes the operating system accept less, once the mailbox wants it.
    fn limit_unsent(&mut self) {
        if let Some(limit) = self.mailbox.unsent_limit()
            && self.unsent_limit != Some(limit)
            && let Some(socket) = &self.socket
        {
            self.unsent_limit = Some(limit);
            socket.limit_unsent(limit);
        }
    }

    fn handle_written(&mut self, count: usize) {
        self.turn.spend_transfer();
        self.poll_busily();
        self.mailbox.transfers.sent_bytes.add(count as u64);
        self.connection.handle_written(count);
        let remaining = self.connection.output_len();
        if remaining > 0 {
            self.report_written(remaining);
        } else {
            // Recorded by the flush that follows.
            self.is_flushed = false;
        }
    }

    /// Reports to the mailbox how many of the bytes in flight remain to be written. While frames are sent again, all of
    /// them do.
    fn report_written(&self, remaining: usize) {
        if !self.connection.is_replaying() {
            self.mailbox.handle_written(remaining);
        }
    }

    /// Flushes the buffers of the socket. Only then all frames count as written.
    #[inline]
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(socket) = self.socket.as_mut().filter(|_| !self.is_flushed) else {
            return Poll::Ready(());
        };
        match ready!(Pin::new(socket).poll_flush(cx)) {
            Ok(()) => {
                self.is_flushed = true;
                // This is progress too, and stops the write timeout: that also runs while a flush is pending.
                self.connection.handle_written(0);
                self.report_written(0);
            }
            Err(error) => self.handle_io_error(error),
        }
        Poll::Ready(())
    }

    // --- Reading ---

    /// Reads once, if input is wanted. Ready with the time when bytes, the end of the input or an error
    /// were received.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        if !self.connection.wants_input() || self.flood_limiter.paused_until().is_some() {
            // A notification for memory that this connection can't use now must go to another one.
            self.stop_waiting_for_memory();
            // Without a waker: reading goes on when this task has handled messages, or when the pause ends.
            return Poll::Pending;
        }
        // Memory comes before the read: bytes that were read have to be kept.
        let room = ready!(self.poll_room(cx));
        let max_memory = self.connection.input_memory().saturating_add(room);
        if let Some(input) = self.take_early_input() {
            let now = self.now();
            self.handle_input(input.len(), Some(&input), max_memory, now);
            return Poll::Ready(now);
        }
        let is_busy = !self.mailbox.busy_poll().is_zero() && self.now() < self.busy_until;
        // Kept until the bytes are handled: a waker may run another connection, which takes its own.
        let mut scratch = None;
        let buffer = match self.connection.rest_of_message(READ_SIZE, room, max_memory) {
            Some(rest) => rest,
            None => &mut scratch.insert(Scratch::take())[..room.min(READ_SIZE)],
        };
        let polled = match &mut self.socket {
            Some(socket) => poll_socket(socket, cx, buffer, is_busy, &mut self.reads_again),
            None => Poll::Pending,
        };
        let Poll::Ready(result) = polled else {
            // A socket that has paused for other tasks may have more input.
            if self.connection.is_draining() && !self.has_socket_paused() {
                self.connection.handle_no_input(self.now());
            }
            // The place for the rest of a message may be new memory.
            self.receive_permit.set(self.connection.input_memory());
            return Poll::Pending;
        };
        self.turn
            .spend_read(result.as_ref().map_or(0, |count| *count));
        self.poll_busily();
        let now = self.now();
        self.read_at = Some(now);
        match result {
            Ok(0) => self.connection.handle_end_of_input(now),
            Ok(count) => {
                let bytes = scratch.as_ref().map(|scratch| &scratch[..count]);
                self.handle_input(count, bytes, max_memory, now);
            }
            Err(error) => self.handle_io_error(error),
        }
        Poll::Ready(now)
    }

    fn has_socket_paused(&self) -> bool {
        self.socket.as_ref().is_some_and(|it| it.has_paused())
    }

    /// Waits until there is memory for received bytes, and returns for how many.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        let size = self.connection.input_memory();
        let unused = self.connection.free_input();
        loop {
            match ready!(self.receive_permit.poll_room(cx, size, unused)) {
                Room::Bytes(room) => {
                    self.stop_waiting_for_memory();
                    return Poll::Ready(room);
                }
                // The next round leaves the waker, or finds memory that was returned in between.
                Room::Exhausted => self.connection.handle_memory_exhausted(self.now()),
            }
        }
    }

    fn stop_waiting_for_memory(&mut self) {
        if self.receive_permit.stop_waiting() {
            self.connection.handle_memory_available();
        }
    }

    /// Begins busy polling anew, after a transfer.
    fn poll_busily(&mut self) {
        let busy_poll = self.mailbox.busy_poll();
        if !busy_poll.is_zero() {
            self.busy_until = self.now() + busy_poll;
        }
    }

    /// Handles this number of received bytes, which are `bytes`, or in their place in the connection. The receive
    /// buffer grows to `max_memory` bytes at most, if they fit into it.
    fn handle_input(
        &mut self,
        count: usize,
        bytes: Option<&[u8]>,
        max_memory: usize,
        now: Instant,
    ) {
        let Self {
            connection,
            mailbox,
            receive_permit,
            probe,
            ..
        } = self;
        let respond = |payload: &[u8]| mailbox.respond(payload);
        let received = match bytes {
            Some(bytes) => connection.handle_input(bytes, max_memory, now, respond),
            None => connection.handle_rest(count, now, respond),
        };
        // Even above the limit: the bytes have been read.
        receive_permit.set(connection.input_memory());
        let transfers = &mailbox.transfers;
        transfers.received_bytes.add(count as u64);
        transfers.received_messages.add(received.messages.into());
        if let Some(time) = connection.take_round_trip_time() {
            transfers.set_round_trip_time(time);
            probe.record_round_trip(time);
        }
        // Pings and pongs cost work and are of no use to the handler: a flood of them is slowed down.
        let without_effect = received.frames - received.messages;
        self.flood_limiter.count(without_effect, now);
        self.turn.spend_frames(received.frames);
    }

    fn handle_io_error(&mut self, error: io::Error) {
        // An interrupted call is repeated. Without a socket, the connection is closed already.
        if let Some(socket) = &self.socket
            && error.kind() != io::ErrorKind::Interrupted
        {
            let reason = socket.disconnect_reason(error);
            self.connection.handle_loss(reason, self.now());
        }
    }

    // --- Time ---

    /// Returns the time at which the next timer is due.
    #[inline]
    fn next_deadline(&self) -> Option<Instant> {
        let deadlines = [
            self.connection.poll_timeout(),
            self.flood_limiter.paused_until(),
            self.expiry(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Handles the timers that are due `now`; ready if there was one. Pending, the next one wakes the task.
    pub(super) fn poll_timer(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        let Some(deadline) = self.next_deadline() else {
            return Poll::Pending;
        };
        let runtime = &**self.mailbox.runtime();
        let now = ready!(self.timer.poll(cx, runtime, deadline, now));
        self.handle_timers(now);
        Poll::Ready(())
    }

    /// Handles the timers that are due `now`, if there are any.
    #[inline]
    fn handle_due_timers(&mut self, now: Instant) {
        if self.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.handle_timers(now);
        }
    }

    #[cold]
    fn handle_timers(&mut self, now: Instant) {
        // A timer that is due again at once must not keep other tasks waiting.
        self.turn.spend_transfer();
        self.flood_limiter.handle_timeout(now);
        self.connection.handle_timeout(now);
        self.handle_expiry(now);
        // The session counts by these checks what is unconfirmed, and the connection does not know it.
        if self.connection.take_keep_alive_check() {
            self.mailbox.handle_keep_alive();
        }
    }
}

/// Reads once. While the connection is busy polling, it does not ask to be woken: that alone costs more than
/// another read.
fn poll_socket(
    socket: &mut BoxSocket,
    cx: &mut Context<'_>,
    buffer: &mut [u8],
    is_busy: bool,
    reads_again: &mut bool,
) -> Poll<io::Result<usize>> {
    match is_busy.then(|| socket.read_now(buffer)).flatten() {
        // No waker is left with the socket: the task wakes itself after other tasks had their turn.
        Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {
            *reads_again = true;
            Poll::Pending
        }
        Some(result) => Poll::Ready(result),
        None => Pin::new(socket).poll_read(cx, buffer),
    }
}
