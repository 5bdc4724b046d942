//! The sending half of a session, which outlives connections.
//!
//! A [`Session`] holds the encoded messages that wait to be sent, and the responses that are expected. It
//! has no lock, waker, clock or task: the mailbox around it has them. A connection borrows the session
//! from [`attach`](Session::attach) to [`detach`](Session::detach).
//!
//! The invariant of the order: messages are sent in the order in which they are pushed, but for the
//! messages of `on_connected`, which come first on their connection. In detail:
//!
//! 1. `attach` begins a connection (phase `Opening`). The messages of its callbacks go to the send
//!    queue, all others to the offline queue, behind those that wait for the connection.
//! 2. [`open`](Session::open) moves the offline queue behind the send queue (phase `Open`). From now on
//!    all messages go to the send queue.
//! 3. [`take`](Session::take) gives all frames of the send queue to the connection. They are *in flight*
//!    until [`handle_written`](Session::handle_written).
//! 4. [`seal`](Session::seal) accepts no more messages on this connection (phase `Sealed`). Queued
//!    frames are still taken.
//! 5. `detach` drops the frames that were not taken, and fails the pending responses.
//!
//! No method calls foreign code: pending responses that have failed wait in the session until the caller
//! takes them with [`take_failed`](Session::take_failed), after it has unlocked the session.

mod acknowledged;
mod budget;
mod counters;
mod failures;
mod fields;
mod offline_queue;
mod outgoing;
mod progress;
mod push;
mod replies;
mod requests;
mod send_queue;
#[cfg(test)]
mod tests;

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use self::acknowledged::Acknowledged;
pub use self::budget::{Budget, FREE_QUOTA, Permit, Ticket, UNIT};
pub use self::counters::{Dropped, FailureCounters, Losses, RequestStats, SendCounters};
use self::failures::Failures;
pub use self::fields::FirstKey;
use self::offline_queue::OfflineQueue;
pub use self::outgoing::{OnRefusal, Outgoing, Refusal, Rejected, Sender};
use self::progress::Progress;
use self::push::Place;
use self::replies::OpenRequests;
pub use self::replies::RequestId;
pub use self::requests::{PendingResponse, RequestKind, RequestKinds};
use self::requests::{PendingResponses, Received};
use self::send_queue::{SendQueue, reserved_for};
use crate::config::ConnectionConfig;
use crate::frame::HEADER_SIZE;
use crate::{DisconnectReason, Ending, RequestError, Role, SendError};

/// Configuration that many sessions share.
#[derive(Debug)]
pub struct SessionConfig {
    /// The side that the session is of.
    pub role: Role,
    /// The kinds of requests of the protocol.
    pub kinds: RequestKinds,
    /// The numbers and names of the members that this side sends, for the log.
    pub members: &'static [(u32, &'static str)],
    /// Limits and times.
    pub limits: Arc<ConnectionConfig>,
}

impl SessionConfig {
    /// Returns the name of the member that an encoded message of this side holds.
    pub fn member_name(&self, payload: &[u8]) -> Option<&'static str> {
        let name_of = |number| self.members.iter().find(|member| member.0 == number);
        let number = fields::last_of(payload, |number| name_of(number).is_some())?;
        name_of(number).map(|member| member.1)
    }

    /// Returns whether a queue of this size and memory, in bytes, leaves too little room for more
    /// messages: more than half of the send queue is used, or more than a third of the memory, which
    /// grows by half. `budget` is the most that one queue may take of a shared budget now.
    #[inline]
    pub fn is_congested(&self, queued: usize, memory: usize, budget: Option<usize>) -> bool {
        let limit = self.limits.max_queued_bytes;
        queued > limit.min(budget.unwrap_or(limit)) / 2
            || budget.is_some_and(|budget| memory > budget / 3)
    }
}

/// The sending half of a session. `R` is a pending response.
#[derive(Debug)]
pub struct Session<R> {
    config: Arc<SessionConfig>,
    phase: Phase,
    /// Number of the current or last connection. The first is 1.
    connection: u64,
    /// Whether the current connection has ended, though it is still attached: queued frames may never be
    /// written.
    has_ended: bool,
    /// Whether the session was stopped: no connection will be attached any more.
    is_stopped: bool,
    /// The acknowledgements of the peer, if it acknowledges messages. Boxed, as most sessions have no acknowledgements.
    acknowledged: Option<Box<Acknowledged>>,
    /// Whether the connection can't write at this moment, as the peer does not read.
    is_blocked: bool,
    /// Whether this has ever been so on this connection.
    was_blocked: bool,
    /// Whether the last rejected message had room in the send queue, but not in the shared budget.
    lacks_memory: bool,
    queue: SendQueue,
    /// Allocated when it is first needed, which is never on most connections.
    offline: Option<Box<OfflineQueue<R>>>,
    /// Reservation in the shared budget.
    permit: Permit,
    pending: PendingResponses<R>,
    /// Requests of the peer.
    requests: OpenRequests,
    /// Bytes taken and not yet written.
    in_flight: usize,
    /// Memory of these bytes.
    in_flight_memory: usize,
    /// Bytes pushed on this connection.
    pushed: u64,
    progress: Progress,
    counters: SendCounters,
    failures: Failures,
}

/// Which messages are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// There is no connection: messages wait in the offline queue, if there is one.
    Detached,
    /// `on_connected` is running: its messages go first, all others wait in the offline queue.
    Opening,
    /// Messages are sent.
    Open,
    /// The connection is about to end. Messages wait as if there was no connection.
    Sealed,
}

impl<R: PendingResponse> Session<R> {
    /// Creates a session without a connection.
    pub fn new(config: Arc<SessionConfig>, permit: Permit) -> Self {
        Self {
            config,
            phase: Phase::Detached,
            connection: 0,
            has_ended: false,
            is_stopped: false,
            acknowledged: None,
            is_blocked: false,
            was_blocked: false,
            lacks_memory: false,
            queue: SendQueue::default(),
            offline: None,
            permit,
            pending: PendingResponses::default(),
            requests: OpenRequests::default(),
            in_flight: 0,
            in_flight_memory: 0,
            pushed: 0,
            progress: Progress::default(),
            counters: SendCounters::default(),
            failures: Failures::default(),
        }
    }

    // --- Connections ---

    /// Begins a connection, and returns its number. Messages in the offline queue that are too old are
    /// dropped.
    pub fn attach(&mut self, now: Instant) -> u64 {
        self.reset();
        // Before the offline queue is counted below.
        self.expire(now);
        self.connection += 1;
        self.progress.begin(self.counters.messages);
        // The offline queue is sent on this connection, and `flush` waits for it too.
        self.pushed = self.offline_len() as u64;
        // A stopped session accepts no messages, not even from `on_connected`.
        if !self.is_stopped {
            self.phase = Phase::Opening;
        }
        self.connection
    }

    /// Sends the messages of the offline queue, after those of `on_connected`.
    pub fn open(&mut self) {
        // Sealed or ended meanwhile, the messages wait for another connection.
        if self.phase == Phase::Opening {
            self.phase = Phase::Open;
            self.release_offline();
        }
    }

    /// Accepts no more messages on this connection. If the offline queue does not outlive it, its
    /// messages are sent.
    pub fn seal(&mut self) {
        let was_opening = self.phase == Phase::Opening;
        if self.phase != Phase::Detached {
            self.phase = Phase::Sealed;
        }
        // No later connection would take them: they are sent on this one, or never.
        if was_opening && (self.config.limits.offline.is_none() || self.is_stopped) {
            self.release_offline();
        }
    }

    /// Records that the connection has ended. It is detached later, when its callback has returned.
    pub fn handle_end(&mut self) {
        self.has_ended = true;
    }

    /// Ends the connection: frames that were not taken are dropped, and so were the unsent messages of its
    /// ending.
    pub fn detach(&mut self, reason: &DisconnectReason, ending: Ending) {
        // Counted before `reset`, which forgets the queues.
        let unsent = self.queue.count_messages() + ending.unsent;
        self.failures
            .count_unsent(unsent + self.requests.count_waiting());
        // Without the responses that wait for others: these were never counted as pushed.
        self.progress.end(self.counters.messages, unsent);
        // After `end`, which counts the written messages of the last batch.
        if ending.is_lost {
            self.failures.count_unconfirmed(self.progress.unconfirmed());
        }
        self.fail_pending(reason);
        self.reset();
    }

    /// Ends the connection with this number, as its task was dropped. Returns `false` if it is not
    /// attached.
    pub fn cancel(&mut self, connection: u64) -> bool {
        let is_attached = connection == self.connection && self.phase != Phase::Detached;
        if is_attached {
            // First: otherwise `detach` would fail them with `Disconnected`.
            self.pending.fail_all(&RequestError::Cancelled);
            let ending = Ending {
                unsent: 0,
                is_lost: true,
            };
            self.detach(&DisconnectReason::Stopped, ending);
        }
        is_attached
    }

    /// Stops the session for ever. The messages that wait for a connection are dropped, unless a
    /// connection still accepts them.
    pub fn stop(&mut self) {
        if !self.is_stopped {
            // Before the offline queue is dropped: its messages are unsent because of the stop.
            self.failures.handle_stop();
        }
        // While a connection is open, the offline queue is sent on it.
        if !self.accepts_messages() {
            self.drop_offline();
        }
        // Before sealing, which then sends the offline queue on this last connection.
        self.is_stopped = true;
        self.seal();
    }

    /// Drops all queued messages, and accepts no more on this connection.
    pub fn evict(&mut self) {
        let unsent = self.queue.count_messages();
        self.failures
            .count_unsent(unsent + self.requests.count_waiting());
        // Otherwise the end of the connection would count them as written.
        self.progress.handle_dropped(unsent);
        // Freed, not only emptied: others lack this memory.
        self.queue = SendQueue::default();
        self.requests = OpenRequests::default();
        // It has no ticket from now on, so that one shortage does not evict it twice.
        self.phase = Phase::Sealed;
        self.drop_offline();
        // The frames in flight are dropped when the connection's task runs. Their memory counts as free at
        // once: otherwise other connections would be evicted too.
        self.permit.shrink_to(0);
    }

    /// Forgets the state of the last connection.
    fn reset(&mut self) {
        self.phase = Phase::Detached;
        self.has_ended = false;
        self.acknowledged = None;
        self.queue = SendQueue::default();
        self.requests = OpenRequests::default();
        self.in_flight = 0;
        self.in_flight_memory = 0;
        // The offline queue outlives the connection.
        self.permit.shrink_to(self.offline_memory_with(0));
        self.pushed = 0;
        self.is_blocked = false;
        self.was_blocked = false;
    }

    /// Returns whether messages are accepted for the current connection.
    #[inline]
    pub fn accepts_messages(&self) -> bool {
        matches!(self.phase, Phase::Opening | Phase::Open)
    }

    /// Returns whether there is a connection that has not ended.
    #[inline]
    pub fn is_connected(&self) -> bool {
        self.has_session() && !self.is_interrupted()
    }

    /// Returns whether there is a connection that has not ended, or the session waits for another one.
    #[inline]
    pub fn has_session(&self) -> bool {
        self.accepts_messages() && !self.has_ended
    }

    /// Returns the number of the current or last connection.
    pub fn connection(&self) -> u64 {
        self.connection
    }

    /// Returns whether the session was stopped.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    // --- Sending ---

    /// Swaps the empty `frames` with all frames of the send queue, which are then in flight. Returns the number of their
    /// messages.
    #[inline]
    pub fn take(&mut self, frames: &mut Vec<u8>) -> u64 {
        self.queue.take(frames);
        let messages = self.progress.handle_taken(self.counters.messages);
        // Set, not added: the connection takes frames only once all before are written.
        self.in_flight = frames.len();
        self.in_flight_memory = reserved_for(frames.len());
        // Requests in flight can't be dropped for newer messages any more.
        self.pending.handle_taken();
        // The connection tries to write next. Whether it is blocked is known when it is about to sleep.
        self.is_blocked = false;
        messages
    }

    /// Records how many of the bytes in flight remain to be written.
    #[inline]
    pub fn handle_written(&mut self, remaining: usize) {
        self.in_flight = remaining;
        if remaining == 0 {
            self.progress.handle_written();
            self.is_blocked = false;
            // Only now: a buffer that is partly written keeps its memory.
            self.in_flight_memory = 0;
            // It never grows here: an evicted session takes no memory back.
            self.permit.shrink_to(self.memory());
            // All that was in flight is written: the rest of the queue begins to wait now.
            self.permit.renew_ticket();
        }
    }

    /// Records a keep-alive check at which the peer was alive.
    ///
    /// When the connection is lost, the messages that were written since the check before the last one count as
    /// [`unconfirmed`](FailureCounters::unconfirmed). So all are counted that were written after the last sign of life:
    /// there was one since that check. While the connection can't write, the check does not count: the peer does not
    /// read, and may not have read for long.
    pub fn handle_keep_alive(&mut self) {
        if !self.is_blocked {
            self.progress.handle_keep_alive();
        }
    }

    /// Records that the connection's task is about to sleep, and whether it can't write. Returns whether
    /// that has changed.
    #[inline]
    pub fn handle_parked(&mut self, is_blocked: bool) -> bool {
        self.was_blocked |= is_blocked;
        mem::replace(&mut self.is_blocked, is_blocked) != is_blocked
    }

    /// Returns whether new frames are a reason to wake the connection's task.
    #[inline]
    pub fn wants_wakeup(&self) -> bool {
        !self.is_blocked && self.accepts_messages()
    }

    /// Returns whether there are frames to take.
    #[inline]
    pub fn has_frames(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Returns the bytes that the connection can take now.
    #[inline]
    pub fn takeable(&self) -> usize {
        if self.is_blocked { 0 } else { self.queue.len() }
    }

    /// Returns the bytes to be written on the current connection.
    #[inline]
    pub fn queued(&self) -> usize {
        let offline = match self.phase {
            Phase::Opening => self.offline_len(),
            // The offline queue waits for another connection.
            Phase::Detached | Phase::Open | Phase::Sealed => 0,
        };
        self.queue.len() + self.in_flight + offline
    }

    /// Returns the bytes to be written on this connection or a later one.
    #[inline]
    pub fn waiting(&self) -> usize {
        self.queue.len() + self.in_flight + self.offline_len() + self.requests.memory()
    }

    /// Returns the bytes for which memory is reserved, if they are more than [`FREE_QUOTA`].
    #[inline]
    pub fn held(&self) -> usize {
        self.waiting() + self.kept_memory()
    }

    /// Returns the bytes pushed on the current connection.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Returns how many of the [`pushed`](Self::pushed) bytes are certainly written. The bytes in flight
    /// may contain a keep-alive frame, which was not pushed.
    pub fn written(&self) -> u64 {
        self.pushed.saturating_sub(self.queued() as u64)
    }

    /// Returns the number of messages pushed on this connection, with those in the offline queue.
    pub fn pushed_messages(&self) -> u64 {
        let offline = self.offline.as_ref().map_or(0, |queue| queue.count());
        self.progress.pushed(self.counters.messages) + offline
    }

    /// Returns how many of the [`pushed_messages`](Self::pushed_messages) of the connection with this number
    /// are certainly written. Only this connection and the one before are known.
    pub fn written_messages(&self, connection: u64) -> u64 {
        match self.connection - connection {
            0 => self.progress.written(),
            1 => self.progress.written_before(),
            _ => 0,
        }
    }

    /// Returns how many messages were not sent because the session was stopped.
    pub fn unsent_since_stop(&self) -> u64 {
        self.failures.unsent_since_stop()
    }

    /// Returns the counters of all connections.
    pub fn counters(&self) -> &SendCounters {
        &self.counters
    }

    /// Returns the counters of failures on all connections.
    pub fn failures(&self) -> FailureCounters {
        self.failures.get()
    }

    /// Takes the number of older messages that were dropped, if there are any, for the log.
    #[inline]
    pub fn take_losses(&mut self) -> Option<Losses> {
        self.failures.take_losses()
    }

    /// Counts a message that is not sent.
    pub fn count_dropped(&mut self, error: SendError) {
        self.failures.get_mut().dropped.count(error);
    }

    // --- Memory ---

    /// Returns the memory of all queues, in bytes. Short queues count as 0.
    #[inline]
    pub fn memory(&self) -> usize {
        self.memory_with(0, Place::SendQueue)
    }

    #[inline]
    fn memory_with(&self, more: usize, place: Place) -> usize {
        if self.held() + more <= FREE_QUOTA {
            return 0;
        }
        let (queue, offline, waiting) = match place {
            Place::SendQueue | Place::NextResponse => (more, 0, 0),
            Place::OfflineQueue => (0, more, 0),
            Place::Waiting => (0, 0, more),
        };
        self.queue.memory_with(queue)
            + self.in_flight_memory
            + self.kept_memory()
            + self.offline_memory_with(offline)
            + self.requests.memory()
            + waiting
    }

    /// Returns the ticket of the send queue, if its connection may be closed for being slow.
    ///
    /// Connections with peers that do not read at this moment come first, then those with peers that did not at some
    /// time. Of all others, the task may only not have run yet.
    pub fn ticket(&self) -> Option<Ticket> {
        // A connection that accepts no more messages ends soon: evicting it would gain little.
        let ticket = self.permit.ticket().filter(|_| self.accepts_messages())?;
        Some(match (self.is_blocked, self.was_blocked) {
            (true, _) => ticket,
            (false, true) => ticket.with_rank(1),
            (false, false) => ticket.with_rank(2),
        })
    }

    /// Frees the memory of an empty send queue with a capacity of more than `limit` bytes.
    #[inline]
    pub fn release(&mut self, limit: usize) {
        self.queue.release(limit);
    }

    /// Frees unused memory of the send queue beyond `limit` bytes.
    pub fn trim(&mut self, limit: usize) {
        self.queue.trim(limit);
    }

    // --- Requests of the peer ---

    /// Opens a received request of this kind. Later it has a response, or is abandoned.
    pub fn open_request(&mut self, kind: usize) -> RequestId {
        let number = self.requests.open(&self.config.kinds, kind);
        RequestId {
            connection: self.connection,
            kind,
            number,
        }
    }

    /// Abandons a request: its reply was dropped. Returns `None` if it has a response already, or its
    /// connection has ended. Otherwise, returns whether the connection must be closed, as a response to a
    /// later request waits.
    pub fn abandon_request(&mut self, request: RequestId) -> Option<bool> {
        if !self.is_current(request) {
            return None;
        }
        let (was_open, blocks_others) = self.requests.abandon(request.kind, request.number);
        if was_open {
            self.failures.get_mut().requests.unanswered += 1;
        }
        was_open.then_some(blocks_others)
    }

    /// Returns the counters and gauges of the requests.
    pub fn request_stats(&self) -> RequestStats {
        RequestStats {
            awaited: self.pending.count_open(),
            open: self.requests.count(),
            ..self.failures().requests
        }
    }

    // --- Pending responses ---

    /// Records a response of the peer to a request of this kind, and takes the pending response that it is.
    pub fn take_response(&mut self, kind: usize) -> Option<R> {
        match self.pending.handle_received(kind) {
            Received::Response(response) => Some(response),
            Received::Unawaited => None,
            Received::Surplus => {
                self.failures.get_mut().requests.surplus += 1;
                None
            }
        }
    }

    /// Counts a response that was not awaited any more.
    pub fn count_late_response(&mut self) {
        self.failures.get_mut().requests.late += 1;
    }

    /// Returns whether a message of the peer may be a response.
    #[inline]
    pub fn expects_responses(&self) -> bool {
        self.pending.is_any_open()
    }

    /// Fails all pending responses of the connection.
    pub fn fail_pending(&mut self, reason: &DisconnectReason) {
        self.pending
            .fail_all(&RequestError::Disconnected(reason.clone()));
    }

    /// Returns whether there are pending responses that have failed.
    #[inline]
    pub fn has_failed(&self) -> bool {
        self.pending.has_failed()
    }

    /// Takes the pending responses that have failed. The caller completes them, without a lock.
    #[inline]
    pub fn take_failed(&mut self) -> Vec<(R, RequestError)> {
        self.pending.take_failed()
    }

    // --- The offline queue ---

    #[inline]
    fn offline_len(&self) -> usize {
        self.offline.as_ref().map_or(0, |queue| queue.len())
    }

    #[inline]
    fn offline_memory_with(&self, more: usize) -> usize {
        match &self.offline {
            Some(queue) => queue.memory_with(more),
            None if more == 0 => 0,
            None => OfflineQueue::<R>::default().memory_with(more),
        }
    }

    /// Drops messages of the offline queue that are too old.
    fn expire(&mut self, now: Instant) {
        let limits = self.config.limits.offline;
        // If the clock does not reach back as far, no message is as old.
        let Some(oldest) = limits.and_then(|limits| now.checked_sub(limits.max_age)) else {
            return;
        };
        while let Some(queue) = &self.offline
            && queue.oldest().is_some_and(|time| time < oldest)
        {
            self.failures.count_expired();
            self.drop_first_offline(SendError::Expired);
        }
    }

    /// Drops all messages of the offline queue, as there will be no connection.
    fn drop_offline(&mut self) {
        while self.drop_first_offline(SendError::NotConnected) {
            self.failures.count_unsent(1);
        }
    }

    /// Drops the oldest message of the offline queue, and fails its pending response. Returns `false` if there is no
    /// message.
    fn drop_first_offline(&mut self, error: SendError) -> bool {
        let Some(queue) = self.offline.as_mut().filter(|queue| !queue.is_empty()) else {
            return false;
        };
        let response = queue.drop_first();
        if queue.is_empty() {
            // Its memory is returned with its last message.
            self.offline = None;
        }
        self.pending.fail(response, RequestError::NotSent(error));
        true
    }

    /// Moves the messages of the offline queue behind those of the send queue.
    fn release_offline(&mut self) {
        let Some(offline) = self.offline.take() else {
            return;
        };
        let kinds = &self.config.kinds;
        let frames = offline.take(|frame, response| {
            // Counted only now, like all messages, on the connection that they leave on.
            self.counters.messages += 1;
            // Numbered only now: the peer of this connection counts the requests of this connection.
            let member = kinds.member(&frame[HEADER_SIZE..]);
            self.pending.handle_queued(kinds, member, response);
        });
        if self.queue.is_empty() {
            self.queue = frames;
        } else {
            self.queue.push_frames(frames.bytes());
        }
    }
}
