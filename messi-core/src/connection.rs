//! The task of one connection: it moves bytes between the socket, the state and the outbox, and
//! runs the handler in between.
//!
//! Reading, writing, timers and the handler's future share one task, so that a message meets no
//! channel and no thread on its way from the socket to the handler. A handler's future is polled
//! at once; while it is pending, the task goes on serving the connection.

mod closing;
mod rest;
#[cfg(test)]
mod tests;
mod transfer;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use event_listener::EventListener;
use log::error;

use self::closing::Closing;
use self::rest::Rest;
use crate::cpu_limit::{CpuLimit, CpuPermit};
use crate::input::Payload;
use crate::outbox::{Budget, Outbox, Request, Share};
use crate::runtime::AsyncRuntime;
use crate::settings::Settings;
use crate::state::{CLOSE_TIMEOUT, Connection as State, Role};
use crate::time::DeadlineTimer;
use crate::transport::BoxSocket;
use crate::{DisconnectReason, Dispatch, LOG_TARGET};

/// What the last callback is given when this side has no time left.
const ABORT_GRACE: Duration = Duration::from_millis(100);

/// Bytes of output after which the handling of received messages pauses for a write.
const WRITE_SIZE: usize = 64 * 1024;

/// The size from which on a message is heavy to decode, in bytes: one that is made for it becomes some
/// hundred times as much memory, which takes milliseconds.
const HEAVY: usize = 16 * 1024;

/// What a message of this size costs of a turn, in frames.
fn message_cost(size: usize) -> u32 {
    u32::try_from(1 + size / BYTES_PER_FRAME).unwrap_or(u32::MAX)
}

/// Bytes of a message that cost as much of a turn as one frame more.
const BYTES_PER_FRAME: usize = 64;

/// One connection, driven by the task that owns it.
pub(crate) struct Connection {
    role: Role,
    state: State,
    /// Whether the outbox knows that the connection has ended.
    is_end_noted: bool,
    outbox: Arc<Outbox>,
    runtime: Arc<dyn AsyncRuntime>,
    timer: DeadlineTimer,
    /// Gone once the connection is closed.
    socket: Option<BoxSocket>,
    closing: Closing,
    /// Once this side was stopped, what the last callback is given: no other is waited for any
    /// longer.
    grace: Option<Duration>,
    /// How long to keep trying to read after a transfer, and until when.
    busy_poll: Duration,
    busy_until: Instant,
    /// Whether to try again to read before anything else is waited for.
    tries_again: bool,
    /// Whether the socket takes no more for now.
    write_blocked: bool,
    /// Whether the operating system was told to take less.
    is_unsent_limited: bool,
    /// Whether nothing that was written is still in a buffer of the socket's own.
    is_flushed: bool,
    /// Reads and writes since other tasks had their turn, and frames that do not make one yet.
    transfers: u32,
    frames: u32,
    rest: Rest,
    /// What the input takes of the memory that it shares with others, and who waits for some of it.
    received: Share,
    freed: Option<EventListener>,
    /// What a server's connection needs to decode a large message.
    permit: Option<CpuPermit>,
    /// Whether it has been asked for: most messages need none, and where there are many connections, each
    /// look at memory that is not needed costs time.
    has_asked: bool,
}

impl Connection {
    /// A connection over a new socket, with an outbox on which a connection has begun.
    pub(crate) fn new(
        role: Role,
        settings: &Settings,
        socket: BoxSocket,
        outbox: Arc<Outbox>,
        runtime: Arc<dyn AsyncRuntime>,
    ) -> Self {
        Self {
            role,
            state: State::new(role, settings, runtime.now()),
            is_end_noted: false,
            outbox,
            timer: DeadlineTimer::new(runtime.clone()),
            socket: Some(socket),
            closing: Closing::Writing,
            grace: None,
            busy_poll: settings.busy_poll,
            busy_until: runtime.now(),
            tries_again: false,
            write_blocked: false,
            is_unsent_limited: false,
            is_flushed: true,
            transfers: 0,
            frames: 0,
            rest: Rest::default(),
            received: Share::default(),
            freed: None,
            permit: None,
            has_asked: false,
            runtime,
        }
    }

    /// The same with an input that shares memory with others, and which decodes large messages in turn
    /// with them.
    pub(crate) fn sharing(mut self, received: &Arc<Budget>, decoding: &Arc<CpuLimit>) -> Self {
        self.received = Share::of(received.clone());
        self.permit = Some(CpuPermit::new(decoding.clone()));
        self
    }

    /// Waits for the next message, serving the connection. `None` once it has ended.
    pub(crate) async fn next(&mut self) -> Option<Payload> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Decodes a message just received into an empty one, whose place is the caller's since to move it
    /// costs as much as a part of the decoding. `false` if it can't be decoded, which ends the
    /// connection.
    pub(crate) fn decode(&mut self, payload: &Payload, message: &mut impl prost::Message) -> bool {
        let result = message.merge(self.state.payload(payload));
        if let Err(error) = &result {
            self.state
                .handle_decode_error(error.to_string(), self.runtime.now());
        }
        result.is_ok()
    }

    /// Runs a callback of the handler to its end, serving the connection while it waits. The callback
    /// is lent, since to move futures from hand to hand costs more than most of them do.
    ///
    /// `None` if it did not get there, as this side was stopped while it waited, which has then ended the
    /// connection. A panic of the callback unwinds: see [`handle_panic`](Self::handle_panic).
    pub(crate) async fn run<T>(
        &mut self,
        mut callback: Pin<&mut impl Future<Output = T>>,
    ) -> Option<T> {
        poll_fn(|cx| self.poll_run(cx, callback.as_mut())).await
    }

    /// Ends the connection for a panic: of a callback, of what an abandoned one held when it was dropped, or
    /// of the code of a message. Whoever drives the connection catches it, once for all callbacks, and must
    /// drop the future that has panicked before.
    #[cold]
    pub(crate) fn handle_panic(&mut self) {
        error!(target: LOG_TARGET, "a callback panicked, which ends its connection");
        self.state
            .end(DisconnectReason::HandlerPanicked, self.runtime.now());
    }

    /// Lets what others sent follow what the first callback sent, if the connection is still there:
    /// it might wait for another one.
    pub(crate) fn open(&self) {
        if self.state.end_reason().is_none() {
            self.outbox.open();
        }
    }

    /// Runs the callback that handles a message. One that no callback is for is counted.
    pub(crate) async fn dispatch(&mut self, callback: Pin<&mut impl Future<Output = Dispatch>>) {
        if self.run(callback).await == Some(Dispatch::UnknownChoice) {
            self.outbox.counters.ignored_messages.add(1);
            self.rest.count(1, self.runtime.now());
        }
    }

    /// Closes the connection once everything queued is written, and tells why it ended.
    pub(crate) async fn close(&mut self) -> DisconnectReason {
        self.outbox.seal();
        self.cancel_permit();
        self.state.handle_closing(self.runtime.now());
        poll_fn(|cx| self.poll_closed(cx)).await;
        let reason = self.state.end_reason().cloned();
        let reason = reason.unwrap_or(DisconnectReason::ConnectionClosed);
        self.outbox.close(&reason, self.state.unsent_messages());
        // The last callback may take long.
        self.state.drop_input();
        self.received.set(0);
        reason
    }

    /// Runs the callback that follows [`close`](Self::close). Once this side is stopped, it has
    /// no more than [`CLOSE_TIMEOUT`], or [`ABORT_GRACE`] if there is no time left.
    pub(crate) async fn run_last(&mut self, mut callback: Pin<&mut impl Future<Output = ()>>) {
        let mut deadline = None;
        poll_fn(|cx| self.poll_run_last(cx, callback.as_mut(), &mut deadline)).await;
    }

    /// Whether the peer has proved to be at the other end.
    pub(crate) fn is_proved(&self) -> bool {
        self.state.is_proved()
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Payload>> {
        self.release_permit();
        loop {
            ready!(self.poll_budget(cx));
            self.take_request();
            if self.must_write_first(cx) || self.rest.until().is_some() {
                // Others must not wait for what this connection can't use now.
                self.cancel_permit();
            } else if let Some(size) = self.state.next_message_size() {
                // Without a permit the connection is served on until there is one.
                if self.poll_permit(cx, size).is_ready() {
                    self.spend(message_cost(size));
                    return Poll::Ready(Some(self.state.take_message(size)));
                }
            } else if self.state.end_reason().is_some() {
                return Poll::Ready(None);
            }
            ready!(self.poll_turn(cx));
        }
    }

    /// Waits for the permit to decode a message of this size, if it needs one. It is kept while the
    /// message is handled, until others have their turn: to drop the message takes as long as a part of
    /// the decoding.
    fn poll_permit(&mut self, cx: &mut Context<'_>, size: usize) -> Poll<()> {
        match &mut self.permit {
            Some(permit) if size >= HEAVY => {
                self.has_asked = true;
                permit.poll_acquire(cx)
            }
            _ => Poll::Ready(()),
        }
    }

    /// Returns the permit, or asks for it no longer.
    fn cancel_permit(&mut self) {
        if std::mem::take(&mut self.has_asked)
            && let Some(permit) = &mut self.permit
        {
            permit.cancel();
        }
    }

    /// Returns the permit, if there is one.
    fn release_permit(&mut self) {
        if self.has_asked
            && let Some(permit) = &mut self.permit
        {
            permit.release();
        }
    }

    /// Whether so much waits to be written that no message is handled before some of it is. A
    /// server then holds its client back through TCP. A client does not: if both held back, both
    /// would wait for ever.
    fn must_write_first(&mut self, cx: &mut Context<'_>) -> bool {
        if self.outbox.queued() >= WRITE_SIZE && !self.write_blocked {
            let _ = self.poll_write(cx);
        }
        self.role == Role::Server && self.state.is_peer_there() && self.outbox.is_crowded()
    }

    fn poll_run<T>(
        &mut self,
        cx: &mut Context<'_>,
        callback: Pin<&mut impl Future<Output = T>>,
    ) -> Poll<Option<T>> {
        if let Poll::Ready(output) = callback.poll(cx) {
            return Poll::Ready(Some(output));
        }
        loop {
            self.take_request();
            if self.grace.is_some() {
                return Poll::Ready(None);
            }
            if self.state.is_closing() {
                let _ = self.poll_close(cx);
                ready!(self.park(cx));
            } else {
                ready!(self.poll_turn(cx));
            }
        }
    }

    fn poll_run_last(
        &mut self,
        cx: &mut Context<'_>,
        callback: Pin<&mut impl Future<Output = ()>>,
        deadline: &mut Option<Instant>,
    ) -> Poll<()> {
        if callback.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        loop {
            self.take_request();
            if let Some(grace) = self.grace {
                let now = self.runtime.now();
                let limit = now + grace;
                let limit = deadline.map_or(limit, |earlier| limit.min(earlier));
                *deadline = Some(limit);
                ready!(self.timer.poll(cx, limit, now));
                return Poll::Ready(());
            }
            ready!(self.park(cx));
        }
    }

    /// Does what is asked. Once the connection has ended, whoever waits for a response, for room or for
    /// a flush learns of it here, as all loops pass by: a callback that waits must return first, before
    /// the connection can be closed.
    fn take_request(&mut self) {
        if let Some(request) = self.outbox.take_request() {
            self.handle_request(request, self.runtime.now());
        }
        if let Some(reason) = self.state.end_reason() {
            self.outbox.fail_requests(reason);
            if !self.is_end_noted && !self.state.is_peer_there() {
                self.is_end_noted = true;
                self.outbox.handle_end();
            }
        }
    }

    fn handle_request(&mut self, request: Request, now: Instant) {
        match request {
            Request::Leave => self.state.leave(),
            Request::End(reason) => self.state.end(reason, now),
            Request::Evict => {
                self.state.end(DisconnectReason::SlowConsumer, now);
                self.state.abort();
            }
            Request::Stop => {
                self.grace = Some(CLOSE_TIMEOUT);
                self.state.end(DisconnectReason::Stopped, now);
            }
            Request::Abort => {
                self.grace = Some(ABORT_GRACE);
                self.state.end(DisconnectReason::Stopped, now);
                self.state.abort();
            }
        }
    }
}
