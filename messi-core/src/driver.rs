//! The task of one connection: it moves bytes between the socket, the [`Connection`] and the
//! [`Mailbox`], and runs the callbacks of the handler in between.
//!
//! Reading, writing, timers and the handler's future are one task: there is no channel and no thread
//! between a received byte and the handler. A callback is polled at once; while it is pending, the task
//! goes on serving the connection.
//!
//! Within a batch of received messages, the next one mostly follows at once ([`Driver::next_at_once`]). Otherwise the
//! task waits for it in this order, and passes over steps 2 to 5 if a short look shows that they have no work:
//!
//! 1. Other tasks have their turn if this one has done much.
//! 2. A command of the mailbox is handled. Once the connection has ended, pending responses fail and the tasks that
//!    wait for the send queue are notified: a callback that waits must return before the connection can be closed.
//! 3. A closure that another task has for the handler is run, one in each round.
//! 4. If much output waits, it is written before more messages are handled.
//! 5. A complete message is returned, as soon as there is a permit to decode it if it is large.
//! 6. Bytes are moved ([`Driver::poll_turn`]): written first, as that makes room, then read. Timers
//!    that are due are handled.
//! 7. If no step has changed anything, unused memory is freed and the task sleeps. The mailbox wakes it for frames,
//!    commands and closures, the socket for bytes, and the timer for the next deadline.

mod close;
mod decode_permit;
mod interruption;
mod io;
mod notices;
mod receive_memory;
#[cfg(test)]
mod tests;
mod turn;

use std::fmt::Display;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, FutureExt};
use log::error;
use messi_wire::connection::CLOSE_TIMEOUT;
use messi_wire::resumption::SessionLost;
use messi_wire::session::FirstKey;
use messi_wire::{Connection, DisconnectReason, FloodLimiter, Role};

use self::close::Closing;
use self::decode_permit::{DecodePermit, LARGE_MESSAGE};
use self::interruption::SessionState;
pub(crate) use self::notices::Notice;
pub(crate) use self::receive_memory::ReceiveBudget;
use self::receive_memory::ReceivePermit;
use self::turn::TurnBudget;
use crate::callback::RareCallback;
use crate::cpu_limit::CpuLimit;
use crate::mailbox::{AnyHandler, Command, Mailbox, WRITE_SIZE};
use crate::metrics::{Metrics, Probe};
use crate::runtime::CallbackObserver;
use crate::time::DeadlineTimer;
use crate::transport::BoxSocket;
use crate::{Form, LOG_TARGET};

/// Time of the last callback after [`Command::Abort`].
const ABORT_GRACE: Duration = Duration::from_millis(100);

/// Drives one connection. It belongs to the task of the connection.
pub(crate) struct Driver {
    connection: Connection,
    /// Number of the connection in the mailbox.
    number: u64,
    mailbox: Arc<Mailbox>,
    timer: DeadlineTimer,
    /// `None` once the connection is closed.
    socket: Option<BoxSocket>,
    closing: Closing,
    /// Set once the task was ordered to end: the callback that is running is not waited for.
    stop: Option<Stop>,
    /// Whether the mailbox was notified that the connection has ended.
    has_reported_end: bool,
    /// Whether the socket accepts no more bytes at this moment.
    is_write_blocked: bool,
    /// The unsent bytes to which the operating system was limited.
    unsent_limit: Option<u32>,
    /// Whether all written bytes have left the buffers of the socket.
    is_flushed: bool,
    /// Whether to read again before waiting: see [`ConnectionConfig::busy_poll`](messi_wire::ConnectionConfig::busy_poll).
    reads_again: bool,
    /// End of busy polling.
    busy_until: Instant,
    turn: TurnBudget,
    /// The time of the last read of this turn.
    read_at: Option<Instant>,
    flood_limiter: FloodLimiter,
    receive_permit: ReceivePermit,
    decode_permit: DecodePermit,
    /// Observes the callbacks, in a simulation.
    observer: Option<Box<dyn CallbackObserver>>,
    /// Key of the message that is being handled, for the log and for metrics.
    first_key: FirstKey,
    probe: Probe,
    /// Boxed, as most connections do not need it.
    session: Option<Box<SessionState>>,
}

/// The next step, by a short look: see [`Driver::take_at_once`].
enum Next {
    /// A message, which is taken.
    Message,
    /// Only received bytes can bring a message.
    Input,
    /// Something else may be to be done first.
    Other,
}

/// The way in which the task was ordered to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Orderly,
    AtOnce,
}

impl Stop {
    /// Returns the time of the last callback.
    fn grace(self) -> Duration {
        match self {
            Self::Orderly => CLOSE_TIMEOUT,
            Self::AtOnce => ABORT_GRACE,
        }
    }
}

impl Driver {
    /// Creates the driver of a new socket. A connection must be attached to the mailbox.
    pub(crate) fn new(socket: BoxSocket, mailbox: Arc<Mailbox>) -> Self {
        let now = mailbox.runtime().now();
        let config = mailbox.config();
        Self {
            connection: Connection::new(config.role, config.limits.clone(), now),
            number: mailbox.connection(),
            timer: DeadlineTimer::default(),
            mailbox,
            socket: Some(socket),
            closing: Closing::Writing,
            stop: None,
            has_reported_end: false,
            is_write_blocked: false,
            unsent_limit: None,
            is_flushed: true,
            reads_again: false,
            busy_until: now,
            turn: TurnBudget::default(),
            read_at: None,
            flood_limiter: FloodLimiter::default(),
            receive_permit: ReceivePermit::default(),
            decode_permit: DecodePermit::default(),
            observer: None,
            first_key: FirstKey::default(),
            probe: Probe::off(),
            session: None,
        }
    }

    /// Shares the memory for received bytes, and the permits to decode large messages, with other
    /// connections.
    pub(crate) fn sharing(
        mut self,
        received: &Arc<ReceiveBudget>,
        decoding: &Arc<CpuLimit>,
    ) -> Self {
        self.receive_permit = ReceivePermit::new(received.clone());
        self.decode_permit = DecodePermit::new(decoding.clone());
        self
    }

    /// Names the handler to a simulation, which observes the waits of its callbacks.
    pub(crate) fn named(mut self, handler: &dyn Display) -> Self {
        self.observer = self.mailbox.runtime().observe_callbacks(handler);
        self
    }

    /// Measures the callbacks of messages and the round trips.
    pub(crate) fn measured(mut self, metrics: &Metrics) -> Self {
        self.probe = metrics.probe(&**self.mailbox.runtime());
        self
    }

    /// Waits for the next message, takes it, and serves the connection meanwhile. Returns `false` once the
    /// connection has ended. If a notice comes before the message, it is left to
    /// [`take_notice`](Self::take_notice), and no message is taken.
    ///
    /// Meanwhile it runs the closures that other tasks have for the handler. A panic of them unwinds.
    // Not an `async fn`, which would be one more state machine in the memory of each connection.
    pub(crate) fn next(&mut self, handler: &mut AnyHandler) -> impl Future<Output = bool> {
        poll_fn(|cx| self.poll_next(cx, handler))
    }

    /// Takes the next message if it is received and there is no work to do before it, which is the usual case within a
    /// batch. Returns `false` in all other cases: they are left to [`next`](Self::next), whose steps are shortened here
    /// to a look at what they would find.
    #[inline]
    pub(crate) fn next_at_once(&mut self) -> bool {
        matches!(self.take_at_once(), Next::Message)
    }

    /// Decodes the message taken last into an empty one. Returns `false` if it can't be decoded, which
    /// ends the connection.
    ///
    /// The caller owns the message, since moving it costs as much as a part of the decoding, and the place that it may
    /// borrow from.
    pub(crate) fn decode<'a, F: Form>(
        &mut self,
        message: &mut F::Message<'a>,
        place: &'a mut F::Place,
    ) -> bool {
        // Before decoding, which may panic too: the log then names the message.
        self.first_key = FirstKey::of(self.connection.payload());
        // Decided when the program is compiled: most protocols are decoded from slices alone.
        let shared = if F::SHARES {
            self.connection.share_payload()
        } else {
            None
        };
        let result = match shared {
            Some(shared) => F::merge_shared(message, shared, place),
            None => F::merge_slice(message, self.connection.payload(), place),
        };
        if let Err(error) = &result {
            self.connection
                .handle_decode_error(error.clone(), self.now());
        }
        result.is_ok()
    }

    /// Runs a callback of the handler to its end, and serves the connection while it is pending. The
    /// callback is borrowed: moving futures costs more than most of them do.
    ///
    /// Returns `None` if the task was ordered to end meanwhile, which has ended the connection. A panic of the callback
    /// unwinds: see [`handle_panic`](Self::handle_panic).
    pub(crate) fn run<T>(
        &mut self,
        mut callback: RareCallback<'_, T>,
    ) -> impl Future<Output = Option<T>> {
        poll_fn(move |cx| self.poll_run(cx, callback.as_mut()))
    }

    /// Ends the connection for a panic: of a callback, of the `Drop` of a value that an abandoned callback held, or of
    /// the code of a message. The caller catches panics once for all callbacks, and must have dropped the future that
    /// has panicked. `handler` names its handler in the log, and `members` the received messages.
    #[cold]
    pub(crate) fn handle_panic(&mut self, handler: &dyn Display, members: &[(u32, &str)]) {
        // Taken: the last callback, which may panic after this, is not the method of this message.
        let number = mem::take(&mut self.first_key).number();
        let member = members.iter().find(|(other, _)| *other == number);
        let callback = member.map_or("a callback".into(), |(_, name)| {
            format!("the method for {name}")
        });
        error!(target: LOG_TARGET, "{handler}: {callback} panicked, which ends its connection");
        self.connection
            .end(DisconnectReason::HandlerPanicked, self.now());
    }

    /// Sends the messages of others, after those of the first callback.
    pub(crate) fn open(&self) {
        // Once the connection has ended, they may wait for another one.
        if self.connection.end_reason().is_none() {
            self.mailbox.open();
        }
    }

    /// Runs the callback of a message. A flood of messages without a callback is limited.
    #[inline]
    pub(crate) fn dispatch(
        &mut self,
        mut callback: Pin<&mut impl Future<Output = ()>>,
    ) -> impl Future<Output = ()> {
        // The callback itself counts ignored messages: only generated code knows the members of the schema.
        let ignored = self.mailbox.transfers.ignored_messages.get();
        self.probe.begin(&**self.mailbox.runtime());
        poll_fn(move |cx| {
            if ready!(self.poll_run(cx, callback.as_mut())).is_some() {
                let runtime = &**self.mailbox.runtime();
                self.probe.end(self.first_key, runtime);
            }
            if self.mailbox.transfers.ignored_messages.get() != ignored {
                self.flood_limiter.count(1, self.now());
            }
            Poll::Ready(())
        })
    }

    /// Writes all queued frames, closes the connection, and returns the reason of its end.
    pub(crate) fn close(&mut self) -> BoxFuture<'_, DisconnectReason> {
        // Boxed, so that the program of the user need not compile it.
        self.close_now().boxed()
    }

    async fn close_now(&mut self) -> DisconnectReason {
        // Before the rest is written: messages that are sent from now on would never be.
        self.mailbox.seal();
        // No message is decoded from now on: its place in the order goes to others.
        self.decode_permit.cancel();
        // Before the rest is written: it limits the time of that, if the peer has closed its direction.
        self.connection.handle_closing(self.now());
        poll_fn(|cx| self.poll_closed(cx)).await;
        // Known only now: an error while the rest was written does not replace an earlier reason.
        let reason = self.connection.end_reason().cloned();
        let reason = reason.unwrap_or(DisconnectReason::ConnectionClosed);
        if matches!(reason, DisconnectReason::SessionLost(_)) {
            self.mailbox.count_lost_session();
        }
        // Counts the messages that are lost: when the caller deregisters a client, its counters are final.
        self.mailbox.detach(&reason, self.connection.ending());
        // The last callback may take long.
        self.give_up();
        self.connection.drop_input();
        self.receive_permit.set(0);
        reason
    }

    /// Runs the callback that follows [`close`](Self::close). Once the task is ordered to end, it has no more than
    /// [`CLOSE_TIMEOUT`], or [`ABORT_GRACE`] after [`Command::Abort`].
    pub(crate) fn run_last(&mut self, mut callback: RareCallback<'_>) -> impl Future<Output = ()> {
        let mut deadline = None;
        poll_fn(move |cx| self.poll_run_last(cx, callback.as_mut(), &mut deadline))
    }

    /// Returns whether the peer speaks this protocol.
    pub(crate) fn is_validated(&self) -> bool {
        self.connection.is_validated()
    }

    #[inline]
    fn now(&self) -> Instant {
        self.mailbox.runtime().now()
    }

    /// Takes the next message if there is no work to do before it, and it needs no permit.
    #[inline]
    fn take_at_once(&mut self) -> Next {
        let is_usual = !self.turn.is_spent()
            && !self.mailbox.has_orders()
            && self.mailbox.queued() < WRITE_SIZE
            && !self.is_congested()
            && self.flood_limiter.paused_until().is_none()
            && self.decode_permit.is_idle()
            && !self.has_notices();
        if !is_usual {
            return Next::Other;
        }
        if let Some(size) = self.connection.take_small_message(LARGE_MESSAGE) {
            self.turn.spend_message(size);
            Next::Message
        } else if self.connection.waits_for_input() {
            Next::Input
        } else {
            Next::Other
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>, handler: &mut AnyHandler) -> Poll<bool> {
        // The message of the last callback is dropped: another connection may decode.
        self.decode_permit.release();
        loop {
            match self.take_at_once() {
                Next::Message => return Poll::Ready(true),
                Next::Input => {}
                Next::Other => {
                    if let Some(has_message) = ready!(self.poll_message(cx, handler)) {
                        return Poll::Ready(has_message);
                    }
                }
            }
            if self.poll_turn(cx).is_pending() {
                // A closure that came before the task was parked has not woken it.
                if self.may_call_handler() && self.mailbox.has_calls() {
                    cx.waker().wake_by_ref();
                }
                return Poll::Pending;
            }
        }
    }

    /// Takes the next of the received messages, after the work that comes before it, or chooses a notice. Returns
    /// `None` if no message can be handled now, and `false` if the connection has ended.
    fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
        handler: &mut AnyHandler,
    ) -> Poll<Option<bool>> {
        // Before anything else, so that no step below can keep this task busy for ever.
        ready!(self.poll_turn_budget(cx));
        // Before a message: no message may follow a command to disconnect.
        self.handle_command();
        // One at a time: many of them must keep neither messages nor other tasks waiting.
        if self.may_call_handler() && self.run_call(handler) {
            self.turn.spend_transfer();
            // It may have closed the connection: then no message follows.
            self.handle_command();
        }
        if self.choose_notice() {
            return Poll::Ready(Some(true));
        }
        if self.must_write_first(cx) || self.flood_limiter.paused_until().is_some() {
            // Others must not wait for a permit that this connection can't use now.
            self.decode_permit.cancel();
        } else if let Some(size) = self.connection.next_message_size() {
            // While there is no permit, the connection is served.
            if self.decode_permit.poll_acquire(cx, size).is_ready() {
                self.turn.spend_message(size);
                self.connection.take_message(size);
                self.handle_message_taken();
                return Poll::Ready(Some(true));
            }
        } else if self.connection.end_reason().is_some() {
            // Only once the messages received before the end are handled.
            return Poll::Ready(Some(false));
        }
        Poll::Ready(None)
    }

    /// Runs a closure of another task in the handler. Returns `false` if there is no closure.
    fn run_call(&mut self, handler: &mut AnyHandler) -> bool {
        // A closure that panics must not be logged as the method of the last message.
        self.first_key = FirstKey::default();
        self.mailbox.run_call(handler)
    }

    /// Returns whether closures of other tasks may be run in the handler.
    fn may_call_handler(&self) -> bool {
        // Not after the end, even while messages are left: the closures are dropped with the connection.
        self.connection.end_reason().is_none()
    }

    /// Returns whether no message may be handled before some output is written. A server then slows its
    /// client down by TCP. A client does not: if both sides waited, neither would ever read.
    fn must_write_first(&mut self, cx: &mut Context<'_>) -> bool {
        // A handler that sends faster than the socket takes must not fill the queue within one turn.
        // A blocked socket is not tried again: it wakes the task, and each message would cost a system call.
        if self.mailbox.queued() >= WRITE_SIZE && !self.is_write_blocked {
            let _ = self.poll_write(cx);
        }
        // After the end, room may never come: the messages that are left are handled all the same.
        self.connection.role() == Role::Server
            && self.connection.is_peer_reading()
            && self.is_congested()
    }

    #[inline]
    fn poll_run<F: Future + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut callback: Pin<&mut F>,
    ) -> Poll<Option<F::Output>> {
        // Most callbacks are ready at once: no other state is looked at for them.
        match self.poll_callback(cx, callback.as_mut()) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            // The connection is served until the next wake-up, which begins with the callback again.
            Poll::Pending => self.poll_beside_callback(cx).map(|()| None),
        }
    }

    /// Serves the connection while a callback is pending. Ready if the task was ordered to end.
    fn poll_beside_callback(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.handle_command();
            if self.stop.is_some() {
                // The callback is dropped where it waits.
                if let Some(observer) = &mut self.observer {
                    observer.end_poll(false);
                }
                return Poll::Ready(());
            }
            if self.connection.is_closing() {
                // The callback may take long. The peer must not wait for it to see the end.
                let _ = self.poll_close(cx);
                // After closing, which may have taken the waker out of the mailbox.
                ready!(self.park(cx));
            } else {
                ready!(self.poll_turn(cx));
            }
        }
    }

    fn poll_run_last(
        &mut self,
        cx: &mut Context<'_>,
        callback: RareCallback<'_>,
        deadline: &mut Option<Instant>,
    ) -> Poll<()> {
        if self.poll_callback(cx, callback).is_ready() {
            return Poll::Ready(());
        }
        loop {
            // The socket is closed: only a command can still end the wait.
            self.handle_command();
            if let Some(stop) = self.stop {
                let now = self.now();
                let limit = now + stop.grace();
                // A later command, such as to abort, can only shorten the time.
                let limit = deadline.map_or(limit, |earlier| limit.min(earlier));
                *deadline = Some(limit);
                let runtime = &**self.mailbox.runtime();
                // The connection is closed: its timer is free for this deadline.
                if self.timer.poll(cx, runtime, limit, now).is_ready() {
                    return Poll::Ready(());
                }
            }
            // Also after a stop: an abort must wake the task.
            ready!(self.park(cx));
        }
    }

    #[inline]
    fn poll_callback<F: Future + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        callback: Pin<&mut F>,
    ) -> Poll<F::Output> {
        let Some(observer) = &mut self.observer else {
            return callback.poll(cx);
        };
        observer.begin_poll();
        let poll = callback.poll(cx);
        observer.end_poll(poll.is_pending());
        poll
    }

    /// Returns whether so much waits for the peer that no more of its messages are handled.
    ///
    /// Not while the window of a session is full: the acknowledgements that empty it may be stuck behind messages of the
    /// peer, and are received only if those before them are handled.
    #[inline]
    fn is_congested(&self) -> bool {
        self.mailbox.is_congested() && !self.connection.holds_output()
    }

    /// Handles the command that waits, and reports the end of the connection to the mailbox. All loops
    /// come by here.
    fn handle_command(&mut self) {
        if let Some(command) = self.mailbox.take_command() {
            self.run_command(command);
        }
        // After a drain the peer still reads: callbacks may go on sending until all messages are handled.
        if let Some(reason) = self.connection.end_reason() {
            // Each time, since callbacks may send requests after the end.
            self.mailbox.fail_pending(reason);
            // Once is enough: from then on closures are refused, and new waits fail at once.
            if !self.has_reported_end && !self.connection.is_peer_reading() {
                self.has_reported_end = true;
                self.mailbox.handle_end();
            }
        }
    }

    #[cold]
    fn run_command(&mut self, command: Command) {
        let now = self.now();
        let is_interrupted = self.connection.interruption().is_some();
        match command {
            Command::Handover => self.handle_handover(),
            Command::Reconnect => self.reconnect(now),
            Command::Drain => self.connection.drain(now),
            Command::Close(DisconnectReason::SlowConsumer) if is_interrupted => {
                self.end_session(SessionLost::Overflow, None);
            }
            Command::Close(reason) => self.connection.end(reason, now),
            Command::Evict if is_interrupted => self.end_session(SessionLost::Evicted, None),
            // The rest is not written: other connections lack this memory.
            Command::Evict => self.connection.fail(DisconnectReason::SlowConsumer, now),
            // The task ends, even while a callback waits.
            Command::Stop => {
                self.stop = Some(Stop::Orderly);
                self.connection.end(DisconnectReason::Stopped, now);
            }
            Command::Abort => {
                self.stop = Some(Stop::AtOnce);
                self.connection.fail(DisconnectReason::Stopped, now);
            }
        }
    }
}

impl Drop for Driver {
    /// Ends the connection for the tasks that wait, if its task is dropped before it is closed.
    fn drop(&mut self) {
        // After `close` the connection is detached: then this has no effect.
        self.mailbox.cancel(self.number);
    }
}
