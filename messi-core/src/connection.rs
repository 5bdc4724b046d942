//! The task of one connection: it moves bytes between the socket, the state and the outbox, and
//! runs the handler in between.
//!
//! Reading, writing, timers and the handler's future share one task, so that a message meets no
//! channel and no thread on its way from the socket to the handler. A handler's future is polled
//! at once; while it is pending, the task goes on serving the connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures::io::{AsyncRead, AsyncWrite};
use log::error;

use crate::input::Payload;
use crate::outbox::{Outbox, Request};
use crate::runtime::{BoxSocket, DeadlineTimer, Runtime};
use crate::settings::Settings;
use crate::state::{CLOSE_TIMEOUT, Connection as State, Role};
use crate::{DisconnectReason, Dispatch, LOG_TARGET};

/// What the last callback is given when this side has no time left.
const ABORT_GRACE: Duration = Duration::from_millis(100);

/// Bytes read at once, at most.
const READ_SIZE: usize = 64 * 1024;

/// Bytes of output after which the handling of received messages pauses for a write.
const WRITE_SIZE: usize = 64 * 1024;

/// Reads and writes in a row before other tasks get their turn: one peer that floods delays
/// nobody.
const TRANSFERS_PER_TURN: u32 = 8;

thread_local! {
    /// Where sockets are read into, inside one poll: a buffer for each thread, not for each
    /// connection, most of which are idle.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// One connection, driven by the task that owns it.
pub(crate) struct Connection {
    role: Role,
    state: State,
    outbox: Arc<Outbox>,
    runtime: Arc<dyn Runtime>,
    timer: DeadlineTimer,
    /// Gone once the connection is closed.
    socket: Option<BoxSocket>,
    closing: Closing,
    /// Once this side was stopped, what the last callback is given: no other is waited for any
    /// longer.
    grace: Option<Duration>,
    /// Whether the socket takes no more for now.
    write_blocked: bool,
    /// Reads and writes since other tasks had their turn.
    transfers: u32,
}

/// How far closing has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// Bytes are still to be written.
    Writing,
    /// The writing direction is to be shut down.
    ShuttingDown,
    /// The peer is given the time to read: to drop a socket with unread input would make the
    /// operating system take back what the peer has not read yet.
    Lingering,
}

impl Connection {
    /// A connection over a new socket, with an outbox on which a connection has begun.
    pub(crate) fn new(
        role: Role,
        settings: &Settings,
        socket: BoxSocket,
        outbox: Arc<Outbox>,
        runtime: Arc<dyn Runtime>,
    ) -> Self {
        Self {
            role,
            state: State::new(role, settings, runtime.now()),
            outbox,
            timer: DeadlineTimer::new(runtime.clone()),
            runtime,
            socket: Some(socket),
            closing: Closing::Writing,
            grace: None,
            write_blocked: false,
            transfers: 0,
        }
    }

    /// Waits for the next message, serving the connection. `None` once it has ended.
    pub(crate) async fn next(&mut self) -> Option<Payload> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Decodes a message just received. One that can't be decoded ends the connection.
    pub(crate) fn decode<M: prost::Message + Default>(&mut self, payload: &Payload) -> Option<M> {
        match M::decode(self.state.payload(payload)) {
            Ok(message) => Some(message),
            Err(error) => {
                self.state
                    .handle_decode_error(error.to_string(), self.runtime.now());
                None
            }
        }
    }

    /// Runs a callback of the handler to its end, serving the connection while it waits.
    ///
    /// `None` if it did not get there: it panicked, or this side was stopped while it waited.
    /// Either has then ended the connection.
    pub(crate) async fn run<T>(&mut self, callback: impl Future<Output = T>) -> Option<T> {
        let mut callback = pin!(callback);
        poll_fn(|cx| self.poll_run(cx, callback.as_mut())).await
    }

    /// Lets what others sent follow what the first callback sent, if the connection is still there:
    /// it might wait for another one.
    pub(crate) fn open(&self) {
        if self.state.end_reason().is_none() {
            self.outbox.open();
        }
    }

    /// Runs the callback that handles a message. One that no callback is for is counted.
    pub(crate) async fn dispatch(&mut self, callback: impl Future<Output = Dispatch>) {
        if self.run(callback).await == Some(Dispatch::UnknownChoice) {
            self.outbox.counters.ignored_messages.add(1);
        }
    }

    /// Closes the connection once everything queued is written, and tells why it ended.
    pub(crate) async fn close(&mut self) -> DisconnectReason {
        self.outbox.seal();
        poll_fn(|cx| self.poll_closed(cx)).await;
        let reason = self.state.end_reason().cloned();
        let reason = reason.unwrap_or(DisconnectReason::ConnectionClosed);
        self.outbox.close(&reason, self.state.unsent_messages());
        reason
    }

    /// Runs the callback that follows [`close`](Self::close). Once this side is stopped, it has
    /// no more than [`CLOSE_TIMEOUT`], or [`ABORT_GRACE`] if there is no time left.
    pub(crate) async fn run_last(&mut self, callback: impl Future<Output = ()>) {
        let mut callback = pin!(callback);
        let mut deadline = None;
        poll_fn(|cx| self.poll_run_last(cx, callback.as_mut(), &mut deadline)).await;
    }

    /// Whether the peer has proved to be at the other end.
    pub(crate) fn is_proved(&self) -> bool {
        self.state.is_proved()
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Payload>> {
        loop {
            self.take_request();
            if !self.must_write_first(cx) {
                if let Some(payload) = self.state.next_message() {
                    return Poll::Ready(Some(payload));
                }
                if self.state.end_reason().is_some() {
                    return Poll::Ready(None);
                }
            }
            ready!(self.poll_turn(cx));
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
        if let Poll::Ready(output) = self.poll_callback(cx, callback) {
            return Poll::Ready(output);
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
        if self.poll_callback(cx, callback).is_ready() {
            return Poll::Ready(());
        }
        loop {
            self.take_request();
            if let Some(grace) = self.grace {
                let limit = self.runtime.now() + grace;
                let limit = deadline.map_or(limit, |earlier| limit.min(earlier));
                *deadline = Some(limit);
                ready!(self.timer.poll(cx, limit));
                return Poll::Ready(());
            }
            ready!(self.park(cx));
        }
    }

    /// Polls a callback. A panic ends the connection.
    fn poll_callback<T>(
        &mut self,
        cx: &mut Context<'_>,
        callback: Pin<&mut impl Future<Output = T>>,
    ) -> Poll<Option<T>> {
        match catch_unwind(AssertUnwindSafe(|| callback.poll(cx))) {
            Ok(poll) => poll.map(Some),
            Err(_) => {
                error!(target: LOG_TARGET, "a callback panicked, which ends its connection");
                self.state
                    .end(DisconnectReason::HandlerPanicked, self.runtime.now());
                Poll::Ready(None)
            }
        }
    }

    /// Does what is asked, and lets nobody wait for an answer that can't come.
    fn take_request(&mut self) {
        if let Some(request) = self.outbox.take_request() {
            self.handle_request(request, self.runtime.now());
        }
        if let Some(reason) = self.state.end_reason() {
            self.outbox.fail_requests(reason);
        }
    }

    fn handle_request(&mut self, request: Request, now: Instant) {
        match request {
            Request::Leave => self.state.leave(now),
            Request::End(reason) => self.state.end(reason, now),
            Request::Stop => {
                self.grace = Some(CLOSE_TIMEOUT);
                self.state.stop(now);
            }
            Request::Abort => {
                self.grace = Some(ABORT_GRACE);
                self.state.stop(now);
                self.state.abort();
            }
        }
    }
}

// --- Moving bytes ---

impl Connection {
    /// Moves what can be moved, and is ready when something has come of it that the caller must
    /// look at. Pending, it has arranged for the task to be woken.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.poll_budget(cx));
        let was_crowded = self.outbox.is_crowded();
        let had_ended = self.state.end_reason().is_some();
        let _ = self.poll_write(cx);
        let has_read = self.poll_read(cx).is_ready();
        let is_due = self.poll_timer(cx).is_ready();
        let has_room = was_crowded && !self.outbox.is_crowded();
        let has_ended = !had_ended && self.state.end_reason().is_some();
        if has_read || is_due || has_room || has_ended {
            return Poll::Ready(());
        }
        self.state.release();
        self.park(cx)
    }

    /// Pending, once in a while, to let other tasks run.
    fn poll_budget(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.transfers < TRANSFERS_PER_TURN {
            return Poll::Ready(());
        }
        self.transfers = 0;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Arranges for the task to be woken by whoever sends or asks for something; ready if someone
    /// has done so already.
    fn park(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self
            .outbox
            .park(cx.waker(), self.write_blocked || self.socket.is_none())
        {
            self.transfers = 0;
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Writes what waits; pending if the socket does not take all of it now. What is sent in the
    /// meantime is left for the next time.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.write_blocked = false;
        if self.state.remaining_output().is_empty() {
            self.state.refill_output(|frames| self.outbox.take(frames));
        }
        while !self.state.remaining_output().is_empty() {
            let Some(socket) = &mut self.socket else {
                break;
            };
            match Pin::new(socket).poll_write(cx, self.state.remaining_output()) {
                Poll::Ready(Ok(0)) => self.handle_io_error(io::ErrorKind::WriteZero),
                Poll::Ready(Ok(count)) => self.handle_written(count),
                Poll::Ready(Err(error)) => self.handle_io_error(error.kind()),
                Poll::Pending => {
                    self.write_blocked = true;
                    self.state.handle_write_blocked(self.runtime.now());
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(())
    }

    fn handle_written(&mut self, count: usize) {
        self.transfers += 1;
        self.outbox.counters.sent_bytes.add(count as u64);
        self.state.handle_written(count);
        self.outbox
            .set_in_flight(self.state.remaining_output().len());
    }

    /// Reads once, if input is welcome; ready if something has come, be it the end.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.state.wants_input() {
            return Poll::Pending;
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let Some(socket) = &mut self.socket else {
                return Poll::Pending;
            };
            let result = ready!(Pin::new(socket).poll_read(cx, scratch));
            self.transfers += 1;
            let now = self.runtime.now();
            match result {
                Ok(0) => self.state.handle_end_of_input(now),
                Ok(count) => self.handle_input(&scratch[..count], now),
                Err(error) => self.handle_io_error(error.kind()),
            }
            Poll::Ready(())
        })
    }

    fn handle_input(&mut self, bytes: &[u8], now: Instant) {
        let Self { state, outbox, .. } = self;
        let messages = state.handle_input(bytes, now, |payload| outbox.answer(payload));
        outbox.counters.received_bytes.add(bytes.len() as u64);
        outbox.counters.received_messages.add(messages);
        if let Some(time) = state.round_trip_time() {
            outbox.counters.set_round_trip_time(time);
        }
    }

    fn handle_io_error(&mut self, kind: io::ErrorKind) {
        if kind != io::ErrorKind::Interrupted {
            self.state.handle_io_error(kind, self.runtime.now());
        }
    }

    /// Does what is due; ready if something was.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.state.poll_timeout() else {
            return Poll::Pending;
        };
        let now = ready!(self.timer.poll(cx, deadline));
        self.state.handle_timeout(now);
        Poll::Ready(())
    }
}

// --- Closing ---

impl Connection {
    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.take_request();
            if self.poll_close(cx).is_ready() {
                return Poll::Ready(());
            }
            ready!(self.park(cx));
        }
    }

    /// Closes the socket in good order, or at once when that takes too long; ready once it is
    /// closed.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.state.is_aborted() {
                self.socket = None;
            }
            if self.socket.is_none() {
                return Poll::Ready(());
            }
            ready!(self.poll_budget(cx));
            if self.poll_close_step(cx).is_pending() {
                ready!(self.poll_timer(cx));
            }
        }
    }

    /// Takes closing one step further.
    fn poll_close_step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.closing {
            Closing::Writing => {
                ready!(self.poll_write(cx));
                if self.outbox.queued() == 0 {
                    self.closing = Closing::ShuttingDown;
                }
            }
            Closing::ShuttingDown => {
                let Some(socket) = &mut self.socket else {
                    return Poll::Ready(());
                };
                // An error means that the peer has closed already.
                let _ = ready!(Pin::new(socket).poll_close(cx));
                self.state.handle_shut_down(self.runtime.now());
                self.closing = Closing::Lingering;
            }
            Closing::Lingering => ready!(self.poll_linger(cx)),
        }
        Poll::Ready(())
    }

    /// Reads and discards until the peer has closed too.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let peer_has_closed = self.state.end_reason() == Some(&DisconnectReason::ConnectionClosed);
        let Some(socket) = self.socket.as_mut().filter(|_| !peer_has_closed) else {
            self.socket = None;
            return Poll::Ready(());
        };
        let result = SCRATCH.with_borrow_mut(|scratch| Pin::new(socket).poll_read(cx, scratch));
        self.transfers += 1;
        if !matches!(ready!(result), Ok(1..)) {
            self.socket = None;
        }
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::outbox::Sender;
    use crate::runtime;

    /// A socket on which nothing comes, and which fails to write.
    struct Broken;

    impl AsyncRead for Broken {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Broken {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn an_error_of_writing_ends_the_connection_at_once() {
        let settings = Settings::default();
        let runtime = runtime::default();
        let shared = Arc::new(settings.clone());
        let outbox = Arc::new(Outbox::new(Role::Server, &[], shared, runtime.clone()));
        let number = outbox.begin();
        let socket = Box::new(Broken);
        let mut connection =
            Connection::new(Role::Server, &settings, socket, outbox.clone(), runtime);
        outbox.push(&(), Sender::Callback(number)).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(connection.poll_next(&mut cx), Poll::Ready(None));
        assert_eq!(
            connection.state.end_reason(),
            Some(&DisconnectReason::ConnectionClosed)
        );
        assert_eq!(connection.poll_closed(&mut cx), Poll::Ready(()));
    }
}
