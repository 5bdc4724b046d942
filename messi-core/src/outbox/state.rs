//! What an outbox holds, under its lock.

use std::task::Waker;
use std::time::Instant;

use super::budget::{OWN, Share, Ticket};
use super::held::Held;
use super::queue::{Queue, allotment};
use super::requests::{BoxWaiter, Kinds, Requests};
use super::{Request, Sender};
use crate::frame::HEADER_SIZE;
use crate::settings::{Overflow, Settings};
use crate::stats::Dropped;
use crate::{DisconnectReason, RequestError, SendError};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// The number of the current or last connection.
    pub(super) connection: u64,
    /// Whether that connection has ended, though its task has not closed it yet: what is still queued
    /// may never be written.
    pub(super) has_ended: bool,
    /// Frames for the task to take.
    pub(super) queue: Queue,
    /// What it may hold of the memory that it shares with others.
    pub(super) share: Share,
    /// Messages that wait until `on_connected` returns, or for a connection. They outlive one.
    held: Held,
    /// The kinds of requests of the protocol, by which each message that goes out is looked at.
    kinds: Kinds,
    requests: Requests,
    /// Bytes taken by the task and not yet written.
    pub(super) in_flight: usize,
    /// The memory that they are in.
    in_flight_memory: usize,
    /// Whether the last message found room in the queue, but no memory of that which all share.
    lacks_memory: bool,
    /// Bytes pushed on this connection so far.
    pub(super) pushed: u64,
    /// Wakes the task, if it waits.
    pub(super) waker: Option<Waker>,
    /// Whether the task, while it waits, can do nothing with more frames.
    pub(super) blocked: bool,
    /// Whether the peer has ever taken nothing on this connection.
    was_blocked: bool,
    /// What is asked of the task and not yet taken by it.
    pub(super) request: Option<Request>,
    /// Whether it was asked to stop. That outlives the connection.
    pub(super) stopping: bool,
    /// Messages sent on all connections so far.
    pub(super) sent_messages: u64,
    /// Most bytes that have waited.
    pub(super) peak_queued_bytes: usize,
    pub(super) dropped: Dropped,
}

/// What may be pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing: there is no connection, or it is about to end.
    #[default]
    Closed,
    /// What `on_connected` sends; what others send is held back until it returns.
    Opening,
    /// Everything.
    Open,
}

/// A message that is to be pushed.
///
/// Not generic over how it is encoded: so all that is done for each message, but the encoding, is
/// compiled once, in one piece.
pub(super) struct Message<'a> {
    /// The size of its payload, in bytes.
    pub(super) size: usize,
    /// The number of the request or response that it holds, if it holds one.
    pub(super) member: Option<u32>,
    pub(super) sender: Sender,
    /// What is done if it is not taken in.
    pub(super) or_else: Else,
    /// Appends its frame, or leaves the buffer as it is.
    pub(super) append: &'a dyn Fn(&mut Vec<u8>) -> Result<(), SendError>,
}

/// What is done with a message that is not taken in.
#[derive(Debug)]
pub(super) enum Else {
    /// It is refused, and may be sent again.
    Refuse,
    /// The connection ends, unless the peer may miss it.
    End,
    /// It is refused; who waits for its response learns of it.
    Fail(BoxWaiter),
}

impl Else {
    fn into_waiter(self) -> Option<BoxWaiter> {
        match self {
            Self::Fail(waiter) => Some(waiter),
            Self::Refuse | Self::End => None,
        }
    }
}

/// A message that was not taken in.
pub(super) struct Rejected<'a> {
    pub(super) message: Message<'a>,
    pub(super) error: SendError,
    /// Whether all queues together hold so much that there is no memory for it, and the connection would
    /// end for that. Others may hold more.
    pub(super) lacks_memory: bool,
}

/// Why a message was not taken in.
pub(super) struct Refusal {
    pub(super) error: SendError,
    /// What the connection must end for, unless the message is sent again before others.
    pub(super) end: Option<Request>,
}

/// Where a message goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Queue,
    Held,
}

impl State {
    pub(super) fn new(kinds: Kinds) -> Self {
        Self {
            kinds,
            ..Self::default()
        }
    }

    /// Begins a connection, with what waited for it and is not too old.
    pub(super) fn begin(&mut self, settings: &Settings, now: Instant) {
        self.reset();
        self.expire(settings, now);
        self.connection += 1;
        self.pushed = self.held.bytes() as u64;
        if !self.stopping {
            self.phase = Phase::Opening;
        }
    }

    /// Returns whether there is a connection that has not ended.
    pub(super) fn is_connected(&self) -> bool {
        self.phase != Phase::Closed && !self.has_ended
    }

    /// Lets what was held back go out.
    pub(super) fn open(&mut self) {
        if self.phase == Phase::Opening {
            self.phase = Phase::Open;
            self.release_held();
        }
    }

    /// Lets nothing more in. What waits for `on_connected` to return goes out with the rest,
    /// unless it may wait for another connection.
    pub(super) fn seal(&mut self, settings: &Settings) {
        let was_opening = self.phase == Phase::Opening;
        self.phase = Phase::Closed;
        if was_opening && (settings.offline.is_none() || self.stopping) {
            self.release_held();
        }
    }

    /// Ends the connection: what was not taken is lost.
    pub(super) fn close(&mut self, reason: &DisconnectReason) {
        self.dropped.unsent += self.queue.count_messages();
        self.requests.fail(reason);
        self.reset();
    }

    /// Forgets the last connection, but not what outlives it.
    fn reset(&mut self) {
        self.phase = Phase::Closed;
        self.has_ended = false;
        self.queue = Queue::default();
        self.in_flight = 0;
        self.in_flight_memory = 0;
        self.share.shrink_to(self.held.memory());
        self.pushed = 0;
        self.waker = None;
        self.blocked = false;
        self.was_blocked = false;
        self.request = self.request.take().filter(Request::outlives_connection);
    }

    /// Notes how many of the bytes taken remain to be written.
    pub(super) fn handle_written(&mut self, remaining: usize) {
        self.in_flight = remaining;
        if remaining == 0 {
            self.in_flight_memory = 0;
            self.share.shrink_to(self.memory());
            self.share.renew();
        }
    }

    /// Returns since when the peer keeps the queue waiting, if the connection may be ended for that.
    ///
    /// Those whose peers take nothing at this moment come first, and then those whose peers ever did so:
    /// of the others, it may be the task that has had no time yet.
    pub(super) fn ticket(&self) -> Option<Ticket> {
        let ticket = self
            .share
            .ticket()
            .filter(|_| self.phase != Phase::Closed)?;
        Some(match (self.blocked, self.was_blocked) {
            (true, _) => ticket,
            (false, true) => ticket.in_line(1),
            (false, false) => ticket.in_line(2),
        })
    }

    /// Notes that the task waits, and whether it can do nothing with more frames.
    pub(super) fn handle_parked(&mut self, waker: &Waker, blocked: bool) {
        self.blocked = blocked;
        self.was_blocked |= blocked;
        self.waker = Some(waker.clone());
    }

    /// Drops what waits, and lets nothing more in.
    pub(super) fn evict(&mut self) {
        self.dropped.unsent += self.queue.count_messages();
        self.queue = Queue::default();
        self.phase = Phase::Closed;
        self.drop_held();
        // What is being written goes too, as soon as the task runs. If it was waited for, others would be
        // ended meanwhile that need not be.
        self.share.shrink_to(0);
    }

    /// Drops what waits for a connection that will never come.
    pub(super) fn drop_held(&mut self) {
        while !self.held.is_empty() {
            self.dropped.unsent += 1;
            fail(self.held.drop_first(), SendError::NotConnected);
        }
    }

    /// Drops what has waited for a connection for too long.
    fn expire(&mut self, settings: &Settings, now: Instant) {
        let Some(offline) = settings.offline else {
            return;
        };
        let Some(oldest) = now.checked_sub(offline.max_age) else {
            return;
        };
        while self.held.oldest().is_some_and(|time| time < oldest) {
            self.dropped.expired += 1;
            fail(self.held.drop_first(), SendError::Expired);
        }
    }

    fn release_held(&mut self) {
        let Self {
            held,
            kinds,
            requests,
            sent_messages,
            ..
        } = self;
        let frames = held.take(|frame, waiter| {
            *sent_messages += 1;
            requests.handle_sent(kinds, kinds.member(&frame[HEADER_SIZE..]), waiter);
        });
        if self.queue.is_empty() {
            self.queue = frames;
        } else {
            self.queue.push_frames(frames.bytes());
        }
    }

    /// Bytes on their way to the peer of this connection.
    pub(super) fn queued(&self) -> usize {
        let held = match self.phase {
            Phase::Opening => self.held.bytes(),
            // What is held now waits for another connection.
            Phase::Closed | Phase::Open => 0,
        };
        self.queue.len() + self.in_flight + held
    }

    /// Bytes that wait, be it for another connection.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len() + self.in_flight + self.held.bytes()
    }

    /// The memory that holds what waits, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.memory_with(0, Place::Queue)
    }

    /// The same once so many more bytes are in this place. Those of a short queue do not count.
    fn memory_with(&self, more: usize, place: Place) -> usize {
        if self.waiting() + more <= OWN {
            return 0;
        }
        let (queue, held) = match place {
            Place::Queue => (more, 0),
            Place::Held => (0, more),
        };
        self.queue.memory_with(queue) + self.in_flight_memory + self.held.memory_with(held)
    }

    /// How many of the bytes pushed on this connection are surely with the operating system. What
    /// waits may hold a keep-alive frame too, which nobody has pushed.
    pub(super) fn written(&self) -> u64 {
        self.pushed.saturating_sub(self.queued() as u64)
    }

    /// Takes a message in, if it may.
    pub(super) fn push<'a>(
        &mut self,
        message: Message<'a>,
        settings: &Settings,
        now: impl Fn() -> Instant,
    ) -> Result<(), Rejected<'a>> {
        let size = HEADER_SIZE + message.size;
        let pushed = match self.admit(&message, settings, &now) {
            Ok(Place::Queue) => self.queue.push(size, message.append),
            Ok(Place::Held) => return self.push_held(message, now()),
            Err(error) => return Err(self.reject(message, error, settings)),
        };
        if let Err(error) = pushed {
            return Err(self.reject(message, error, settings));
        }
        self.pushed += size as u64;
        self.sent_messages += 1;
        let waiter = message.or_else.into_waiter();
        self.requests
            .handle_sent(&self.kinds, message.member, waiter);
        self.peak_queued_bytes = self.peak_queued_bytes.max(self.waiting());
        Ok(())
    }

    /// Counts a message that may not come in; nobody waits for its answer.
    #[cold]
    pub(super) fn refuse(&mut self, rejected: Rejected<'_>, settings: &Settings) -> Refusal {
        let Rejected { message, error, .. } = rejected;
        self.dropped.count(error);
        let end = match error {
            SendError::QueueFull if self.may_have_gap(&message, settings) => None,
            SendError::QueueFull => Some(DisconnectReason::SlowConsumer),
            SendError::MessageTooBig { size, limit } if self.is_answer(&message) => {
                Some(DisconnectReason::MessageTooBig { size, limit })
            }
            _ => None,
        };
        fail(message.or_else.into_waiter(), error);
        Refusal {
            error,
            end: end.map(Request::End),
        }
    }

    /// Whether the peer may miss this message, for which there is no room. It may miss no answer,
    /// be it this one or the one that leaves no room: it would take those that follow for answers
    /// to other requests.
    fn may_have_gap(&self, message: &Message<'_>, settings: &Settings) -> bool {
        settings.overflow != Overflow::Disconnect
            && !self.is_answer(message)
            && !(settings.overflow == Overflow::DropOldest && self.is_answer_first())
    }

    /// Whether the connection would end if there is no memory for a message.
    fn must_have_memory(&self, message: &Message<'_>, settings: &Settings) -> bool {
        matches!(message.or_else, Else::End) && !self.may_have_gap(message, settings)
    }

    fn is_answer(&self, message: &Message<'_>) -> bool {
        self.kinds.is_answer(message.member)
    }

    /// Whether an answer has waited for longest.
    fn is_answer_first(&self) -> bool {
        let first = self.queue.first();
        first.is_some_and(|payload| self.kinds.is_answer(self.kinds.member(payload)))
    }

    /// Takes many frames in at once; `false` if each must be looked at by itself.
    pub(super) fn push_frames(&mut self, frames: &[u8], count: u64, settings: &Settings) -> bool {
        let is_plain = self.phase == Phase::Open && self.kinds.makes_none();
        let has_room = self.queued() + frames.len() <= settings.max_queued_bytes;
        if !is_plain
            || !has_room
            || !self
                .share
                .grow_to(self.memory_with(frames.len(), Place::Queue))
        {
            return false;
        }
        self.queue.push_frames(frames);
        self.pushed += frames.len() as u64;
        self.sent_messages += count;
        self.peak_queued_bytes = self.peak_queued_bytes.max(self.waiting());
        true
    }

    /// Takes a message in that waits until `on_connected` returns, or for a connection.
    #[cold]
    fn push_held<'a>(&mut self, message: Message<'a>, now: Instant) -> Result<(), Rejected<'a>> {
        let size = HEADER_SIZE + message.size;
        if let Err(error) = self.held.push(size, message.append, now) {
            return Err(Rejected {
                message,
                error,
                lacks_memory: false,
            });
        }
        self.pushed += size as u64;
        self.held.set_waiter(message.or_else.into_waiter());
        self.peak_queued_bytes = self.peak_queued_bytes.max(self.waiting());
        Ok(())
    }

    #[cold]
    fn reject<'a>(
        &mut self,
        message: Message<'a>,
        error: SendError,
        settings: &Settings,
    ) -> Rejected<'a> {
        let is_full = error == SendError::QueueFull && self.lacks_memory;
        Rejected {
            lacks_memory: is_full && self.must_have_memory(&message, settings),
            message,
            error,
        }
    }

    /// Whether a message may come in, and where it goes.
    fn admit(
        &mut self,
        message: &Message<'_>,
        settings: &Settings,
        now: impl Fn() -> Instant,
    ) -> Result<Place, SendError> {
        let &Message { size, sender, .. } = message;
        // Who asked on another connection has been told that there will be no answer. One that
        // comes now would be taken for the answer to another request.
        if self.is_earlier(sender) && self.is_answer(message) {
            return Err(SendError::NotConnected);
        }
        let limit = settings.max_sent_size;
        if size > limit {
            return Err(SendError::MessageTooBig { size, limit });
        }
        let frame_size = HEADER_SIZE + size;
        match self.phase {
            Phase::Closed if settings.offline.is_some() && self.is_answer(message) => {
                Err(SendError::NotConnected)
            }
            Phase::Closed => self.admit_offline(frame_size, settings, now()),
            Phase::Opening if sender != Sender::Callback(self.connection) => {
                self.room(frame_size, Place::Held, settings)
            }
            Phase::Opening | Phase::Open => self.room(frame_size, Place::Queue, settings),
        }
    }

    /// Whether it is a callback of an earlier connection that sends.
    fn is_earlier(&self, sender: Sender) -> bool {
        matches!(sender, Sender::Callback(connection) if connection != self.connection)
    }

    fn admit_offline(
        &mut self,
        frame_size: usize,
        settings: &Settings,
        now: Instant,
    ) -> Result<Place, SendError> {
        let Some(offline) = settings.offline.filter(|_| !self.stopping) else {
            return Err(SendError::NotConnected);
        };
        self.expire(settings, now);
        // Half of the queue is left to what `on_connected` sends.
        let limit = offline.max_bytes.min(settings.max_queued_bytes / 2);
        while self.held.memory_with(frame_size) > limit {
            if settings.overflow != Overflow::DropOldest || !self.drop_oldest_held() {
                return Err(SendError::QueueFull);
            }
        }
        Ok(Place::Held)
    }

    /// Makes room for a message in this place, at the cost of older ones if that is wanted.
    fn room(
        &mut self,
        frame_size: usize,
        place: Place,
        settings: &Settings,
    ) -> Result<Place, SendError> {
        while !self.fits(frame_size, place, settings) {
            if settings.overflow != Overflow::DropOldest || !self.drop_oldest() {
                return Err(SendError::QueueFull);
            }
        }
        Ok(place)
    }

    /// A single message fits however small the queue may be, so that limits that contradict each
    /// other still work. What is shared with others must be enough for it.
    fn fits(&mut self, frame_size: usize, place: Place, settings: &Settings) -> bool {
        let queued = self.queued();
        let fits = queued == 0 || queued + frame_size <= settings.max_queued_bytes;
        let has_memory =
            !self.share.is_bounded() || self.share.grow_to(self.memory_with(frame_size, place));
        self.lacks_memory = fits && !has_memory;
        fits && has_memory
    }

    /// Drops the message that has waited for longest, unless it is being written, or an answer;
    /// `false` if there is none.
    fn drop_oldest(&mut self) -> bool {
        let Some(payload) = self.queue.first() else {
            return self.drop_oldest_held();
        };
        let member = self.kinds.member(payload);
        if self.kinds.is_answer(member) {
            return false;
        }
        let waiter = self.requests.handle_dropped(&self.kinds, member);
        self.queue.drop_first();
        self.dropped.queue_full += 1;
        fail(waiter, SendError::QueueFull);
        true
    }

    /// The same of what is held back.
    fn drop_oldest_held(&mut self) -> bool {
        if self.held.is_empty() {
            return false;
        }
        self.dropped.queue_full += 1;
        fail(self.held.drop_first(), SendError::QueueFull);
        true
    }

    /// The waker, if there is reason to use it for new frames.
    pub(super) fn waker_for_frames(&mut self) -> Option<Waker> {
        if self.blocked || self.phase == Phase::Closed {
            None
        } else {
            self.waker.take()
        }
    }

    // --- Requests ---

    /// The task has taken what waited.
    pub(super) fn handle_taken(&mut self, bytes: usize) {
        self.in_flight = bytes;
        self.in_flight_memory = allotment(bytes);
        self.requests.handle_taken();
    }

    /// Who waits for a message that has come.
    pub(super) fn handle_received(&mut self, payload: &[u8]) -> Option<BoxWaiter> {
        self.requests.handle_received(&self.kinds, payload)
    }

    /// Whether any message that comes may be an answer.
    pub(super) fn expects_answers(&self) -> bool {
        self.requests.is_any_open()
    }

    /// No answer will come on this connection any more.
    pub(super) fn fail_requests(&mut self, reason: &DisconnectReason) {
        self.requests.fail(reason);
    }
}

fn fail(waiter: Option<BoxWaiter>, error: SendError) {
    if let Some(waiter) = waiter {
        waiter.fail(RequestError::NotSent(error));
    }
}
