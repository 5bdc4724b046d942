//! Moving bytes between the socket, the state and the outbox.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use std::{io, mem};

use futures::io::{AsyncRead, AsyncWrite};

use super::Connection;
use crate::state::IDLE_CAPACITY;

/// Bytes read at once, at most.
const READ_SIZE: usize = 64 * 1024;

/// Reads and writes in a row before other tasks get their turn: one peer that floods delays
/// nobody.
const TRANSFERS_PER_TURN: u32 = 8;

/// Frames that count as one of them when they come, and messages when they are handled: a read may
/// hold thousands.
const FRAMES_PER_TRANSFER: u32 = 256;

thread_local! {
    /// Where sockets are read into, inside one poll: a buffer for each thread, not for each
    /// connection, most of which are idle.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

impl Connection {
    /// Moves what can be moved, and is ready when something has come of it that the caller must
    /// look at. Pending, it has arranged for the task to be woken.
    pub(super) fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.poll_budget(cx));
        let was_crowded = self.outbox.is_crowded();
        let had_ended = self.state.end_reason().is_some();
        let _ = self.poll_write(cx);
        let read = self.poll_read(cx);
        let has_read = read.is_ready();
        // To look at the clock costs as much as a part of a message.
        let now = match read {
            Poll::Ready(now) => now,
            Poll::Pending => self.runtime.now(),
        };
        let is_due = self.poll_timer(cx, now).is_ready();
        let has_room = was_crowded && !self.outbox.is_crowded();
        let has_ended = !had_ended && self.state.end_reason().is_some();
        if has_read || is_due || has_room || has_ended {
            return Poll::Ready(());
        }
        if mem::take(&mut self.tries_again) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.release();
        self.park(cx)
    }

    /// Pending, once in a while, to let other tasks run.
    pub(super) fn poll_budget(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.transfers < TRANSFERS_PER_TURN {
            return Poll::Ready(());
        }
        self.transfers = 0;
        self.release_permit();
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes what some frames cost from the budget.
    pub(super) fn spend(&mut self, frames: u32) {
        self.frames += frames;
        self.transfers += self.frames / FRAMES_PER_TRANSFER;
        self.frames %= FRAMES_PER_TRANSFER;
    }

    /// Arranges for the task to be woken by whoever sends or asks for something; ready if someone
    /// has done so already.
    pub(super) fn park(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_blocked = self.write_blocked || self.socket.is_none();
        let spare = self.spare_capacity();
        if self.outbox.park(cx.waker(), is_blocked, spare) {
            self.transfers = 0;
            self.release_permit();
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Gives memory back that is not needed while the task sleeps.
    fn release(&mut self) {
        let mut input = self.state.spare_capacity();
        if self.state.held_input() > IDLE_CAPACITY && !self.received.is_plenty() {
            input = IDLE_CAPACITY;
        }
        self.state.release(input, self.spare_capacity());
        self.received.set(self.state.held_input());
    }

    /// What each empty buffer for what is sent may keep, in bytes.
    fn spare_capacity(&self) -> usize {
        let shared = self.outbox.spare_capacity();
        self.state.spare_capacity().min(shared)
    }

    /// Writes what waits; pending if the socket does not take all of it now. What is sent in the
    /// meantime is left for the next time.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let result = self.poll_write_out(cx);
        self.write_blocked = result.is_pending();
        if self.write_blocked {
            self.state.handle_write_blocked(self.runtime.now());
        }
        result
    }

    fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.state.remaining_output().is_empty() {
            ready!(self.poll_flush(cx));
            self.state.refill_output(|frames| self.outbox.take(frames));
            self.limit_unsent();
        }
        while !self.state.remaining_output().is_empty() {
            let Some(socket) = &mut self.socket else {
                return Poll::Ready(());
            };
            match ready!(Pin::new(socket).poll_write(cx, self.state.remaining_output())) {
                Ok(0) => self.handle_io_error(&io::ErrorKind::WriteZero.into()),
                Ok(count) => self.handle_written(count),
                Err(error) => self.handle_io_error(&error),
            }
        }
        self.poll_flush(cx)
    }

    /// Has the operating system take less, once memory gets short: the slow peers, which must go first when
    /// it is used up, are then known in time.
    fn limit_unsent(&mut self) {
        if !self.is_unsent_limited
            && self.outbox.is_memory_short()
            && let Some(socket) = &self.socket
        {
            self.is_unsent_limited = true;
            socket.limit_unsent();
        }
    }

    fn handle_written(&mut self, count: usize) {
        self.handle_transfer();
        self.outbox.counters.sent_bytes.add(count as u64);
        self.state.handle_written(count);
        let remaining = self.state.remaining_output().len();
        if remaining > 0 {
            self.outbox.set_in_flight(remaining);
        } else {
            self.is_flushed = false;
        }
    }

    /// Sees to it that the socket keeps nothing to itself of what was written. The last of it counts as
    /// written only then.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(socket) = self.socket.as_mut().filter(|_| !self.is_flushed) else {
            return Poll::Ready(());
        };
        match ready!(Pin::new(socket).poll_flush(cx)) {
            Ok(()) => {
                self.is_flushed = true;
                self.state.handle_written(0);
                self.outbox.set_in_flight(0);
            }
            Err(error) => self.handle_io_error(&error),
        }
        Poll::Ready(())
    }

    /// Reads once, if input is welcome; ready with the time when something has come, be it the end.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        if !self.state.wants_input() || self.rest.until().is_some() {
            self.stop_starving();
            return Poll::Pending;
        }
        let room = ready!(self.poll_room(cx)).min(READ_SIZE);
        SCRATCH.with_borrow_mut(|scratch| {
            let Poll::Ready(result) = self.poll_read_into(cx, &mut scratch[..room]) else {
                if self.state.is_leaving() && !self.has_socket_paused() {
                    self.state.handle_no_input(self.runtime.now());
                }
                return Poll::Pending;
            };
            self.handle_transfer();
            let now = self.runtime.now();
            match result {
                Ok(0) => self.state.handle_end_of_input(now),
                Ok(count) => self.handle_input(&scratch[..count], now),
                Err(error) => self.handle_io_error(&error),
            }
            Poll::Ready(now)
        })
    }

    fn has_socket_paused(&self) -> bool {
        self.socket.as_ref().is_some_and(|it| it.has_paused())
    }

    /// Waits until there is memory for input, and returns for how many bytes.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        loop {
            let room = self.received.room(self.state.held_input());
            let room = room.max(self.state.free_input());
            if room > 0 {
                self.stop_starving();
                return Poll::Ready(room);
            }
            match &mut self.freed {
                Some(freed) => {
                    ready!(Pin::new(freed).poll(cx));
                    self.freed = self.received.listen();
                }
                None => {
                    self.state.handle_starved(self.runtime.now());
                    self.freed = self.received.listen();
                }
            }
            // Looks again: some may have been given back before this began to listen.
        }
    }

    /// Listens no longer for memory: what it is told of goes to another.
    fn stop_starving(&mut self) {
        if self.freed.take().is_some() {
            self.state.handle_fed();
        }
    }

    /// Reads once. While it is busy polling, a connection does not ask to be woken: that alone
    /// costs more than to try.
    fn poll_read_into(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let is_busy = !self.busy_poll.is_zero() && self.runtime.now() < self.busy_until;
        let Some(socket) = &mut self.socket else {
            return Poll::Pending;
        };
        match is_busy.then(|| socket.read_now(buffer)).flatten() {
            Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                self.tries_again = true;
                Poll::Pending
            }
            Some(result) => Poll::Ready(result),
            None => Pin::new(socket).poll_read(cx, buffer),
        }
    }

    fn handle_transfer(&mut self) {
        self.transfers += 1;
        if !self.busy_poll.is_zero() {
            self.busy_until = self.runtime.now() + self.busy_poll;
        }
    }

    fn handle_input(&mut self, bytes: &[u8], now: Instant) {
        let Self {
            state,
            outbox,
            received: memory,
            ..
        } = self;
        let held = state.held_input();
        let max_memory = held.saturating_add(memory.room(held));
        let received = state.handle_input(bytes, max_memory, now, |payload| outbox.answer(payload));
        memory.set(state.held_input());
        outbox.counters.received_bytes.add(bytes.len() as u64);
        outbox
            .counters
            .received_messages
            .add(received.messages.into());
        if let Some(time) = state.round_trip_time() {
            outbox.counters.set_round_trip_time(time);
        }
        self.rest.count(received.frames - received.messages, now);
        self.spend(received.frames);
    }

    fn handle_io_error(&mut self, error: &io::Error) {
        if let Some(socket) = &self.socket
            && error.kind() != io::ErrorKind::Interrupted
        {
            let reason = socket.disconnect_reason(error);
            self.state.fail(reason, self.runtime.now());
        }
    }

    /// Does what is due `now`; ready if something was.
    pub(super) fn poll_timer(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        let deadlines = [self.state.poll_timeout(), self.rest.until()];
        let Some(deadline) = deadlines.into_iter().flatten().min() else {
            return Poll::Pending;
        };
        let now = ready!(self.timer.poll(cx, deadline, now));
        // A timer that is due again at once must not keep other tasks waiting.
        self.transfers += 1;
        self.rest.handle_timeout(now);
        self.state.handle_timeout(now);
        Poll::Ready(())
    }
}
