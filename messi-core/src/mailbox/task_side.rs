//! The operations of the connection's task on its mailbox.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;

use log::debug;
use messi_wire::session::{RequestId, Session};
use messi_wire::{DisconnectReason, Ending};

use super::{BoxResponder, Command, Mailbox, Opening, Wakeups};
use crate::LOG_TARGET;
use crate::callback::RareCallback;
use crate::stats::{LateDrops, Stats};

/// Most bytes that the operating system holds unsent once the memory that all send queues share is short: only
/// then the slow peers, which are evicted first, are known in time. Without it, the system takes megabytes
/// for a peer that does not read.
const UNSENT_OF_SHORT_MEMORY: u32 = 128 * 1024;

/// Most bytes that the operating system holds unsent on a connection with a bulk transfer: other messages wait for
/// them. Fewer would slow a fast line down.
const UNSENT_BESIDE_BULK: u32 = 16 * 1024;

impl Mailbox {
    /// Begins a connection. Until [`open`](Self::open), the messages of its first callback go first.
    pub(crate) fn attach(&self) {
        let now = self.runtime.now();
        // The old waker is dropped at the end, after the lock.
        let (losses, _waker) = self.update(|shared| {
            shared.session.attach(now);
            let losses = shared.session.take_losses();
            (losses, shared.forget_connection())
        });
        // A bulk transfer ends with its connection.
        self.published.has_bulk.store(false, Ordering::Relaxed);
        Wakeups::collect(|wakeups| wakeups.log_losses(losses));
        self.notify_progress();
    }

    /// Sends the messages of others after those of `on_connected`.
    pub(crate) fn open(&self) {
        self.update(|shared| shared.session.open());
    }

    /// Takes the command that waits.
    #[inline]
    pub(crate) fn take_command(&self) -> Option<Command> {
        // This is asked for each message: it locks only if there is a command.
        if !self.published.has_command.load(Ordering::Acquire) {
            return None;
        }
        let mut shared = self.lock();
        // Under the lock, so that a command that comes right after it sets the flag again.
        self.published.has_command.store(false, Ordering::Release);
        shared.command.take()
    }

    /// Records that the task is awake: until it [`park`](Self::park)s again, no wake-up is needed.
    #[inline]
    pub(crate) fn handle_awake(&self) {
        // Relaxed: whoever sees it too late wakes the task once too often.
        self.is_awake.store(true, Ordering::Relaxed);
    }

    /// Swaps the empty `frames` with all queued frames, and returns the number of their messages.
    #[inline]
    pub(crate) fn take(&self, frames: &mut Vec<u8>) -> u64 {
        // All frames in one step: no other order of messages is possible than that of the pushes.
        // Without `unlock`: bytes in flight still count as queued.
        self.lock().session.take(frames)
    }

    /// Returns the bytes to be written.
    #[inline]
    pub(crate) fn queued(&self) -> usize {
        self.published.queued.load(Ordering::Relaxed)
    }

    /// Returns whether a command or a closure waits for the task.
    #[inline]
    pub(crate) fn has_orders(&self) -> bool {
        self.published.has_command.load(Ordering::Acquire) || self.has_calls()
    }

    /// Returns whether so many bytes wait that it is better not to produce more.
    #[inline]
    pub(crate) fn is_congested(&self) -> bool {
        let (queued, memory) = (self.queued(), self.published.memory.load(Ordering::Relaxed));
        // This is asked for each message: most queues are short, and have no need of the other limits.
        let is_short = queued <= self.never_congested && memory == 0;
        !is_short && self.is_congested_by(queued, memory)
    }

    /// Returns the most unsent bytes that the operating system may hold, if there is a limit.
    #[inline]
    pub(crate) fn unsent_limit(&self) -> Option<u32> {
        // First, as it is the smaller limit.
        if self.published.has_bulk.load(Ordering::Relaxed) {
            return Some(UNSENT_BESIDE_BULK);
        }
        let budget = self.budget.as_deref();
        let is_short = budget.is_some_and(|budget| budget.memory().is_short());
        is_short.then_some(UNSENT_OF_SHORT_MEMORY)
    }

    /// Records how many of the bytes taken remain to be written.
    #[inline]
    pub(crate) fn handle_written(&self, remaining: usize) {
        self.update(|shared| shared.session.handle_written(remaining));
        self.notify_progress();
    }

    /// Prepares the task to sleep. Commands wake it, and frames too unless it `is_blocked` and could not
    /// write them. Returns `false` if the task must not sleep, as there is something to do already.
    ///
    /// The send queue keeps `idle_capacity` bytes of unused memory at most.
    pub(crate) fn park(&self, waker: &Waker, is_blocked: bool, idle_capacity: usize) -> bool {
        // Declared first, so that it is dropped without the lock.
        let mut replaced = None;
        let mut shared = self.lock();
        // The waker of the last sleep is left, unless the mailbox has woken the task.
        if !shared.waker.as_ref().is_some_and(|it| it.will_wake(waker)) {
            // Not under the lock: a clone may run foreign code.
            drop(shared);
            let waker = waker.clone();
            shared = self.lock();
            replaced = shared.waker.replace(waker);
        }
        // In one step with leaving the waker: frames or commands in between would wake no task.
        let has_work = !is_blocked && shared.session.has_frames();
        if has_work || shared.command.is_some() {
            return false;
        }
        // Only before sleep: until then, the memory serves the next batch.
        shared.session.release(idle_capacity);
        if is_blocked {
            // The peer does not read: the queue may stay like this for long.
            shared.session.trim(idle_capacity);
        }
        let has_changed = shared.session.handle_parked(is_blocked);
        self.is_awake.store(false, Ordering::Relaxed);
        // A blocked connection is evicted before others: its ticket has changed.
        if has_changed {
            self.publish(&shared.session);
        }
        drop(shared);
        drop(replaced);
        true
    }

    /// Returns the most capacity that an empty buffer of this connection keeps, in bytes.
    pub(crate) fn idle_capacity_limit(&self) -> usize {
        let budget = self.budget.as_deref();
        budget.map_or(usize::MAX, |budget| budget.memory().idle_capacity_limit())
    }

    /// Accepts no more messages. Queued frames can still be taken.
    pub(crate) fn seal(&self) {
        self.update(|shared| shared.session.seal());
    }

    /// Accepts no more messages, as no other connection follows. Queued frames can still be taken.
    pub(crate) fn retire(&self) {
        self.update(|shared| shared.session.stop());
        self.notify_progress();
    }

    /// Records a keep-alive check at which the peer was alive.
    pub(crate) fn handle_keep_alive(&self) {
        self.update(|shared| shared.session.handle_keep_alive());
    }

    /// Ends the connection: frames that were not taken are dropped, and so were the unsent messages of its
    /// ending.
    pub(crate) fn detach(&self, reason: &DisconnectReason, ending: Ending) {
        self.end_connection(|session| {
            session.detach(reason, ending);
            true
        });
    }

    /// Ends the connection with this number, if it is attached: its task was dropped.
    pub(crate) fn cancel(&self, connection: u64) {
        self.end_connection(|session| session.cancel(connection));
    }

    /// Ends the connection by `end`, which returns `false` if there is no connection to end.
    fn end_connection(&self, end: impl FnOnce(&mut Session<BoxResponder>) -> bool) {
        // Closures and waker are foreign code: they are dropped at the end, after the lock.
        let foreign = self.update(|shared| {
            let has_ended = end(&mut shared.session);
            has_ended.then(|| (self.forget_calls(shared), shared.forget_connection()))
        });
        if foreign.is_some() {
            // A gauge of the connection, unlike the counters.
            self.transfers.reset_round_trip_time();
            self.notify_progress();
        }
    }

    /// Returns a future that polls the first callback of a connection. The messages of this callback go first.
    pub(crate) fn opening<'a, T>(
        self: &Arc<Self>,
        callback: RareCallback<'a, T>,
    ) -> Opening<'a, T> {
        Opening::new(callback, self.clone())
    }

    /// Passes a received message on if it is a response that is awaited. Returns `false` otherwise.
    #[inline]
    pub(crate) fn respond(&self, payload: &[u8]) -> bool {
        match self.config.kinds.responded(payload) {
            Some(kind) => self.take_response(kind, payload),
            None => false,
        }
    }

    fn take_response(&self, kind: usize, payload: &[u8]) -> bool {
        let Some(response) = self.update(|shared| shared.session.take_response(kind)) else {
            return false;
        };
        // The response is completed without the lock: that wakes a task.
        if !response.is_awaited() {
            // Dropped or timed out: the handler receives the message instead.
            self.update(|shared| shared.session.count_late_response());
            return false;
        }
        response.respond(payload)
    }

    /// Opens a received request, if this member is one.
    #[inline]
    pub(crate) fn open_request(&self, member: u32) -> Option<RequestId> {
        let kind = self.config.kinds.received_request(member)?;
        Some(self.update(|shared| shared.session.open_request(kind)))
    }

    /// Abandons a request of the peer. Closes the connection if a later response waits for it.
    pub(crate) fn abandon(self: &Arc<Self>, request: RequestId) {
        let abandoned = self.update(|shared| shared.session.abandon_request(request));
        if let Some(blocks_others) = abandoned {
            debug!(target: LOG_TARGET, "a request of the peer was left without a response");
            if blocks_others {
                self.close(DisconnectReason::RequestAbandoned);
            }
        }
    }

    /// Records that the connection has ended. Its task may detach it much later, when its callback has
    /// returned; a callback that waits for the send queue must not wait for that.
    pub(crate) fn handle_end(&self) {
        // Dropped at the end, after the lock: that wakes the tasks that wait for the closures.
        let _calls = self.update(|shared| {
            shared.session.handle_end();
            self.forget_calls(shared)
        });
        self.notify_progress();
    }

    /// Fails all pending responses: no response will be received on this connection any more.
    #[inline]
    pub(crate) fn fail_pending(&self, reason: &DisconnectReason) {
        // A request that this look misses fails by the next one, or by `detach`.
        if self.published.expects_responses.load(Ordering::Relaxed) {
            self.update(|shared| shared.session.fail_pending(reason));
        }
    }

    /// Counts all later losses in `late` too, and returns the counters until now: the server forgets this
    /// client.
    pub(crate) fn deregister(&self, late: &Arc<LateDrops>) -> Stats {
        // In one step, so that each loss is counted once: in the statistics or in `late`.
        let mut shared = self.lock();
        shared.late = Some(late.clone());
        self.stats_of(&shared)
    }
}
