//! Requests and their answers, matched by their order.
//!
//! The wire has no correlation id. A peer answers each request once and in order, so that the n-th
//! answer of a kind belongs to the n-th request of that kind, whether anyone waits for it or not.

use std::collections::VecDeque;
use std::fmt::Debug;

use crate::{DisconnectReason, Protocol, RequestError, RequestKind};

/// The kinds of requests of a protocol, as one side has them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kinds {
    /// Those that it makes.
    made: &'static [RequestKind],
    /// Those that it answers.
    answered: &'static [RequestKind],
}

impl Kinds {
    pub(crate) fn of_client<P: Protocol>() -> Self {
        Self {
            made: P::CLIENT_REQUESTS,
            answered: P::SERVER_REQUESTS,
        }
    }

    pub(crate) fn of_server<P: Protocol>() -> Self {
        Self {
            made: P::SERVER_REQUESTS,
            answered: P::CLIENT_REQUESTS,
        }
    }

    #[cfg(test)]
    pub(super) fn answering(answered: &'static [RequestKind]) -> Self {
        Self {
            made: &[],
            answered,
        }
    }

    /// Whether the side makes no requests.
    pub(super) fn makes_none(&self) -> bool {
        self.made.is_empty()
    }

    /// Returns the number of the request or response that a message to the peer holds, if it holds one,
    /// told from its tags alone.
    pub(super) fn member(&self, payload: &[u8]) -> Option<u32> {
        last_of(payload, |number| {
            self.request(number).is_some() || self.is_answer(Some(number))
        })
    }

    /// Whether a message with this member answers a request of the peer.
    pub(super) fn is_answer(&self, member: Option<u32>) -> bool {
        self.answered
            .iter()
            .any(|&(_, answer)| Some(answer) == member)
    }

    /// Returns the place among the kinds of requests that the side makes.
    fn request(&self, member: u32) -> Option<usize> {
        self.made.iter().position(|&(request, _)| request == member)
    }

    /// Returns the kind of request that a message of the peer answers.
    fn answered(&self, payload: &[u8]) -> Option<usize> {
        let find = |number| self.made.iter().position(|&(_, answer)| answer == number);
        last_of(payload, |number| find(number).is_some()).and_then(find)
    }
}

/// Somebody who waits for the answer to a request.
pub(crate) trait Waiter: Debug + Send {
    /// Whether the answer is still waited for.
    fn is_waiting(&self) -> bool;

    /// Takes the answer, as encoded; `false` if it is not waited for any longer, or is none.
    fn answer(self: Box<Self>, payload: &[u8]) -> bool;

    /// There will be no answer.
    fn fail(self: Box<Self>, error: RequestError);
}

pub(crate) type BoxWaiter = Box<dyn Waiter>;

/// The requests made on one connection.
#[derive(Debug, Default)]
pub(super) struct Requests(Vec<Requested>);

/// The requests of one kind. Numbers count from 1.
#[derive(Debug, Default)]
struct Requested {
    /// The number of the last request.
    sent: u64,
    /// How many of the last requests are still in the queue.
    queued: u64,
    /// The number of the last request that was answered.
    answered: u64,
    /// Those who wait, with the numbers of their requests, in order.
    waiting: VecDeque<(u64, BoxWaiter)>,
}

impl Requests {
    /// Notes that a message goes out, with who waits for its answer. All messages must be noted:
    /// a request that nobody waits on is answered too.
    pub(super) fn handle_sent(
        &mut self,
        kinds: &Kinds,
        member: Option<u32>,
        waiter: Option<BoxWaiter>,
    ) {
        let Some(kind) = member.and_then(|member| kinds.request(member)) else {
            return;
        };
        self.0.resize_with(kinds.made.len(), Requested::default);
        self.0[kind].handle_sent(waiter);
    }

    /// Notes that what went out was taken from the queue.
    pub(super) fn handle_taken(&mut self) {
        self.0.iter_mut().for_each(|kind| kind.queued = 0);
    }

    /// Notes that the first message of the queue was dropped, and gives who waits for its answer.
    pub(super) fn handle_dropped(
        &mut self,
        kinds: &Kinds,
        member: Option<u32>,
    ) -> Option<BoxWaiter> {
        let kind = kinds.request(member?)?;
        self.0.get_mut(kind)?.handle_dropped()
    }

    /// Notes that a message has come, and gives who waits for it.
    pub(super) fn handle_received(&mut self, kinds: &Kinds, payload: &[u8]) -> Option<BoxWaiter> {
        let kind = kinds.answered(payload)?;
        self.0.get_mut(kind)?.handle_answered()
    }

    /// Whether any request has not been answered.
    pub(super) fn is_any_open(&self) -> bool {
        self.0.iter().any(|kind| kind.answered < kind.sent)
    }

    /// Forgets all requests: none will be answered any more.
    pub(super) fn fail(&mut self, reason: &DisconnectReason) {
        let waiting = self.0.drain(..).flat_map(|kind| kind.waiting);
        waiting.for_each(|(_, waiter)| waiter.fail(RequestError::Disconnected(reason.clone())));
    }
}

impl Requested {
    fn handle_sent(&mut self, waiter: Option<BoxWaiter>) {
        self.sent += 1;
        self.queued += 1;
        let Some(waiter) = waiter else {
            return;
        };
        // Those who gave up waiting must not pile up when no answer ever comes. To look only
        // before the queue would grow costs no more than the growing.
        if self.waiting.len() == self.waiting.capacity() {
            self.waiting.retain(|(_, waiter)| waiter.is_waiting());
        }
        self.waiting.push_back((self.sent, waiter));
    }

    /// The first request in the queue is gone: those behind it move up.
    fn handle_dropped(&mut self) -> Option<BoxWaiter> {
        let number = self.sent.checked_sub(self.queued.checked_sub(1)?)?;
        self.sent -= 1;
        self.queued -= 1;
        let index = self.waiting.partition_point(|(other, _)| *other < number);
        let is_waited_for = self
            .waiting
            .get(index)
            .is_some_and(|(other, _)| *other == number);
        let dropped = is_waited_for.then(|| self.waiting.remove(index)).flatten();
        for (later, _) in self.waiting.range_mut(index..) {
            *later -= 1;
        }
        dropped.map(|(_, waiter)| waiter)
    }

    fn handle_answered(&mut self) -> Option<BoxWaiter> {
        if self.answered == self.sent {
            return None;
        }
        self.answered += 1;
        let (number, _) = self.waiting.front()?;
        if *number != self.answered {
            return None;
        }
        self.waiting.pop_front().map(|(_, waiter)| waiter)
    }
}

/// Returns the last field that a message holds of those that are looked for, told from its tags alone:
/// of several members of a oneof, the last counts.
fn last_of(mut payload: &[u8], is_wanted: impl Fn(u32) -> bool) -> Option<u32> {
    let mut last = None;
    while let Some(number) = next_field(&mut payload) {
        if is_wanted(number) {
            last = Some(number);
        }
    }
    last
}

/// Takes the next field off an encoded message, and tells its number; `None` at the end, and where
/// something is not understood.
///
/// Source: <https://protobuf.dev/programming-guides/encoding/>.
#[inline]
fn next_field(payload: &mut &[u8]) -> Option<u32> {
    let key = varint(payload)?;
    let size = match key & 7 {
        0 => varint(payload).map(|_| 0)?,
        1 => 8,
        2 => varint(payload)?,
        5 => 4,
        _ => return None,
    };
    *payload = payload.get(size..)?;
    u32::try_from(key >> 3).ok()
}

/// The number that the bytes begin with. Every message is looked at: the usual case, one byte, must
/// cost next to nothing.
#[inline]
fn varint(bytes: &mut &[u8]) -> Option<usize> {
    let (&byte, rest) = bytes.split_first()?;
    if byte >= 0x80 {
        return long_varint(bytes);
    }
    *bytes = rest;
    Some(byte.into())
}

#[cold]
fn long_varint(bytes: &mut &[u8]) -> Option<usize> {
    prost::decode_length_delimiter(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;

    use super::*;

    const KINDS: &Kinds = &Kinds {
        made: &[(1, 2), (3, 1)],
        answered: &[(5, 6)],
    };

    /// The numbers of the fields of an encoded message.
    fn fields(mut payload: &[u8]) -> Vec<u32> {
        std::iter::from_fn(|| next_field(&mut payload)).collect()
    }

    /// A message with an empty submessage in this field.
    fn message(field: u8) -> [u8; 2] {
        [field << 3 | 2, 0]
    }

    #[derive(Debug)]
    struct Named(&'static str, Arc<Mutex<Vec<String>>>);

    impl Waiter for Named {
        fn is_waiting(&self) -> bool {
            self.0 != "gone"
        }

        fn answer(self: Box<Self>, _: &[u8]) -> bool {
            true
        }

        fn fail(self: Box<Self>, error: RequestError) {
            self.1.lock().unwrap().push(format!("{}: {error}", self.0));
        }
    }

    fn waiter(name: &'static str) -> Option<BoxWaiter> {
        Some(Box::new(Named(name, Arc::default())))
    }

    /// The name of who waits for the next answer in this field.
    fn answer(requests: &mut Requests, field: u8) -> Option<String> {
        let waiter = requests.handle_received(KINDS, &message(field))?;
        Some(format!("{waiter:?}").split('"').nth(1)?.into())
    }

    #[test]
    fn answers_belong_to_requests_of_their_kind_in_order() {
        let mut requests = Requests::default();
        requests.handle_sent(KINDS, Some(1), waiter("a"));
        requests.handle_sent(KINDS, Some(3), waiter("b"));
        requests.handle_sent(KINDS, Some(1), waiter("c"));
        assert_eq!(answer(&mut requests, 1), Some("b".into()));
        assert_eq!(answer(&mut requests, 2), Some("a".into()));
        assert!(requests.is_any_open());
        assert_eq!(answer(&mut requests, 2), Some("c".into()));
        assert!(!requests.is_any_open());
    }

    #[test]
    fn a_request_that_nobody_waits_on_has_its_answer_too() {
        let mut requests = Requests::default();
        requests.handle_sent(KINDS, Some(1), None);
        requests.handle_sent(KINDS, Some(1), waiter("a"));
        assert_eq!(answer(&mut requests, 2), None);
        assert_eq!(answer(&mut requests, 2), Some("a".into()));
    }

    #[test]
    fn a_request_dropped_from_the_queue_has_no_answer() {
        let mut requests = Requests::default();
        for name in ["taken", "dropped", "c"] {
            requests.handle_sent(KINDS, Some(1), waiter(name));
            if name == "taken" {
                requests.handle_taken();
            }
        }
        let dropped = requests.handle_dropped(KINDS, Some(1)).unwrap();
        assert!(format!("{dropped:?}").contains("dropped"));
        requests.handle_sent(KINDS, Some(1), waiter("d"));
        assert_eq!(answer(&mut requests, 2), Some("taken".into()));
        assert_eq!(answer(&mut requests, 2), Some("c".into()));
        assert_eq!(answer(&mut requests, 2), Some("d".into()));
        assert!(!requests.is_any_open());
    }

    #[test]
    fn what_answers_nothing_is_not_counted() {
        let mut requests = Requests::default();
        assert_eq!(answer(&mut requests, 2), None);
        requests.handle_sent(KINDS, Some(1), waiter("a"));
        assert_eq!(answer(&mut requests, 7), None);
        assert_eq!(answer(&mut requests, 2), Some("a".into()));
        assert_eq!(answer(&mut requests, 2), None);
        requests.handle_sent(KINDS, Some(1), waiter("b"));
        assert_eq!(answer(&mut requests, 2), Some("b".into()));
    }

    #[test]
    fn those_who_gave_up_do_not_pile_up() {
        let mut requests = Requests::default();
        for _ in 0..10_000 {
            requests.handle_sent(KINDS, Some(1), waiter("gone"));
        }
        assert!(requests.0[0].waiting.capacity() < 100);
        requests.handle_sent(KINDS, Some(1), waiter("a"));
        for _ in 0..9_999 {
            assert_ne!(answer(&mut requests, 2), Some("a".into()));
        }
        answer(&mut requests, 2);
        assert_eq!(answer(&mut requests, 2), Some("a".into()));
    }

    #[test]
    fn all_fail_with_the_connection() {
        let failed = Arc::default();
        let mut requests = Requests::default();
        let waiter = Box::new(Named("a", Arc::clone(&failed)));
        requests.handle_sent(KINDS, Some(1), Some(waiter));
        requests.fail(&DisconnectReason::KeepAliveTimeout);
        assert_eq!(
            *failed.lock().unwrap(),
            ["a: the connection ended before the answer came: keep-alive timeout"]
        );
        assert_eq!(answer(&mut requests, 2), None);
    }

    #[test]
    fn the_last_known_member_of_a_message_counts_whatever_is_beside_it() {
        // A varint, 64 bits, 32 bits and a text in unknown fields, then two members.
        let payload = b"\x48\x96\x01\x51\0\0\0\0\0\0\0\0\x5d\0\0\0\0\x62\x03abc\x0a\0\x12\0";
        assert_eq!(fields(payload), [9, 10, 11, 12, 1, 2]);
        assert_eq!(KINDS.answered(payload), Some(0));
        assert_eq!(KINDS.member(payload), Some(1));
    }

    #[test]
    fn nonsense_is_no_field() {
        for payload in [
            b"".as_slice(),
            b"\x0a",
            b"\x0a\x05abc",
            b"\x0b\x0c",
            b"\x09\0",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            &[0xff; 20],
        ] {
            assert_eq!(fields(payload), [], "{payload:?}");
        }
    }
}
