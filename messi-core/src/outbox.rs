//! The queue between those who send and the task that writes.

mod state;
#[cfg(test)]
mod tests;

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use event_listener::Event;
use prost::Message;

use self::state::{Phase, State};
use crate::frame::{self, HEADER_SIZE, MAX_PAYLOAD_SIZE, MessageType};
use crate::input::IDLE_CAPACITY;
use crate::settings::Settings;
use crate::stats::Counters;
use crate::tasks::until;
use crate::{DisconnectReason, SendError};

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
    message_type: MessageType,
    max_message_size: usize,
    max_queued_bytes: usize,
    state: Mutex<State>,
    /// Whether a request waits in `State`, for a look without the lock.
    requested: AtomicBool,
    /// How many bytes wait to be written, for a look without the lock.
    queued: AtomicUsize,
    /// What was lost or passed over.
    pub(crate) counters: Counters,
    /// Notified when a connection begins or ends, when bytes have been written, and by `stop`.
    progress: Event,
}

/// What is asked of the task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// End this connection, when everything pushed until now has been written.
    End(DisconnectReason),
    /// Do the same, and do not wait for anything or anyone any longer.
    Stop,
}

// --- For those who send ---

impl Outbox {
    /// An outbox without a connection.
    pub(crate) fn new(message_type: MessageType, settings: &Settings) -> Self {
        Self {
            message_type,
            max_message_size: settings.max_sent_size,
            max_queued_bytes: settings.max_queued_bytes,
            state: Mutex::default(),
            requested: AtomicBool::new(false),
            queued: AtomicUsize::new(0),
            counters: Counters::default(),
            progress: Event::new(),
        }
    }

    /// Encodes a message into the queue.
    pub(crate) fn push(&self, message: &impl Message, sender: Sender) -> Result<(), SendError> {
        let size = message.encoded_len();
        self.push_with(size, sender, |buffer| {
            frame::append(buffer, self.message_type, message, size);
        })
    }

    /// Copies a whole frame, encoded by [`encode`](Self::encode), into the queue.
    pub(crate) fn push_frame(&self, frame: &[u8]) -> Result<(), SendError> {
        self.push_with(frame.len() - HEADER_SIZE, Sender::Other, |buffer| {
            buffer.extend_from_slice(frame);
        })
    }

    /// Encodes a whole frame, for [`push_frame`](Self::push_frame) of many outboxes.
    pub(crate) fn encode(message_type: MessageType, message: &impl Message) -> Option<Vec<u8>> {
        let size = message.encoded_len();
        (size <= MAX_PAYLOAD_SIZE).then(|| {
            let mut frame = Vec::new();
            frame::append(&mut frame, message_type, message, size);
            frame
        })
    }

    /// Deals with a message that could not be sent where nobody asks for the error: it is lost.
    /// Where there was no room for it, the connection ends, so that the peer never sees a gap.
    pub(crate) fn end_if_full(&self, result: Result<(), SendError>) {
        if result == Err(SendError::QueueFull) {
            self.request_end(DisconnectReason::SlowConsumer);
        }
    }

    /// Asks for the end of the connection. What has been pushed until now is still sent.
    pub(crate) fn request_end(&self, reason: DisconnectReason) {
        let state = self.lock();
        if state.phase != Phase::Closed {
            self.request(state, Request::End(reason));
        }
    }

    /// Asks for the end of this connection, and of what the task would do after it.
    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        if !state.stopping {
            state.stopping = true;
            self.request(state, Request::Stop);
        }
    }

    fn request(&self, mut state: MutexGuard<'_, State>, request: Request) {
        state.seal();
        state.request = Some(request);
        self.requested.store(true, Ordering::Release);
        let waker = state.waker.take();
        drop(state);
        wake(waker);
        self.progress.notify(usize::MAX);
    }

    /// Whether there is a connection that messages can be pushed on.
    pub(crate) fn is_connected(&self) -> bool {
        self.lock().phase != Phase::Closed
    }

    /// Waits until there is a connection; an error once it has been asked to stop.
    pub(crate) async fn connected(&self) -> Result<(), SendError> {
        self.until(|state| match state.phase {
            Phase::Closed if state.stopping => Some(Err(SendError::NotConnected)),
            Phase::Closed => None,
            Phase::Opening | Phase::Open => Some(Ok(())),
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

    /// Waits until the queue is at most half full.
    pub(crate) async fn ready(&self) -> Result<(), SendError> {
        let connection = self.lock().connection;
        self.until_done(connection, |state| {
            state.queued() <= self.max_queued_bytes / 2
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
            if state.phase == Phase::Closed || state.connection != connection {
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

    fn check_size(&self, size: usize) -> Result<(), SendError> {
        let limit = self.max_message_size;
        if size > limit {
            return Err(SendError::MessageTooBig { size, limit });
        }
        Ok(())
    }

    /// Pushes a frame whose payload has this size. A message that can't be pushed is counted.
    fn push_with(
        &self,
        size: usize,
        sender: Sender,
        append: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SendError> {
        let result = self.check_size(size).and_then(|()| {
            let mut state = self.lock();
            state.push(HEADER_SIZE + size, sender, self.max_queued_bytes, append)?;
            self.queued.store(state.queued(), Ordering::Relaxed);
            Ok(state.waker_for_frames())
        });
        result
            .map(wake)
            .inspect_err(|_| self.counters.count_dropped())
    }
}

// --- For the task ---

impl Outbox {
    /// Begins a connection, and tells its number. Until [`open`](Self::open), callbacks go first.
    pub(crate) fn begin(&self) -> u64 {
        let mut state = self.lock();
        state.reset();
        state.connection += 1;
        if !state.stopping {
            state.phase = Phase::Opening;
        }
        let connection = state.connection;
        drop(state);
        self.progress.notify(usize::MAX);
        connection
    }

    /// Lets what others sent follow what `on_connected` sent.
    pub(crate) fn open(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Opening {
            state.phase = Phase::Open;
            state.release_held();
        }
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
        debug_assert!(frames.is_empty());
        let mut state = self.lock();
        mem::swap(&mut state.queue, frames);
        state.in_flight = frames.len();
        state.waker = None;
    }

    /// How many bytes wait to be written.
    pub(crate) fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    /// Whether so much waits to be written that it is better not to produce more.
    pub(crate) fn is_crowded(&self) -> bool {
        self.queued() > self.max_queued_bytes / 2
    }

    /// Notes how many of the bytes taken remain to be written.
    pub(crate) fn set_in_flight(&self, remaining: usize) {
        let mut state = self.lock();
        state.in_flight = remaining;
        self.queued.store(state.queued(), Ordering::Relaxed);
        drop(state);
        self.progress.notify(usize::MAX);
    }

    /// Arranges for the task to be woken: by a request, and by frames, unless it is `blocked` and
    /// could not write them. Tells whether it may sleep; not if there is something to do already.
    pub(crate) fn park(&self, waker: &Waker, blocked: bool) -> bool {
        let mut state = self.lock();
        if state.request.is_some() || !(blocked || state.queue.is_empty()) {
            return false;
        }
        if state.queue.is_empty() && state.queue.capacity() > IDLE_CAPACITY {
            state.queue = Vec::new();
        }
        state.blocked = blocked;
        state.waker = Some(waker.clone());
        true
    }

    /// Lets nothing more in. What is there can still be taken.
    pub(crate) fn seal(&self) {
        self.lock().seal();
    }

    /// Ends the connection: what was not taken is lost.
    pub(crate) fn close(&self) {
        self.lock().reset();
        self.queued.store(0, Ordering::Relaxed);
        self.progress.notify(usize::MAX);
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
