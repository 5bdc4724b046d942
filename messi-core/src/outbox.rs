//! The queue between those who send and the task that writes.

mod budget;
mod held;
mod members;
mod queue;
mod requests;
mod state;
mod task;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use event_listener::Event;
use log::{error, warn};
use prost::Message;

use self::budget::Ticket;
pub(crate) use self::budget::{Budget, Share};
use self::requests::BoxWaiter;
pub(crate) use self::requests::{Kinds, Waiter};
use self::state::{Else, Message as Outgoing, Phase, Refusal, State};
use crate::codec::append_frame;
use crate::frame::{self, HEADER_SIZE};
use crate::runtime::AsyncRuntime;
use crate::settings::Settings;
use crate::state::Role;
use crate::stats::{Counters, Stats};
use crate::tasks::until;
use crate::{DisconnectReason, LOG_TARGET, SendError};

/// Who sends: it decides what goes first while a connection opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A callback of the handler, for the connection with this number.
    Callback(u64),
    /// Anyone else.
    Other,
}

/// The messages that wait to be written on one connection, already encoded.
///
/// Any thread may push, under a lock held for no longer than it takes to encode one message; the
/// connection's task takes them in batches. A client keeps one outbox for all its connections,
/// numbered from 1 on; a server has one for each of its clients.
#[derive(Debug)]
pub(crate) struct Outbox {
    role: Role,
    kinds: Kinds,
    settings: Arc<Settings>,
    runtime: Arc<dyn AsyncRuntime>,
    state: Mutex<State>,
    /// What the queue shares with others, for a look without the lock.
    budget: Option<Arc<Budget>>,
    /// Whether a request waits in `State`, for a look without the lock.
    requested: AtomicBool,
    /// How many bytes wait to be written, and the memory that they are in, for a look without the
    /// lock.
    queued: AtomicUsize,
    memory: AtomicUsize,
    /// Since when it waits, if its connection could be ended for that, for a look without the lock.
    ticket: AtomicU64,
    /// Whether a message that comes may be an answer, for a look without the lock.
    expects_answers: AtomicBool,
    /// What the task counts.
    pub(crate) counters: Counters,
    /// Notified when a connection begins or ends, when bytes have been written, and by `stop`.
    progress: Event,
}

/// What is asked of the task. Each asks for more than those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Take no more messages in, and end this connection once those that came are handled and
    /// what is sent is written.
    Leave,
    /// End this connection, when everything pushed until now has been written.
    End(DisconnectReason),
    /// End this connection at once: others need the memory that it takes.
    Evict,
    /// Do the same, and do not wait for anything or anyone any longer.
    Stop,
    /// Do not even write.
    Abort,
}

impl Request {
    /// Whether it holds for whatever the task does, not for this connection alone.
    fn outlives_connection(&self) -> bool {
        matches!(self, Self::Stop | Self::Abort)
    }

    /// Whether it asks for more than another.
    fn exceeds(&self, other: &Self) -> bool {
        let rank = |request: &Self| match request {
            Self::Leave => 0,
            Self::End(_) => 1,
            Self::Evict => 2,
            Self::Stop => 3,
            Self::Abort => 4,
        };
        rank(self) > rank(other)
    }
}

// --- For those who send ---

impl Outbox {
    /// An outbox without a connection.
    pub(crate) fn new(
        role: Role,
        kinds: Kinds,
        settings: Arc<Settings>,
        runtime: Arc<dyn AsyncRuntime>,
    ) -> Self {
        Self {
            role,
            kinds,
            settings,
            runtime,
            state: Mutex::new(State::new(kinds)),
            budget: None,
            requested: AtomicBool::new(false),
            queued: AtomicUsize::new(0),
            memory: AtomicUsize::new(0),
            ticket: AtomicU64::new(0),
            expects_answers: AtomicBool::new(false),
            counters: Counters::default(),
            progress: Event::new(),
        }
    }

    /// The same, with a queue that takes part in a budget.
    pub(crate) fn sharing(mut self, budget: &Arc<Budget>) -> Self {
        let state = self.state.get_mut();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.share = Share::of(budget.clone());
        self.budget = Some(budget.clone());
        self
    }

    /// Encodes a message into the queue. `member` is its request or response, if it holds one.
    pub(crate) fn push(
        &self,
        message: &impl Message,
        member: Option<u32>,
        sender: Sender,
    ) -> Result<(), SendError> {
        let result = self.push_message(message, member, sender, Else::Refuse);
        result.map_err(|refusal| refusal.error)
    }

    /// The same where nobody asks for the error: a message that is not taken in is lost, and ends
    /// the connection if the peer may not miss it.
    pub(crate) fn send(&self, message: &impl Message, member: Option<u32>, sender: Sender) {
        self.end_if_refused(self.push_message(message, member, sender, Else::End));
    }

    /// Encodes a request into the queue. `waiter` gets its answer, or learns why there is none.
    pub(crate) fn push_request(
        &self,
        message: &impl Message,
        member: Option<u32>,
        sender: Sender,
        waiter: BoxWaiter,
    ) {
        // The waiter has been told of an error.
        let _ = self.push_message(message, member, sender, Else::Fail(waiter));
    }

    fn push_message(
        &self,
        message: &impl Message,
        member: Option<u32>,
        sender: Sender,
        or_else: Else,
    ) -> Result<(), Refusal> {
        let size = message.encoded_len();
        self.push_outgoing(Outgoing {
            size,
            member,
            sender,
            or_else,
            append: &|buffer| append_frame(buffer, self.role.sent(), message, size),
        })
    }

    /// Copies whole frames, of so many messages below the limit, into the queue. What becomes of
    /// those for which there is no room is as for [`send`](Self::send).
    pub(crate) fn push_frames(&self, frames: &[u8], count: u64) {
        let mut state = self.lock();
        if !state.push_frames(frames, count, &self.settings) {
            drop(state);
            return frame::split(frames).for_each(|frame| self.push_frame(frame));
        }
        self.publish(&state);
        let waker = state.waker_for_frames();
        drop(state);
        wake(waker);
    }

    fn push_frame(&self, frame: &[u8]) {
        self.end_if_refused(self.push_outgoing(Outgoing {
            size: frame.len() - HEADER_SIZE,
            member: self.kinds.member(&frame[HEADER_SIZE..]),
            sender: Sender::Other,
            or_else: Else::End,
            append: &|buffer| {
                buffer.extend_from_slice(frame);
                Ok(())
            },
        }));
    }

    /// Counts a message that is not sent.
    pub(crate) fn count_dropped(&self, error: SendError) {
        self.lock().dropped.count(error);
    }

    /// Ends the connection whose peer is the slowest, unless that is this one. Returns whether there was
    /// one.
    fn evict_slower(&self) -> bool {
        let Some(budget) = self.budget.as_deref() else {
            return false;
        };
        // Another thread may have ended the one that is found.
        while let Some(slowest) = budget.slowest() {
            if std::ptr::eq(&*slowest, self) {
                return false;
            }
            if slowest.evict() {
                return true;
            }
        }
        false
    }

    /// Returns since when the queue waits, if its connection may be ended for that.
    fn ticket(&self) -> Option<Ticket> {
        Ticket::new(self.ticket.load(Ordering::Relaxed))
    }

    /// Drops what waits, and asks for the end of the connection at once, if there is one.
    fn evict(&self) -> bool {
        let mut state = self.lock();
        let is_connected = state.phase != Phase::Closed;
        if is_connected {
            state.evict();
            self.request(state, Request::Evict);
        }
        is_connected
    }

    #[inline]
    fn end_if_refused(&self, result: Result<(), Refusal>) {
        if let Err(refusal) = result {
            self.handle_refusal(refusal);
        }
    }

    #[cold]
    fn handle_refusal(&self, refusal: Refusal) {
        report_wrong_size(refusal.error);
        match refusal.end {
            Some(Request::End(reason)) => self.request_end(reason),
            Some(_) => drop(self.evict()),
            None => {}
        }
    }

    /// Asks for the end of the connection. What has been pushed until now is still sent.
    pub(crate) fn request_end(&self, reason: DisconnectReason) {
        let mut state = self.lock();
        if state.phase != Phase::Closed {
            state.seal(&self.settings);
            self.request(state, Request::End(reason));
        }
    }

    /// Asks for the end of the connection once what has come is handled, with all that is sent
    /// until then.
    pub(crate) fn leave(&self) {
        let state = self.lock();
        if state.phase != Phase::Closed {
            self.request(state, Request::Leave);
        }
    }

    /// Asks for the end of this connection, and of what the task would do after it.
    pub(crate) fn stop(&self) {
        self.request_stop(Request::Stop);
    }

    /// Asks for that at once, whatever is lost.
    pub(crate) fn abort(&self) {
        self.request_stop(Request::Abort);
    }

    fn request_stop(&self, request: Request) {
        let mut state = self.lock();
        if state.phase == Phase::Closed {
            state.drop_held();
        }
        state.stopping = true;
        state.seal(&self.settings);
        self.request(state, request);
    }

    fn request(&self, mut state: MutexGuard<'_, State>, request: Request) {
        if state
            .request
            .as_ref()
            .is_none_or(|other| request.exceeds(other))
        {
            state.request = Some(request);
        }
        self.requested.store(true, Ordering::Release);
        self.publish(&state);
        let waker = state.waker.take();
        drop(state);
        wake(waker);
        self.progress.notify(usize::MAX);
    }

    /// Whether it has been asked to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// The runtime of the connection.
    pub(crate) fn runtime(&self) -> &Arc<dyn AsyncRuntime> {
        &self.runtime
    }

    /// How long an answer is waited for, unless a request says so.
    pub(crate) fn request_timeout(&self) -> Duration {
        self.settings.request_timeout
    }

    /// What has been counted so far.
    pub(crate) fn stats(&self) -> Stats {
        let state = self.lock();
        Stats {
            sent_messages: state.sent_messages,
            queued_bytes: state.waiting(),
            peak_queued_bytes: state.peak_queued_bytes,
            dropped: state.dropped,
            connections: state.connection,
            ..self.counters.stats()
        }
    }

    /// Whether there is a connection that has not ended.
    pub(crate) fn is_connected(&self) -> bool {
        self.lock().is_connected()
    }

    /// Waits until there is a connection; an error once it has been asked to stop.
    pub(crate) async fn connected(&self) -> Result<(), SendError> {
        self.until(|state| {
            if state.is_connected() {
                return Some(Ok(()));
            }
            state.stopping.then_some(Err(SendError::NotConnected))
        })
        .await
    }

    /// Waits until it is asked to stop.
    pub(crate) async fn stopping(&self) {
        self.until(|state| state.stopping.then_some(())).await;
    }

    /// Waits until everything pushed so far is with the operating system.
    pub(crate) async fn flush(&self) -> Result<(), SendError> {
        let (connection, pushed) = {
            let state = self.lock();
            (state.connection, state.pushed)
        };
        self.until_done(connection, |state| state.written() >= pushed)
            .await
    }

    /// Waits until the queue is at most half full, as far as it may grow now.
    pub(crate) async fn ready(&self) -> Result<(), SendError> {
        let connection = self.lock().connection;
        self.until_done(connection, |state| {
            !self.is_crowd(state.queued(), state.memory())
        })
        .await
    }

    /// Waits until something is done on the connection with this number, as long as it is there.
    async fn until_done(
        &self,
        connection: u64,
        is_done: impl Fn(&State) -> bool,
    ) -> Result<(), SendError> {
        self.until(|state| {
            if !state.is_connected() || state.connection != connection {
                return Some(Err(SendError::NotConnected));
            }
            is_done(state).then_some(Ok(()))
        })
        .await
    }

    /// Waits until `check` gives something of the state.
    async fn until<T>(&self, check: impl Fn(&State) -> Option<T>) -> T {
        until(&self.progress, || check(&self.lock())).await
    }

    fn push_outgoing(&self, mut message: Outgoing<'_>) -> Result<(), Refusal> {
        let mut state = self.lock();
        let expired = state.dropped.expired;
        let result = loop {
            let Err(rejected) = state.push(message, &self.settings, || self.runtime.now()) else {
                break Ok(());
            };
            let mut end = None;
            if rejected.lacks_memory {
                // Not under this lock, as it takes those of others.
                drop(state);
                let has_evicted = self.evict_slower();
                state = self.lock();
                if has_evicted {
                    message = rejected.message;
                    continue;
                }
                end = Some(Request::Evict);
            }
            let refusal = state.refuse(rejected, &self.settings);
            break Err(Refusal {
                end: end.or(refusal.end),
                ..refusal
            });
        };
        self.publish(&state);
        let expired = state.dropped.expired - expired;
        let waker = result.map(|()| state.waker_for_frames());
        drop(state);
        report_expired(expired);
        waker.map(wake)
    }
}

// --- For both ---

impl Outbox {
    /// Whether so many bytes, in so much memory, leave too little for one more message: half of what
    /// may wait at this moment, or a third of the memory, which grows by half.
    fn is_crowd(&self, queued: usize, memory: usize) -> bool {
        let limit = self.settings.max_queued_bytes;
        let budget = self.budget.as_deref().map(Budget::limit_of_one);
        queued > limit.min(budget.unwrap_or(limit)) / 2
            || budget.is_some_and(|budget| memory > budget / 3)
    }

    /// Shows what can be looked at without the lock.
    fn publish(&self, state: &State) {
        self.queued.store(state.queued(), Ordering::Relaxed);
        if self.budget.is_some() {
            self.memory.store(state.memory(), Ordering::Relaxed);
            let ticket = state.ticket().map_or(0, Ticket::get);
            self.ticket.store(ticket, Ordering::Relaxed);
        }
        self.expects_answers
            .store(state.expects_answers(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic can leave the state half changed: what is pushed is appended last.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Logs a message that was not sent since its own code is wrong, where no caller gets the error.
pub(crate) fn report_wrong_size(error: SendError) {
    if matches!(error, SendError::WrongSize { .. }) {
        error!(target: LOG_TARGET, "message not sent: {error}");
    }
}

/// Logs what became too old. Never under the lock: a log may itself be sent with messi.
fn report_expired(messages: u64) {
    if messages > 0 {
        warn!(target: LOG_TARGET, "messages dropped, as they waited for a connection for too long: {messages}");
    }
}
