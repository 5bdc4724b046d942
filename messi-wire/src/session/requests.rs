//! Requests and their responses, matched by their order.
//!
//! The wire has no correlation id. A peer responds to each request once and in order, so that response n of
//! a kind belongs to request n of that kind, whether it is awaited or not.

use std::collections::VecDeque;
use std::{iter, mem};

use super::fields::last_of;
use crate::RequestError;

/// A kind of request: the field number of `foo_req` in the message of its direction, and the field number
/// of its response `foo_rsp` in the message of the other direction.
pub type RequestKind = (u32, u32);

/// The kinds of requests of a protocol, as one side sees them.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestKinds {
    /// Requests of this side.
    sent: &'static [RequestKind],
    /// Requests of the peer.
    received: &'static [RequestKind],
}

impl RequestKinds {
    /// Creates the kinds that one side sends and receives.
    pub fn new(sent: &'static [RequestKind], received: &'static [RequestKind]) -> Self {
        Self { sent, received }
    }

    /// Returns whether this side sends no requests.
    #[inline]
    pub fn sends_none(&self) -> bool {
        self.sent.is_empty()
    }

    /// Returns the field number of the request or response in an encoded message to the peer.
    pub fn member(&self, payload: &[u8]) -> Option<u32> {
        last_of(payload, |number| {
            self.request(number).is_some() || self.is_response(Some(number))
        })
    }

    /// Returns whether a message with this member is a response to a request of the peer.
    #[inline]
    pub fn is_response(&self, member: Option<u32>) -> bool {
        self.response(member).is_some()
    }

    /// Returns the index of the kind of received request that a message with this member responds to.
    #[inline]
    pub(super) fn response(&self, member: Option<u32>) -> Option<usize> {
        let member = member?;
        let mut received = self.received.iter();
        received.position(|&(_, response)| response == member)
    }

    /// Returns the index of the kind of received request that has this member.
    #[inline]
    pub fn received_request(&self, member: u32) -> Option<usize> {
        let mut received = self.received.iter();
        received.position(|&(request, _)| request == member)
    }

    /// Returns the number of kinds of received requests.
    pub(super) fn received_kinds(&self) -> usize {
        self.received.len()
    }

    /// Returns the index of the kind of request that has this member.
    #[inline]
    fn request(&self, member: u32) -> Option<usize> {
        self.sent.iter().position(|&(request, _)| request == member)
    }

    /// Returns the index of the kind of request that a message of the peer responds to.
    #[inline]
    pub fn responded(&self, payload: &[u8]) -> Option<usize> {
        // This is asked for each received message: without requests, messages are not scanned.
        if self.sends_none() {
            return None;
        }
        let find = |number| {
            self.sent
                .iter()
                .position(|&(_, response)| response == number)
        };
        last_of(payload, |number| find(number).is_some()).and_then(find)
    }
}

/// A response of the peer.
#[derive(Debug, PartialEq)]
pub(super) enum Received<R> {
    /// It was requested with this pending response.
    Response(R),
    /// It was requested without one.
    Unawaited,
    /// It was not requested: there is no request of its kind without a response.
    Surplus,
}

/// A response that was requested and is not received yet.
pub trait PendingResponse {
    /// Returns whether the response is still awaited.
    fn is_awaited(&self) -> bool;
}

/// Pending responses of one connection, and those that have failed.
///
/// The state is allocated with the first request: most sessions never send one.
#[derive(Debug)]
pub(super) struct PendingResponses<R>(Option<Box<State<R>>>);

#[derive(Debug)]
struct State<R> {
    /// Requests by the index of their kind.
    kinds: Vec<Requests<R>>,
    /// Pending responses that have failed, until they are taken.
    failed: Vec<(R, RequestError)>,
}

/// Requests of one kind. They are numbered from 1.
#[derive(Debug)]
struct Requests<R> {
    /// Number of the last request.
    sent: u64,
    /// How many of the last requests are still in the send queue.
    queued: u64,
    /// Number of the last request with a response.
    responded: u64,
    /// Pending responses with the numbers of their requests, in order.
    pending: VecDeque<(u64, R)>,
}

impl<R> Default for PendingResponses<R> {
    fn default() -> Self {
        Self(None)
    }
}

impl<R> Default for State<R> {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            failed: Vec::new(),
        }
    }
}

/// Returns one default for each kind of requests. The vector has no room for more: one that grows has room for four,
/// on each connection.
pub(super) fn defaults<T: Default>(kinds: usize) -> Vec<T> {
    iter::repeat_with(T::default).take(kinds).collect()
}

impl<R> Default for Requests<R> {
    fn default() -> Self {
        Self {
            sent: 0,
            queued: 0,
            responded: 0,
            pending: VecDeque::new(),
        }
    }
}

impl<R: PendingResponse> PendingResponses<R> {
    /// Records a message in the send queue. Each message must be recorded: the peer also responds to a request if
    /// its response is not awaited.
    #[inline]
    pub(super) fn handle_queued(
        &mut self,
        kinds: &RequestKinds,
        member: Option<u32>,
        response: Option<R>,
    ) {
        if let Some(kind) = member.and_then(|member| kinds.request(member)) {
            let state = self.0.get_or_insert_default();
            let requests = &mut state.kinds;
            // `fail_all` removes them: each connection numbers its requests from 1.
            if requests.is_empty() {
                *requests = defaults(kinds.sent.len());
            }
            let dropped = requests[kind].handle_queued(response);
            // Not dropped here, under the lock of the caller: that may wake a task.
            let failed = dropped.into_iter();
            let failed = failed.map(|(_, response)| (response, RequestError::Cancelled));
            state.failed.extend(failed);
        }
    }

    /// Records that all messages were taken from the send queue.
    #[inline]
    pub(super) fn handle_taken(&mut self) {
        if let Some(state) = &mut self.0 {
            state.kinds.iter_mut().for_each(|kind| kind.queued = 0);
        }
    }

    /// Records that the first message of the send queue was dropped, and returns its pending response.
    pub(super) fn handle_dropped(
        &mut self,
        kinds: &RequestKinds,
        member: Option<u32>,
    ) -> Option<R> {
        let kind = kinds.request(member?)?;
        self.0.as_mut()?.kinds.get_mut(kind)?.handle_dropped()
    }

    /// Records a response of the peer to a request of this kind.
    pub(super) fn handle_received(&mut self, kind: usize) -> Received<R> {
        let state = self.0.as_mut();
        match state.and_then(|state| state.kinds.get_mut(kind)) {
            Some(requests) => requests.handle_response(),
            None => Received::Surplus,
        }
    }

    /// Returns the number of requests without a response.
    pub(super) fn count_open(&self) -> u64 {
        let kinds = self.0.iter().flat_map(|state| &state.kinds);
        kinds.map(|kind| kind.sent - kind.responded).sum()
    }

    /// Returns whether a request has no response yet.
    #[inline]
    pub(super) fn is_any_open(&self) -> bool {
        let state = self.0.as_ref();
        state.is_some_and(|state| state.kinds.iter().any(|kind| kind.responded < kind.sent))
    }

    /// Fails a response.
    pub(super) fn fail(&mut self, response: Option<R>, error: RequestError) {
        if let Some(response) = response {
            // Kept for the caller: to complete it is foreign code, and the session may be locked.
            let failed = &mut self.0.get_or_insert_default().failed;
            failed.push((response, error));
        }
    }

    /// Fails all pending responses: they will not be received any more.
    pub(super) fn fail_all(&mut self, error: &RequestError) {
        let Some(state) = &mut self.0 else {
            return;
        };
        let pending = state.kinds.drain(..).flat_map(|kind| kind.pending);
        let failed = pending.map(|(_, response)| (response, error.clone()));
        state.failed.extend(failed);
    }

    #[inline]
    pub(super) fn has_failed(&self) -> bool {
        let state = self.0.as_ref();
        state.is_some_and(|state| !state.failed.is_empty())
    }

    /// Takes the responses that have failed.
    pub(super) fn take_failed(&mut self) -> Vec<(R, RequestError)> {
        match &mut self.0 {
            Some(state) => mem::take(&mut state.failed),
            None => Vec::new(),
        }
    }
}

impl<R: PendingResponse> Requests<R> {
    /// Records a request. Returns the pending responses that are not awaited any more, if they were looked
    /// for.
    fn handle_queued(&mut self, response: Option<R>) -> VecDeque<(u64, R)> {
        self.sent += 1;
        self.queued += 1;
        let Some(response) = response else {
            return VecDeque::new();
        };
        let mut dropped = VecDeque::new();
        // Responses that are not awaited any more must not pile up if the peer never responds. Looking only
        // before the queue would grow costs no more than the growing.
        if self.pending.len() == self.pending.capacity() {
            let pending = mem::take(&mut self.pending).into_iter();
            (self.pending, dropped) = pending.partition(|(_, response)| response.is_awaited());
        }
        self.pending.push_back((self.sent, response));
        dropped
    }

    /// Removes the first request in the send queue. The numbers of those after it move down.
    fn handle_dropped(&mut self) -> Option<R> {
        // The queue has the last `queued` requests: this is the first of them.
        let number = self.sent.checked_sub(self.queued.checked_sub(1)?)?;
        self.sent -= 1;
        self.queued -= 1;
        let index = self.pending.partition_point(|(other, _)| *other < number);
        let is_pending = self
            .pending
            .get(index)
            .is_some_and(|(other, _)| *other == number);
        let dropped = is_pending.then(|| self.pending.remove(index)).flatten();
        // The peer never sees the dropped one, and numbers those behind it without it.
        for (later, _) in self.pending.range_mut(index..) {
            *later -= 1;
        }
        dropped.map(|(_, response)| response)
    }

    fn handle_response(&mut self) -> Received<R> {
        // A request that is still queued has no response, and may yet be dropped for a newer message.
        if self.responded == self.sent - self.queued {
            return Received::Surplus;
        }
        // Also without a pending response: the peer responds to each request.
        self.responded += 1;
        let is_next = |(number, _): &(u64, R)| *number == self.responded;
        // The first pending one may belong to a later request, if this one was sent without.
        if !self.pending.front().is_some_and(is_next) {
            return Received::Unawaited;
        }
        let pending = self.pending.pop_front();
        pending.map_or(Received::Unawaited, |(_, response)| {
            Received::Response(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DisconnectReason;

    const KINDS: &RequestKinds = &RequestKinds {
        sent: &[(1, 2), (3, 1)],
        received: &[(5, 6)],
    };

    /// Encodes a message with an empty submessage in this field.
    fn message(field: u8) -> [u8; 2] {
        [field << 3 | 2, 0]
    }

    #[derive(Debug, PartialEq)]
    struct Named(&'static str);

    impl PendingResponse for Named {
        fn is_awaited(&self) -> bool {
            self.0 != "gone"
        }
    }

    type Pending = PendingResponses<Named>;

    fn named(name: &'static str) -> Option<Named> {
        Some(Named(name))
    }

    /// Sends the requests that are queued, and returns the pending response that a message with this field
    /// is.
    fn respond(pending: &mut Pending, field: u8) -> Option<Named> {
        pending.handle_taken();
        match pending.handle_received(KINDS.responded(&message(field))?) {
            Received::Response(response) => Some(response),
            Received::Unawaited | Received::Surplus => None,
        }
    }

    #[test]
    fn responses_belong_to_requests_of_their_kind_in_order() {
        let mut pending = Pending::default();
        pending.handle_queued(KINDS, Some(1), named("a"));
        pending.handle_queued(KINDS, Some(3), named("b"));
        pending.handle_queued(KINDS, Some(1), named("c"));
        assert_eq!(respond(&mut pending, 1), named("b"));
        assert_eq!(respond(&mut pending, 2), named("a"));
        assert!(pending.is_any_open());
        assert_eq!(respond(&mut pending, 2), named("c"));
        assert!(!pending.is_any_open());
    }

    #[test]
    fn a_request_that_is_not_awaited_has_a_response_too() {
        let mut pending = Pending::default();
        pending.handle_queued(KINDS, Some(1), None);
        pending.handle_queued(KINDS, Some(1), named("a"));
        assert_eq!(respond(&mut pending, 2), None);
        assert_eq!(respond(&mut pending, 2), named("a"));
    }

    #[test]
    fn a_request_dropped_from_the_queue_has_no_response() {
        let mut pending = Pending::default();
        for name in ["taken", "dropped", "c"] {
            pending.handle_queued(KINDS, Some(1), named(name));
            if name == "taken" {
                pending.handle_taken();
            }
        }
        assert_eq!(pending.handle_dropped(KINDS, Some(1)), named("dropped"));
        pending.handle_queued(KINDS, Some(1), named("d"));
        assert_eq!(respond(&mut pending, 2), named("taken"));
        assert_eq!(respond(&mut pending, 2), named("c"));
        assert_eq!(respond(&mut pending, 2), named("d"));
        assert!(!pending.is_any_open());
    }

    #[test]
    fn a_message_without_a_request_is_no_response() {
        let mut pending = Pending::default();
        assert_eq!(respond(&mut pending, 2), None);
        pending.handle_queued(KINDS, Some(1), named("a"));
        assert_eq!(respond(&mut pending, 7), None);
        assert_eq!(respond(&mut pending, 2), named("a"));
        assert_eq!(respond(&mut pending, 2), None);
        pending.handle_queued(KINDS, Some(1), named("b"));
        assert_eq!(respond(&mut pending, 2), named("b"));
    }

    #[test]
    fn responses_that_are_not_awaited_do_not_pile_up() {
        let mut pending = Pending::default();
        for _ in 0..10_000 {
            pending.handle_queued(KINDS, Some(1), named("gone"));
        }
        let requests = &pending.0.as_ref().unwrap().kinds[0];
        assert!(requests.pending.capacity() < 100);
        pending.handle_queued(KINDS, Some(1), named("a"));
        for _ in 0..9_999 {
            assert_ne!(respond(&mut pending, 2), named("a"));
        }
        respond(&mut pending, 2);
        assert_eq!(respond(&mut pending, 2), named("a"));
    }

    /// The task that awaits a response may be woken when it is dropped: never under the lock of the caller.
    #[test]
    fn responses_that_are_not_awaited_are_left_to_the_caller() {
        let mut pending = Pending::default();
        for _ in 0..100 {
            pending.handle_queued(KINDS, Some(1), named("gone"));
        }
        let kept = pending.0.as_ref().unwrap().kinds[0].pending.len();
        assert!(kept < 100);
        assert_eq!(kept + pending.take_failed().len(), 100);
    }

    #[test]
    fn a_response_beyond_the_requests_is_surplus() {
        let mut pending = Pending::default();
        assert_eq!(pending.handle_received(0), Received::Surplus);
        pending.handle_queued(KINDS, Some(1), None);
        assert_eq!(pending.count_open(), 1);
        // The peer can't have seen it yet.
        assert_eq!(pending.handle_received(0), Received::Surplus);
        pending.handle_taken();
        assert_eq!(pending.handle_received(0), Received::Unawaited);
        assert_eq!(pending.handle_received(0), Received::Surplus);
        assert_eq!(pending.count_open(), 0);
    }

    #[test]
    fn failed_requests_have_no_responses() {
        let error = RequestError::Disconnected(DisconnectReason::KeepAliveTimeout);
        let mut pending = Pending::default();
        pending.fail_all(&error);
        pending.handle_queued(KINDS, Some(1), named("a"));
        pending.fail_all(&error);
        assert_eq!(pending.take_failed(), [(Named("a"), error)]);
        assert_eq!(pending.take_failed(), []);
        assert_eq!(respond(&mut pending, 2), None);
    }

    #[test]
    fn the_last_known_member_of_a_message_counts() {
        // A varint, 64 bits, 32 bits and a text in unknown fields, then two members.
        let payload = b"\x48\x96\x01\x51\0\0\0\0\0\0\0\0\x5d\0\0\0\0\x62\x03abc\x0a\0\x12\0";
        assert_eq!(KINDS.responded(payload), Some(0));
        assert_eq!(KINDS.member(payload), Some(1));
    }
}
