//! What the task does with an outbox.

use std::sync::atomic::Ordering;
use std::task::Waker;

use super::{Budget, Outbox, Request, report_expired};
use crate::DisconnectReason;

impl Outbox {
    /// Begins a connection, and tells its number. Until [`open`](Self::open), callbacks go first.
    pub(crate) fn begin(&self) -> u64 {
        let mut state = self.lock();
        let expired = state.dropped.expired;
        state.begin(&self.settings, self.runtime.now());
        self.publish(&state);
        let expired = state.dropped.expired - expired;
        let connection = state.connection;
        drop(state);
        report_expired(expired);
        self.progress.notify(usize::MAX);
        connection
    }

    /// Lets what others sent follow what `on_connected` sent.
    pub(crate) fn open(&self) {
        let mut state = self.lock();
        state.open();
        self.publish(&state);
    }

    /// What is asked of the task since it looked last.
    pub(crate) fn take_request(&self) -> Option<Request> {
        if !self.requested.load(Ordering::Acquire) {
            return None;
        }
        let mut state = self.lock();
        self.requested.store(false, Ordering::Release);
        state.request.take()
    }

    /// Exchanges the empty `frames` for what waits. The task is awake: until it
    /// [`park`](Self::park)s again, nobody needs to wake it.
    pub(crate) fn take(&self, frames: &mut Vec<u8>) {
        let mut state = self.lock();
        state.queue.take(frames);
        state.handle_taken(frames.len());
        state.waker = None;
        state.blocked = false;
    }

    /// How many bytes wait to be written.
    pub(crate) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    /// Whether so much waits to be written that it is better not to produce more.
    pub(crate) fn is_crowded(&self) -> bool {
        self.is_crowd(self.queued(), self.memory.load(Ordering::Relaxed))
    }

    /// Whether the memory that all queues share gets short.
    pub(crate) fn is_memory_short(&self) -> bool {
        self.budget.as_deref().is_some_and(Budget::is_short)
    }

    /// Notes how many of the bytes taken remain to be written.
    pub(crate) fn set_in_flight(&self, remaining: usize) {
        let mut state = self.lock();
        state.handle_written(remaining);
        self.publish(&state);
        drop(state);
        self.progress.notify(usize::MAX);
    }

    /// Arranges for the task to be woken: by a request, and by frames, unless it is `blocked` and
    /// could not write them. Tells whether it may sleep; not if there is something to do already.
    ///
    /// It then keeps no more than `spare` bytes of memory for frames to come.
    pub(crate) fn park(&self, waker: &Waker, blocked: bool, spare: usize) -> bool {
        let mut state = self.lock();
        if state.request.is_some() || !(blocked || state.queue.is_empty()) {
            return false;
        }
        state.queue.release(spare);
        if blocked {
            state.queue.trim();
        }
        let was_blocked = state.blocked;
        state.handle_parked(waker, blocked);
        if blocked != was_blocked {
            self.publish(&state);
        }
        true
    }

    /// What an empty buffer of this connection may keep, in bytes.
    pub(crate) fn spare_capacity(&self) -> usize {
        let budget = self.budget.as_deref();
        budget.map_or(usize::MAX, Budget::spare_of_one)
    }

    /// Lets nothing more in. What is there can still be taken.
    pub(crate) fn seal(&self) {
        let mut state = self.lock();
        state.seal(&self.settings);
        self.publish(&state);
    }

    /// Ends the connection: what was not taken is lost, and so are `unsent` messages that were.
    pub(crate) fn close(&self, reason: &DisconnectReason, unsent: u64) {
        let mut state = self.lock();
        state.close(reason);
        state.dropped.unsent += unsent;
        self.publish(&state);
        drop(state);
        self.progress.notify(usize::MAX);
    }

    /// Hands a message that has come to who waits for it as an answer; `false` if nobody does.
    pub(crate) fn answer(&self, payload: &[u8]) -> bool {
        if !self.expects_answers.load(Ordering::Relaxed) {
            return false;
        }
        let mut state = self.lock();
        let waiter = state.handle_received(payload);
        self.publish(&state);
        drop(state);
        waiter.is_some_and(|waiter| waiter.answer(payload))
    }

    /// Notes that the connection has ended. Its task may close it much later, as it waits for a
    /// callback first; a callback that waits for the queue must not wait for that.
    pub(crate) fn handle_end(&self) {
        self.lock().has_ended = true;
        self.progress.notify(usize::MAX);
    }

    /// No answer will come on this connection any more.
    pub(crate) fn fail_requests(&self, reason: &DisconnectReason) {
        if self.expects_answers.load(Ordering::Relaxed) {
            let mut state = self.lock();
            state.fail_requests(reason);
            self.publish(&state);
        }
    }
}
