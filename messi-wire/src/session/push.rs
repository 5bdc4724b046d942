//! Taking messages into the queues of a session.
//!
//! Most messages are neither requests nor responses, and find an open connection with room in its queue. For
//! these, [`Session::push_at_once`] only looks at the room, and encodes. All others are pushed in this order:
//!
//! 1. The request that it responds to is found, if there is one. A response that comes too late, or twice,
//!    or after an abandoned request is refused.
//! 2. A message above the size limit is refused, before it is encoded.
//! 3. Its place is chosen: the send queue; the offline queue while a connection opens or there is no connection;
//!    or, for a response, a place among those that wait for the responses before them.
//! 4. Room is made in that place, if old messages may be dropped.
//! 5. It is encoded into its place. Only then it is counted, so that a message that panics while it is encoded
//!    leaves the session as it was, but for the messages that were dropped to make room for it.
//! 6. The responses that have waited for it follow it.

use std::time::Instant;

use super::outgoing::{OnRefusal, Outgoing, Refusal, Rejected, Sender};
use super::replies::{RequestId, Turn};
use super::{PendingResponse, Phase, Session};
use crate::config::Overflow;
use crate::frame::HEADER_SIZE;
use crate::{DisconnectReason, RequestError, SendError};

/// The queue that a message is pushed to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    SendQueue,
    /// The send queue, for the response that others wait for: they take no room from it.
    NextResponse,
    OfflineQueue,
    /// Among the responses that wait for those before them.
    Waiting,
}

impl<R: PendingResponse> Session<R> {
    /// Encodes a message into its queue. The `now` of the caller is read only if the message goes to the
    /// offline queue.
    ///
    /// # Errors
    ///
    /// Returns the message if it has no room. The caller must push it again or [`refuse`](Self::refuse)
    /// it.
    pub fn push<'a>(
        &mut self,
        message: Outgoing<'a, R>,
        now: impl Fn() -> Instant,
    ) -> Result<(), Rejected<'a, R>> {
        let size = HEADER_SIZE + message.size;
        // Before the limits: a response that can't be sent anyway must not make room for itself.
        let request = match self.request_of(&message) {
            Ok(request) => request,
            Err(error) => return Err(self.reject(message, error)),
        };
        let pushed = match self.admit(&message, request, &now) {
            Ok(Place::SendQueue | Place::NextResponse) => self.queue.push(size, message.append),
            Ok(Place::OfflineQueue) => return self.push_offline(message, now()),
            Ok(Place::Waiting) => return self.push_waiting(message, request),
            Err(error) => Err(error),
        };
        if let Err(error) = pushed {
            return Err(self.reject(message, error));
        }
        self.pushed += size as u64;
        self.counters.messages += 1;
        // After the message is counted: responses that follow it are counted behind it.
        if message.member.is_some() {
            self.handle_pushed(message, request);
        }
        self.update_peak();
        Ok(())
    }

    /// Records a request or a response in the send queue.
    fn handle_pushed(&mut self, message: Outgoing<'_, R>, responded: Option<RequestId>) {
        // Each request, even without a response to await: the peer responds to all.
        let response = message.on_refusal.into_response();
        let kinds = &self.config.kinds;
        self.pending.handle_queued(kinds, message.member, response);
        if let Some(request) = responded {
            self.handle_responded(request.kind);
        }
    }

    /// Pushes messages in one step, which is the fast way into the queue. `append` appends their frames, `size`
    /// bytes in all, or fails and leaves the buffer unchanged. They must be below the size limit, and neither
    /// requests nor responses.
    ///
    /// Returns `false`, and pushes no messages, if a rule beyond that of the room in the queue decides about them:
    /// then each must be [`push`](Self::push)ed by itself.
    #[inline]
    pub fn push_at_once(
        &mut self,
        size: usize,
        messages: u64,
        append: impl FnOnce(&mut Vec<u8>) -> Result<(), SendError>,
    ) -> bool {
        let is_open = self.phase == Phase::Open;
        // Once for the limit and the peak: the offline queue is empty on an open connection. Frames that are larger
        // than the queue may be go one by one: a single message always fits.
        let waiting = self.waiting() + size;
        let has_room = waiting <= self.config.limits.max_queued_bytes;
        // The reservation comes last: it takes memory from others.
        if !is_open || !has_room || !self.reserve(size, Place::SendQueue) {
            return false;
        }
        if self.queue.push(size, append).is_err() {
            return false;
        }
        self.pushed += size as u64;
        self.counters.messages += messages;
        let peak = &mut self.counters.peak_queued_bytes;
        *peak = (*peak).max(waiting);
        true
    }

    /// Refuses a message: counts it, and fails its pending response.
    #[cold]
    pub fn refuse(&mut self, rejected: Rejected<'_, R>) -> Refusal {
        let Rejected { message, error, .. } = rejected;
        self.count_refused(&message, error);
        let must_close = matches!(message.on_refusal, OnRefusal::Close);
        let close = match error {
            // In any case: no later response can be sent either.
            SendError::RequestAbandoned => Some(DisconnectReason::RequestAbandoned),
            // The sender gets the error, and may send another message.
            _ if !must_close => None,
            SendError::QueueFull if self.may_have_gap(&message) => None,
            SendError::QueueFull => Some(DisconnectReason::SlowConsumer),
            // The peer would take the next response for this one.
            SendError::MessageTooBig { size, limit } if self.is_response(&message) => {
                Some(DisconnectReason::MessageTooBig { size, limit })
            }
            // The peer would take the next response for the one that could not be encoded.
            SendError::WrongSize { .. } if self.is_response(&message) => {
                Some(DisconnectReason::RequestAbandoned)
            }
            _ => None,
        };
        let response = message.on_refusal.into_response();
        self.pending.fail(response, RequestError::NotSent(error));
        Refusal { error, close }
    }

    fn count_refused(&mut self, message: &Outgoing<'_, R>, error: SendError) {
        let is_response = self.is_response(message);
        let failures = self.failures.get_mut();
        failures.dropped.count(error);
        match error {
            SendError::NotConnected if is_response => failures.requests.late += 1,
            SendError::AlreadyResponded => failures.requests.surplus += 1,
            _ => {}
        }
    }

    /// Keeps a response that is sent later, in its turn.
    #[cold]
    fn push_waiting<'a>(
        &mut self,
        message: Outgoing<'a, R>,
        request: Option<RequestId>,
    ) -> Result<(), Rejected<'a, R>> {
        // Encoded now, counted in `handle_responded`: a `flush` does not wait for it before its turn.
        let mut frame = Vec::with_capacity(HEADER_SIZE + message.size);
        if let Err(error) = (message.append)(&mut frame) {
            return Err(self.reject(message, error));
        }
        if let Some(RequestId { kind, number, .. }) = request {
            self.requests.keep(kind, number, frame);
        }
        self.update_peak();
        Ok(())
    }

    /// Records that the first open request of a kind has its response in the send queue, and sends those
    /// that have waited for it.
    fn handle_responded(&mut self, kind: usize) {
        self.requests.respond(kind);
        // Without another look at the limits: they had room, and memory, since they were given.
        while let Some(frame) = self.requests.take_waiting(kind) {
            self.queue.push_frames(&frame);
            self.pushed += frame.len() as u64;
            self.counters.messages += 1;
        }
    }

    #[cold]
    fn push_offline<'a>(
        &mut self,
        message: Outgoing<'a, R>,
        now: Instant,
    ) -> Result<(), Rejected<'a, R>> {
        let size = HEADER_SIZE + message.size;
        let offline = self.offline.get_or_insert_default();
        if let Err(error) = offline.push(size, message.append, now) {
            return Err(self.reject(message, error));
        }
        offline.set_response(message.on_refusal.into_response());
        // Of the connection that opens. Without one, the next connection begins this count anew.
        self.pushed += size as u64;
        self.update_peak();
        Ok(())
    }

    #[cold]
    fn reject<'a>(&mut self, message: Outgoing<'a, R>, error: SendError) -> Rejected<'a, R> {
        // Only a message that would end this connection is worth the end of another one.
        let must_close =
            matches!(message.on_refusal, OnRefusal::Close) && !self.may_have_gap(&message);
        Rejected {
            lacks_memory: error == SendError::QueueFull && self.lacks_memory && must_close,
            message,
            error,
        }
    }

    /// Returns whether the peer may miss this message. It may miss no response, neither this one nor the
    /// one that must be dropped to make room: it would take later responses for these.
    fn may_have_gap(&self, message: &Outgoing<'_, R>) -> bool {
        let overflow = self.config.limits.overflow;
        overflow != Overflow::Disconnect
            && !self.is_response(message)
            && !(overflow == Overflow::DropOldest && self.is_response_first())
    }

    #[inline]
    fn is_response(&self, message: &Outgoing<'_, R>) -> bool {
        self.config.kinds.is_response(message.member)
    }

    /// Returns whether the oldest message of the send queue is a response.
    fn is_response_first(&self) -> bool {
        let kinds = &self.config.kinds;
        let first = self.queue.first();
        first.is_some_and(|payload| kinds.is_response(kinds.member(payload)))
    }

    /// Chooses the place of a message, and makes room there.
    #[inline]
    fn admit(
        &mut self,
        message: &Outgoing<'_, R>,
        request: Option<RequestId>,
        now: impl Fn() -> Instant,
    ) -> Result<Place, SendError> {
        let &Outgoing { size, sender, .. } = message;
        let limit = self.config.limits.max_sent_size;
        if size > limit {
            return Err(SendError::MessageTooBig { size, limit });
        }
        let frame_size = HEADER_SIZE + size;
        match self.phase {
            Phase::Open => self.make_room(frame_size, self.place_of(request)),
            // Before the messages of others, which `open` moves behind these.
            Phase::Opening if sender == Sender::Opening => {
                self.make_room(frame_size, Place::SendQueue)
            }
            // Only a connection that has ended is given requests before it is open. The offline queue is
            // sent on the next one, where the peer would take this for the response to another request.
            Phase::Opening if request.is_some() => Err(SendError::NotConnected),
            _ if self.may_be_late(message) => Err(SendError::NotConnected),
            Phase::Opening => self.make_room(frame_size, Place::OfflineQueue),
            Phase::Detached | Phase::Sealed => self.make_room_offline(frame_size, now()),
        }
    }

    /// Returns the request that a message responds to, if there is one: that of its reply, or else the
    /// first open one of its kind.
    #[inline]
    fn request_of(&self, message: &Outgoing<'_, R>) -> Result<Option<RequestId>, SendError> {
        // Most messages are neither requests nor responses.
        match message.member {
            None => Ok(None),
            Some(_) => self.find_request(message),
        }
    }

    fn find_request(&self, message: &Outgoing<'_, R>) -> Result<Option<RequestId>, SendError> {
        let request = match message.sender {
            Sender::Reply(request) if !self.is_current(request) => {
                return Err(SendError::NotConnected);
            }
            Sender::Reply(request) => Some(request),
            Sender::Opening | Sender::Other => self.first_request(message.member),
        };
        match request.map(|request| self.requests.turn(request.kind, request.number)) {
            None | Some(Turn::Now | Turn::Later) => Ok(request),
            Some(Turn::Responded) => Err(SendError::AlreadyResponded),
            Some(Turn::Abandoned) => Err(SendError::RequestAbandoned),
        }
    }

    /// Returns the first request without a response that a message with this member may respond to.
    #[inline]
    fn first_request(&self, member: Option<u32>) -> Option<RequestId> {
        let kind = self.config.kinds.response(member)?;
        let number = self.requests.first(kind)?;
        Some(RequestId {
            connection: self.connection,
            kind,
            number,
        })
    }

    /// Returns whether a request was received on the connection that messages are sent on.
    #[inline]
    pub(super) fn is_current(&self, request: RequestId) -> bool {
        request.connection == self.connection && self.accepts_messages()
    }

    /// Returns whether a message may respond to a request of a connection that has ended. On the next one, the
    /// peer would take it for the response to another request.
    #[cold]
    fn may_be_late(&self, message: &Outgoing<'_, R>) -> bool {
        let ended = match self.phase {
            // Requests of this connection were looked for before this: see `admit`.
            Phase::Opening => self.connection - 1,
            Phase::Detached | Phase::Open | Phase::Sealed => self.connection,
        };
        ended > 0 && self.is_response(message)
    }

    /// Returns the place of a message that responds to this request, if to any.
    #[inline]
    fn place_of(&self, request: Option<RequestId>) -> Place {
        match request.map(|request| self.requests.turn(request.kind, request.number)) {
            None => Place::SendQueue,
            Some(Turn::Later) => Place::Waiting,
            Some(_) => Place::NextResponse,
        }
    }

    /// Makes room in the offline queue while there is no connection.
    fn make_room_offline(&mut self, frame_size: usize, now: Instant) -> Result<Place, SendError> {
        let Some(limits) = self.config.limits.offline.filter(|_| !self.is_stopped) else {
            return Err(SendError::NotConnected);
        };
        // First: a message that is too old must not take the room of others.
        self.expire(now);
        // The other half of the send queue is left for `on_connected`.
        let limit = limits
            .max_bytes
            .min(self.config.limits.max_queued_bytes / 2);
        while self.offline_memory_with(frame_size) > limit {
            if !self.drops_oldest() || !self.drop_oldest_offline() {
                return Err(SendError::QueueFull);
            }
        }
        Ok(Place::OfflineQueue)
    }

    /// Makes room for a message, if necessary by dropping older ones.
    #[inline]
    fn make_room(&mut self, frame_size: usize, place: Place) -> Result<Place, SendError> {
        while !self.has_room(frame_size, place) {
            if !self.drops_oldest() || !self.drop_oldest() {
                return Err(SendError::QueueFull);
            }
        }
        Ok(place)
    }

    #[inline]
    fn drops_oldest(&self) -> bool {
        self.config.limits.overflow == Overflow::DropOldest
    }

    /// Returns whether a message has room. A single message always fits into the limit of the queue, so
    /// that contradicting limits still work, but not into the shared budget.
    #[inline]
    fn has_room(&mut self, frame_size: usize, place: Place) -> bool {
        let waiting = match place {
            Place::NextResponse => 0,
            Place::SendQueue | Place::OfflineQueue | Place::Waiting => self.requests.memory(),
        };
        let queued = self.queued() + waiting;
        let limit = self.config.limits.max_queued_bytes;
        // A message that is larger than the queue may be is sent all the same, by itself.
        let fits = queued == 0 || queued + frame_size <= limit;
        let has_memory = fits && self.reserve(frame_size, place);
        // Another queue may be evicted to make room in the budget, but not in this queue.
        self.lacks_memory = fits && !has_memory;
        has_memory
    }

    /// Reserves memory for more bytes. Returns `false` if the shared budget has too little.
    #[inline]
    fn reserve(&mut self, more: usize, place: Place) -> bool {
        // Without a budget, as on clients, the memory is not even computed.
        !self.permit.is_bounded() || {
            let memory = self.memory_with(more, place);
            self.permit.grow_to(memory)
        }
    }

    /// Drops the oldest message that is neither being written nor a response. Returns `false` if there is no such
    /// message.
    fn drop_oldest(&mut self) -> bool {
        let Some(payload) = self.queue.first() else {
            // All frames are in flight. Only messages that wait for `on_connected` can be dropped.
            return self.drop_oldest_offline();
        };
        let kinds = &self.config.kinds;
        let member = kinds.member(payload);
        if kinds.is_response(member) {
            // The peer would take the next response for this one.
            return false;
        }
        let response = self.pending.handle_dropped(kinds, member);
        self.queue.drop_first();
        // It was counted when it was pushed, and never leaves.
        self.progress.handle_dropped(1);
        self.failures.count_replaced();
        self.pending
            .fail(response, RequestError::NotSent(SendError::QueueFull));
        true
    }

    fn drop_oldest_offline(&mut self) -> bool {
        let has_dropped = self.drop_first_offline(SendError::QueueFull);
        if has_dropped {
            self.failures.count_replaced();
        }
        has_dropped
    }

    #[inline]
    fn update_peak(&mut self) {
        let waiting = self.waiting();
        let peak = &mut self.counters.peak_queued_bytes;
        *peak = (*peak).max(waiting);
    }
}
