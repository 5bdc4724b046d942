//! Requests of the peer, and the order of the responses to them.
//!
//! The wire has no correlation id: the peer takes response n of a kind for the response to its request n of
//! that kind. A handler may respond in any order, and may forget a request. So:
//!
//! 1. Each received request is opened, and gets the next number of its kind.
//! 2. The response to the first open request is sent at once, and after it those behind it that wait.
//! 3. A response to a later request waits, encoded, for those before it.
//! 4. Once a request is abandoned, no response to a later one can be sent: the peer would take it for the
//!    response to the abandoned one.

use std::collections::BTreeMap;

use super::requests::{RequestKinds, defaults};

/// Memory of an entry of a response that waits, beside its frame, in bytes.
const ENTRY_SIZE: usize = 64;

/// Identifies a request of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId {
    /// Number of the connection.
    pub(super) connection: u64,
    /// Index of the kind.
    pub(super) kind: usize,
    /// Number of the request among those of its kind, from 1.
    pub(super) number: u64,
}

/// When the response to a request can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// At once.
    Now,
    /// After the responses to earlier requests.
    Later,
    /// Never: there is one already.
    Responded,
    /// Never: an earlier request was abandoned, or this one.
    Abandoned,
}

/// Open requests of one connection.
///
/// The state is allocated with the first request: most sessions never receive one.
#[derive(Debug, Default)]
pub(super) struct OpenRequests {
    kinds: Vec<Kind>,
    /// Memory of the responses that wait, in bytes.
    waiting_memory: usize,
}

/// Open requests of one kind. They need no memory each, only the responses that wait do.
#[derive(Debug, Default)]
struct Kind {
    /// Number of the last request.
    received: u64,
    /// Number of the last request with a sent response.
    responded: u64,
    /// Responses that wait for those before them, as frames.
    waiting: BTreeMap<u64, Vec<u8>>,
    /// Number of the first request that was abandoned.
    abandoned: Option<u64>,
    /// How many requests were abandoned.
    abandoned_count: u64,
}

impl OpenRequests {
    /// Opens a request of this kind, and returns its number.
    pub(super) fn open(&mut self, kinds: &RequestKinds, kind: usize) -> u64 {
        if self.kinds.is_empty() {
            self.kinds = defaults(kinds.received_kinds());
        }
        let requests = &mut self.kinds[kind];
        requests.received += 1;
        requests.received
    }

    /// Returns the number of the first request of a kind without a response. It may be abandoned.
    #[inline]
    pub(super) fn first(&self, kind: usize) -> Option<u64> {
        let requests = self.kinds.get(kind)?;
        let first = requests.responded + 1;
        (first <= requests.received).then_some(first)
    }

    /// Returns when the response to a request can be sent.
    pub(super) fn turn(&self, kind: usize, number: u64) -> Turn {
        let Some(requests) = self.kinds.get(kind) else {
            // Not reached: only requests that were opened are asked for.
            return Turn::Responded;
        };
        // First: a request that has a response is not abandoned.
        if number <= requests.responded || requests.waiting.contains_key(&number) {
            Turn::Responded
        } else if requests.abandoned.is_some_and(|first| number >= first) {
            Turn::Abandoned
        } else if number == requests.responded + 1 {
            Turn::Now
        } else {
            Turn::Later
        }
    }

    /// Records that the response to the first open request was sent.
    #[inline]
    pub(super) fn respond(&mut self, kind: usize) {
        self.kinds[kind].responded += 1;
    }

    /// Takes the response to the first open request, if it waits.
    #[inline]
    pub(super) fn take_waiting(&mut self, kind: usize) -> Option<Vec<u8>> {
        let requests = &mut self.kinds[kind];
        // The usual case, without a search.
        if requests.waiting.is_empty() {
            return None;
        }
        let frame = requests.waiting.remove(&(requests.responded + 1))?;
        requests.responded += 1;
        self.waiting_memory -= frame.len() + ENTRY_SIZE;
        Some(frame)
    }

    /// Keeps the frame of a response that is sent later, in its turn.
    pub(super) fn keep(&mut self, kind: usize, number: u64, frame: Vec<u8>) {
        self.waiting_memory += frame.len() + ENTRY_SIZE;
        self.kinds[kind].waiting.insert(number, frame);
    }

    /// Abandons a request. Returns whether it was open, and whether a response to a later one waits, which
    /// can't be sent any more.
    pub(super) fn abandon(&mut self, kind: usize, number: u64) -> (bool, bool) {
        // A message that was sent without the reply may have responded to it already.
        if self.turn(kind, number) == Turn::Responded {
            return (false, false);
        }
        let requests = &mut self.kinds[kind];
        // Only the first one counts: no response after it can be sent.
        let first = requests.abandoned.map_or(number, |first| first.min(number));
        requests.abandoned = Some(first);
        requests.abandoned_count += 1;
        (true, requests.waiting.range(first..).next().is_some())
    }

    /// Returns the number of open requests.
    pub(super) fn count(&self) -> u64 {
        // These counts never overlap: a request that is abandoned has no response, not even one that waits.
        let open = self.kinds.iter().map(|kind| {
            kind.received - kind.responded - kind.waiting.len() as u64 - kind.abandoned_count
        });
        open.sum()
    }

    /// Returns the number of responses that wait.
    pub(super) fn count_waiting(&self) -> u64 {
        self.kinds
            .iter()
            .map(|kind| kind.waiting.len() as u64)
            .sum()
    }

    /// Returns the memory of the responses that wait, in bytes.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        self.waiting_memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: &[(u32, u32)] = &[(1, 2), (3, 4)];

    /// Opens this number of requests of the first kind.
    fn open(count: u64) -> OpenRequests {
        let kinds = RequestKinds::new(&[], KINDS);
        let mut requests = OpenRequests::default();
        for number in 1..=count {
            assert_eq!(requests.open(&kinds, 0), number);
        }
        requests
    }

    #[test]
    fn a_response_waits_for_those_before_it() {
        let mut requests = open(3);
        assert_eq!(requests.turn(0, 2), Turn::Later);
        requests.keep(0, 2, vec![2]);
        assert_eq!(requests.turn(0, 2), Turn::Responded);
        assert_eq!(requests.turn(0, 1), Turn::Now);
        requests.respond(0);
        assert_eq!(requests.take_waiting(0), Some(vec![2]));
        assert_eq!(requests.take_waiting(0), None);
        assert_eq!(requests.memory(), 0);
        assert_eq!(requests.turn(0, 3), Turn::Now);
        assert_eq!(requests.count(), 1);
    }

    #[test]
    fn nothing_is_sent_after_an_abandoned_request() {
        let mut requests = open(3);
        assert_eq!(requests.abandon(0, 2), (true, false));
        assert_eq!(requests.turn(0, 3), Turn::Abandoned);
        assert_eq!(requests.turn(0, 1), Turn::Now);
        requests.respond(0);
        assert_eq!(requests.first(0), Some(2));
        assert_eq!(requests.turn(0, 2), Turn::Abandoned);
        assert_eq!(requests.count(), 1);
    }

    #[test]
    fn a_waiting_response_is_lost_by_an_abandoned_request() {
        let mut requests = open(2);
        requests.keep(0, 2, vec![2]);
        assert_eq!(requests.abandon(0, 2), (false, false));
        assert_eq!(requests.abandon(0, 1), (true, true));
    }

    #[test]
    fn with_no_open_request_there_is_none_to_respond_to() {
        let mut requests = open(1);
        assert_eq!(requests.first(0), Some(1));
        assert_eq!(requests.first(1), None);
        requests.respond(0);
        assert_eq!(requests.first(0), None);
        assert_eq!(requests.turn(0, 1), Turn::Responded);
        assert_eq!(requests.count(), 0);
    }
}
