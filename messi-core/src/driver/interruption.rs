//! Interruptions: a session waits for another connection when one is lost.
//!
//! The order of an interruption:
//!
//! 1. A step of the turn finds that the connection is lost. The socket is dropped, and a notice is put behind the
//!    messages that were received before.
//! 2. The task goes on: messages that wait are handled, a callback that waits is polled. No bytes are written or read.
//! 3. A client attempts to connect again. A server waits until its mailbox has a socket, or the session has expired.
//! 4. The new socket takes the place of the old one, which may still be there: the peer may have noticed the loss
//!    first. A second notice is put behind the first.
//! 5. The connection sends again the messages that the peer has not received, then the messages that were queued
//!    meanwhile.
//!
//! If the session can't go on, the connection ends. A client then begins a new session on the new socket.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::io::AsyncWrite;
use messi_wire::config::clamped;
use messi_wire::frame::{self, MessageType};
use messi_wire::resumption::{Answer, Bye, ByeReason, Resume, SessionLost};
use messi_wire::{DisconnectReason, Role};

use super::Driver;
use super::notices::{Notice, Notices};
use crate::ConnectError;
use crate::handover::{Begin, Delay, Handover, Opened, Reconnect};
use crate::interrupted_sessions::{InterruptedSessions, Wait};
use crate::transport::BoxSocket;

/// Answers in a row that do not know sessions, after which a client believes them. A busy server may read the first
/// frame of a client so late that it has taken the client for a silent one without a session.
const MAX_PLAIN_ANSWERS: u32 = 4;

/// The part of a driver that only sessions need.
#[derive(Default)]
pub(super) struct SessionState {
    /// Makes new connections, on a client.
    reconnect: Option<Box<dyn Reconnect>>,
    /// The interrupted sessions of this server.
    interrupted: Option<Arc<InterruptedSessions>>,
    /// The number of acknowledged messages and the memory of all others, as the mailbox knows them.
    told: (u64, usize),
    /// Boxed, as a session that is connected does not need it.
    transition: Option<Box<Transition>>,
}

/// The way of a session from one connection to the next, until the handler knows of both.
#[derive(Default)]
struct Transition {
    /// Bytes that were read from the socket before it was given to this driver.
    early_input: Vec<u8>,
    /// The attempt that is running.
    attempt: Option<BoxFuture<'static, Result<Handover, ConnectError>>>,
    /// Answers of the server in a row that do not know sessions.
    plain_answers: u32,
    /// Since when there is no connection, as the handler knows it: those on which nothing was received are left out.
    since: Option<Instant>,
    /// When the connection was lost, while there is no connection.
    lost_at: Option<Instant>,
    /// The place among the interrupted sessions, while there is no connection.
    wait: Option<Wait>,
    notices: Notices,
    /// The notice that comes now, instead of a message.
    current: Option<Box<Notice>>,
    /// The new socket of a client that has connected to this server again.
    handover: Option<Box<Handover>>,
    /// The begin of a new session of this client, after the end of this one.
    successor: Option<Box<Opened>>,
}

impl Transition {
    /// Returns whether the transition has no state left.
    fn is_over(&self) -> bool {
        self.early_input.is_empty()
            && self.lost_at.is_none()
            && self.notices.is_empty()
            && self.current.is_none()
            && self.handover.is_none()
            && self.successor.is_none()
    }
}

impl Driver {
    #[inline]
    fn transition(&mut self) -> Option<&mut Transition> {
        self.session.as_mut()?.transition.as_deref_mut()
    }

    #[inline]
    fn transition_ref(&self) -> Option<&Transition> {
        self.session.as_ref()?.transition.as_deref()
    }

    /// Returns the transition, which begins now at the latest. The connection must have a session, or be about to get
    /// input that was read before.
    fn begun_transition(&mut self) -> &mut Transition {
        let session = self.session.get_or_insert_default();
        session.transition.get_or_insert_default()
    }

    /// Frees the transition if it is over.
    fn end_transition(&mut self) {
        if let Some(session) = &mut self.session {
            session.transition.take_if(|it| it.is_over());
        }
    }

    // --- Sessions ---

    /// Begins the connection as it was agreed on. `input` was read before.
    pub(crate) fn begun(mut self, begin: Begin, input: Vec<u8>) -> Self {
        match begin {
            Begin::Plain | Begin::Grant { .. } => {}
            Begin::Request { window } => self.connection.request_session(window),
            Begin::Succeed { grant } => self.connection.begin_session(grant),
            Begin::Granted { grant, lost } => self.connection.grant_session(grant, lost),
        }
        if self.connection.delivery().is_some() {
            self.session = Some(Box::default());
            self.mailbox.set_acknowledged(true);
        }
        self.set_early_input(input);
        self
    }

    /// Keeps bytes that were read before, for the next read: until then, the callbacks before them have run.
    fn set_early_input(&mut self, input: Vec<u8>) {
        if !input.is_empty() {
            self.begun_transition().early_input = input;
        }
    }

    /// Takes the bytes that were read before.
    #[inline]
    pub(super) fn take_early_input(&mut self) -> Option<Vec<u8>> {
        let input = mem::take(&mut self.transition()?.early_input);
        self.end_transition();
        (!input.is_empty()).then_some(input)
    }

    /// Connects again by `reconnect` when the session is interrupted.
    pub(crate) fn reconnecting<R: Reconnect + 'static>(
        mut self,
        make_reconnect: impl FnOnce() -> R,
    ) -> Self {
        if let Some(session) = &mut self.session {
            session.reconnect = Some(Box::new(make_reconnect()));
        }
        self
    }

    /// Waits among these sessions while the session is interrupted.
    pub(crate) fn waiting_in(mut self, interrupted: &Arc<InterruptedSessions>) -> Self {
        if let Some(session) = &mut self.session {
            session.interrupted = Some(interrupted.clone());
        }
        self
    }

    /// Goes on with the session on another connection, as the program wishes.
    pub(super) fn reconnect(&mut self, now: Instant) {
        if self.connection.interruption().is_some() {
            self.begin_attempt(Delay::Of(clamped(Duration::ZERO)));
        } else if self.connection.is_resumable() {
            self.connection
                .handle_loss(DisconnectReason::Disconnected, now);
        } else {
            // The server has not granted the session yet. Sealed, as by any other end of this side: what waits for the
            // first callback would be waited for.
            self.mailbox.seal();
            self.connection.end(DisconnectReason::Disconnected, now);
        }
    }

    /// Begins the attempt that waits anew, with this delay.
    pub(crate) fn delay_attempt(&mut self, delay: Duration) {
        if self.connection.interruption().is_some() {
            self.begin_attempt(Delay::Of(delay));
        }
    }

    /// Takes the connection on which this client begins a new session, if the server has granted one in place of the
    /// one that has ended.
    pub(crate) fn take_successor(&mut self) -> Option<Box<Opened>> {
        self.transition()?.successor.take()
    }

    /// Returns the number of messages received in the session.
    pub(crate) fn received_in_session(&self) -> u64 {
        let delivery = self.connection.delivery();
        delivery.map_or(0, |delivery| delivery.received())
    }

    // --- Notices ---

    /// Returns whether [`next`](Self::next) has returned for a notice, instead of for a message.
    #[inline]
    pub(crate) fn has_notice(&self) -> bool {
        let transition = self.transition_ref();
        transition.is_some_and(|transition| transition.current.is_some())
    }

    /// Takes the notice.
    pub(crate) fn take_notice(&mut self) -> Option<Notice> {
        let notice = self.transition()?.current.take();
        self.end_transition();
        notice.map(|notice| *notice)
    }

    /// Chooses the next notice if it comes before the next message. Returns whether there is one.
    #[inline]
    pub(super) fn choose_notice(&mut self) -> bool {
        let Some(transition) = self.transition() else {
            return false;
        };
        if let Some(notice) = transition.notices.take_due() {
            transition.current = Some(Box::new(notice));
        }
        transition.current.is_some()
    }

    /// Returns whether a notice waits, be it behind messages.
    #[inline]
    pub(super) fn has_notices(&self) -> bool {
        let transition = self.transition_ref();
        transition.is_some_and(|transition| !transition.notices.is_empty())
    }

    /// Records that a message is handled next.
    #[inline]
    pub(super) fn handle_message_taken(&mut self) {
        if let Some(transition) = self.transition() {
            transition.notices.handle_message();
        }
    }

    // --- After a step of the turn ---

    /// Handles the changes of the last step for the session: a lost connection, and acknowledged messages. Returns
    /// whether the connection has just been lost.
    #[inline]
    pub(super) fn look_at_session(&mut self) -> bool {
        if self.session.is_none() {
            return false;
        }
        let is_interrupted = self.socket.is_some() && self.handle_interruption();
        self.report_acknowledged();
        is_interrupted
    }

    /// Reports the acknowledgements of the peer to the mailbox, if they have changed.
    fn report_acknowledged(&mut self) {
        let Some(session) = &mut self.session else {
            return;
        };
        let Some(delivery) = self.connection.delivery() else {
            // The other side does not know sessions, or this side has said that it leaves.
            if session.transition.is_none() {
                self.session = None;
                self.mailbox.set_acknowledged(false);
            }
            return;
        };
        let current = (delivery.acknowledged(), delivery.memory());
        if mem::replace(&mut session.told, current) != current {
            self.mailbox.handle_acknowledged(current.0, current.1);
        }
    }

    // --- Interruption ---

    /// Handles the loss of the connection, if the session goes on without it. Returns whether it has just been lost.
    fn handle_interruption(&mut self) -> bool {
        let Some(reason) = self.connection.interruption().cloned() else {
            return false;
        };
        self.drop_socket();
        self.mailbox.handle_interrupted();
        let now = self.now();
        self.push_interrupted(reason, now);
        self.begin_wait();
        self.begin_attempt(Delay::First);
        true
    }

    /// Drops the socket. The frames that the connection keeps are sent again on the next one.
    fn drop_socket(&mut self) {
        self.socket = None;
        self.is_write_blocked = false;
        self.is_flushed = true;
        self.unsent_limit = None;
        self.reads_again = false;
        self.take_early_input();
    }

    /// Takes a place among the interrupted sessions of the server, if it has any.
    fn begin_wait(&mut self) {
        if let Some(session) = &mut self.session
            && let Some(interrupted) = &session.interrupted
        {
            let wait = interrupted.wait(&self.mailbox);
            self.begun_transition().wait = Some(wait);
        }
    }

    /// Gives that place up. Returns `false` if another session has taken it.
    fn end_wait(&mut self) -> bool {
        let wait = self.transition().and_then(|it| it.wait.take());
        wait.is_none_or(Wait::end)
    }

    fn push_interrupted(&mut self, reason: DisconnectReason, now: Instant) {
        let is_news = self.push_notice(Notice::Interrupted(reason));
        let transition = self.begun_transition();
        transition.lost_at = Some(now);
        if is_news {
            transition.since = Some(now);
        }
    }

    /// Puts a notice behind the messages that wait for the handler. Returns whether it is one for the handler.
    fn push_notice(&mut self, notice: Notice) -> bool {
        let unhandled = self.connection.unhandled_messages();
        self.begun_transition().notices.push(unhandled, notice)
    }

    fn begin_attempt(&mut self, delay: Delay) {
        let Some(delivery) = self.connection.delivery() else {
            return;
        };
        if let Some(grant) = delivery.grant()
            && let Some(session) = &mut self.session
            && let Some(reconnect) = &mut session.reconnect
        {
            let resume = Resume {
                token: grant.token.clone(),
                received: delivery.received(),
            };
            let attempt = reconnect.attempt(resume, delay);
            self.begun_transition().attempt = Some(attempt);
        }
    }

    /// Returns the time at which the session expires, while it is interrupted.
    pub(super) fn expiry(&self) -> Option<Instant> {
        self.connection.interruption()?;
        let lifetime = self.connection.delivery()?.grant()?.lifetime;
        // A server may say any number.
        self.transition_ref()?.lost_at?.checked_add(lifetime)
    }

    /// Ends a session that has been interrupted for too long.
    pub(super) fn handle_expiry(&mut self, now: Instant) {
        if self.expiry().is_some_and(|expiry| expiry <= now) {
            self.end_session(SessionLost::Expired, None);
        }
    }

    /// Ends the session, and drops the messages that it has not sent.
    pub(super) fn end_session(&mut self, why: SessionLost, handled: Option<u64>) {
        let now = self.now();
        self.connection.lose_session(why, handled, now);
        self.give_up();
    }

    /// Gives up waiting for another connection.
    pub(super) fn give_up(&mut self) {
        if let Some(session) = &mut self.session {
            session.reconnect = None;
        }
        if let Some(transition) = self.transition() {
            transition.attempt = None;
            transition.wait = None;
        }
    }

    // --- The next connection ---

    /// Records that the mailbox has a new socket.
    pub(super) fn handle_handover(&mut self) {
        if self.session.is_some() {
            self.begun_transition().handover = self.mailbox.take_handover();
        }
    }

    /// Takes a new socket if there is one. Ready if that has changed something.
    #[inline]
    pub(super) fn poll_handover(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(transition) = self.transition() else {
            return Poll::Pending;
        };
        if let Some(handover) = transition.handover.take() {
            self.take_over(cx, *handover);
            return Poll::Ready(());
        }
        if transition.attempt.is_some() {
            return self.poll_attempt(cx);
        }
        Poll::Pending
    }

    fn poll_attempt(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(transition) = self.transition() else {
            return Poll::Pending;
        };
        let attempt = transition.attempt.as_mut();
        let Some(Poll::Ready(result)) = attempt.map(|it| it.as_mut().poll(cx)) else {
            return Poll::Pending;
        };
        transition.attempt = None;
        match result {
            Ok(handover) if self.is_doubtful(&handover.answer) => {
                self.begin_attempt(Delay::Backoff);
            }
            Ok(handover) => self.take_over(cx, handover),
            Err(error) => {
                self.push_notice(Notice::ConnectFailed(error));
                self.begin_attempt(Delay::Backoff);
            }
        }
        Poll::Ready(())
    }

    /// Returns whether another attempt may get another answer.
    fn is_doubtful(&mut self, answer: &Answer) -> bool {
        let Some(transition) = self.transition() else {
            return false;
        };
        if *answer != Answer::Plain {
            transition.plain_answers = 0;
            return false;
        }
        transition.plain_answers += 1;
        transition.plain_answers < MAX_PLAIN_ANSWERS
    }

    fn take_over(&mut self, cx: &mut Context<'_>, handover: Handover) {
        let Handover {
            socket,
            input,
            answer,
            server,
        } = handover;
        if let Some(server) = server
            && let Some(session) = &mut self.session
            && let Some(reconnect) = &mut session.reconnect
        {
            reconnect.handle_connected(server);
        }
        match answer {
            Answer::Resumed(received) => self.resume(cx, socket, input, received),
            Answer::Lost {
                why,
                handled,
                grant,
            } => {
                self.end_session(why, handled);
                self.set_successor(socket, input, Begin::Succeed { grant });
            }
            Answer::Refused(_) => self.end_session(SessionLost::Refused, None),
            Answer::Plain => {
                self.end_session(SessionLost::Unsupported, None);
                self.set_successor(socket, input, Begin::Plain);
            }
        }
    }

    fn set_successor(&mut self, socket: BoxSocket, input: Vec<u8>, begin: Begin) {
        self.begun_transition().successor = Some(Box::new(Opened {
            socket,
            input,
            begin,
        }));
    }

    fn resume(&mut self, cx: &mut Context<'_>, socket: BoxSocket, input: Vec<u8>, received: u64) {
        let now = self.now();
        if self.connection.is_resumable() {
            self.say_taken_over(cx);
            self.push_interrupted(DisconnectReason::ConnectionClosed, now);
        } else if self.connection.interruption().is_none() {
            // This side is about to end the session. The client learns of it by its next attempt.
            return;
        } else if !self.end_wait() {
            return self.end_session(SessionLost::Evicted, None);
        }
        self.drop_socket();
        self.connection.resume(received, now);
        // The peer has counted differently.
        if self.connection.end_reason().is_some() {
            return;
        }
        self.socket = Some(socket);
        let replayed = self.connection.delivery().map(|it| it.unacknowledged());
        self.mailbox.handle_resumed(replayed.unwrap_or_default());
        let since = self.transition().and_then(|transition| {
            transition.lost_at = None;
            transition.since
        });
        let away = since.map(|since| now.saturating_duration_since(since));
        self.push_notice(Notice::Resumed(away.unwrap_or_default()));
        self.set_early_input(input);
    }

    /// Informs the peer on the old connection that another one has taken the session over, if that can be written at
    /// once. Otherwise two clients with the same session would take it from each other again and again.
    fn say_taken_over(&mut self, cx: &mut Context<'_>) {
        if self.connection.output_len() > 0 || self.connection.role() == Role::Client {
            return;
        }
        let bye = Bye::new(ByeReason::TakenOver);
        let pong = frame::build(MessageType::Pong, &bye.encode());
        if let Some(socket) = &mut self.socket {
            // Whatever comes of it: the connection is given up.
            let _ = Pin::new(socket).poll_write(cx, &pong);
        }
    }
}
