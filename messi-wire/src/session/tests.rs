//! Tests of the session without a mailbox.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::*;
use crate::config::{OfflineLimits, Overflow};

const OTHER: Sender = Sender::Other;
const CLOSED: DisconnectReason = DisconnectReason::ConnectionClosed;

/// The members of a request and its response.
const REQUEST: Option<u32> = Some(3);
const RESPONSE: Option<u32> = Some(1);

#[derive(Debug, PartialEq)]
struct Response(&'static str);

impl PendingResponse for Response {
    fn is_awaited(&self) -> bool {
        true
    }
}

type TestSession = Session<Response>;

fn session(limits: ConnectionConfig) -> TestSession {
    let config = SessionConfig {
        role: Role::Client,
        kinds: RequestKinds::new(&[(3, 4)], &[(7, 1)]),
        members: &[(1, "one"), (3, "three")],
        limits: Arc::new(limits),
    };
    Session::new(Arc::new(config), Permit::default())
}

/// Creates a session with an open connection.
fn open_session(limits: ConnectionConfig) -> TestSession {
    let mut session = session(limits);
    session.attach(Instant::now());
    session.open();
    session
}

fn offline_config() -> ConnectionConfig {
    ConnectionConfig {
        offline: Some(OfflineLimits {
            max_bytes: 100,
            max_age: Duration::from_secs(60),
        }),
        ..ConnectionConfig::default()
    }
}

/// Pushes a text as the payload of a frame, which need not be a valid message, for a member.
fn push_with(
    session: &mut TestSession,
    text: &str,
    member: Option<u32>,
    sender: Sender,
    on_refusal: OnRefusal<Response>,
) -> Result<(), Refusal> {
    let frame = [&[1, 0, 0, text.len() as u8], text.as_bytes()].concat();
    let message = Outgoing {
        size: text.len(),
        member,
        sender,
        on_refusal,
        append: &|buffer| {
            buffer.extend_from_slice(&frame);
            Ok(())
        },
    };
    let result = session.push(message, Instant::now);
    result.map_err(|rejected| session.refuse(rejected))
}

fn push_member(
    session: &mut TestSession,
    text: &str,
    member: Option<u32>,
    sender: Sender,
) -> Result<(), SendError> {
    let result = push_with(session, text, member, sender, OnRefusal::Return);
    result.map_err(|refusal| refusal.error)
}

fn push(session: &mut TestSession, text: &str, sender: Sender) -> Result<(), SendError> {
    push_member(session, text, None, sender)
}

/// Returns the letters of all frames of the send queue, which are then in flight.
fn taken(session: &mut TestSession) -> String {
    let mut frames = Vec::new();
    session.take(&mut frames);
    let letters = frames.iter().filter(|byte| byte.is_ascii_alphabetic());
    letters.map(|&byte| char::from(byte)).collect()
}

#[test]
fn no_message_is_accepted_without_a_connection() {
    let mut session = session(ConnectionConfig::default());
    let not_connected = Err(SendError::NotConnected);
    assert_eq!(push(&mut session, "a", OTHER), not_connected);
    session.attach(Instant::now());
    session.detach(&CLOSED, Ending::default());
    assert_eq!(push(&mut session, "a", OTHER), not_connected);
    assert!(!session.is_connected());
}

#[test]
fn messages_of_callbacks_go_first_while_a_connection_opens() {
    let mut session = session(ConnectionConfig::default());
    session.attach(Instant::now());
    push(&mut session, "c", OTHER).unwrap();
    push(&mut session, "a", Sender::Opening).unwrap();
    push(&mut session, "d", OTHER).unwrap();
    push(&mut session, "b", Sender::Opening).unwrap();
    assert_eq!(taken(&mut session), "ab");
    session.open();
    assert_eq!(taken(&mut session), "cd");
}

#[test]
fn queued_bytes_are_bounded_but_a_single_message_always_fits() {
    let mut session = open_session(ConnectionConfig {
        max_queued_bytes: 10,
        ..ConnectionConfig::default()
    });
    let full = Err(SendError::QueueFull);
    push(&mut session, "longerthanten", OTHER).unwrap();
    assert_eq!(push(&mut session, "a", OTHER), full);
    assert_eq!(taken(&mut session), "longerthanten");
    // Bytes in flight count until they are written.
    assert_eq!(push(&mut session, "a", OTHER), full);
    session.handle_written(0);
    assert_eq!(push(&mut session, "a", OTHER), Ok(()));
}

#[test]
fn a_message_above_the_limit_is_refused() {
    let mut session = open_session(ConnectionConfig {
        max_sent_size: 1,
        ..ConnectionConfig::default()
    });
    assert_eq!(push(&mut session, "a", OTHER), Ok(()));
    let too_big = Err(SendError::MessageTooBig { size: 2, limit: 1 });
    assert_eq!(push(&mut session, "ab", OTHER), too_big);
}

#[test]
fn a_response_without_room_closes_the_connection_and_another_message_does_not() {
    let mut session = open_session(ConnectionConfig {
        max_queued_bytes: 10,
        overflow: Overflow::DropNewest,
        ..ConnectionConfig::default()
    });
    let mut send = |member, on_refusal| {
        let result = push_with(&mut session, "response", member, OTHER, on_refusal);
        result.map_err(|refusal| refusal.close)
    };
    assert!(send(RESPONSE, OnRefusal::Close).is_ok());
    // A message that is not a response may be lost.
    assert_eq!(send(None, OnRefusal::Close), Err(None));
    let slow = Some(DisconnectReason::SlowConsumer);
    assert_eq!(send(RESPONSE, OnRefusal::Close), Err(slow));
}

#[test]
fn a_response_is_sent_only_on_the_connection_of_its_request() {
    let mut session = session(offline_config());
    let not_connected = Err(SendError::NotConnected);
    session.attach(Instant::now());
    session.open();
    let first = session.open_request(0);
    session.detach(&CLOSED, Ending::default());
    assert_eq!(
        respond(&mut session, "r", Sender::Reply(first)),
        not_connected
    );
    assert_eq!(respond(&mut session, "r", OTHER), not_connected);
    session.attach(Instant::now());
    assert_eq!(respond(&mut session, "r", OTHER), not_connected);
    session.open();
    let second = session.open_request(0);
    assert_eq!(
        respond(&mut session, "r", Sender::Reply(first)),
        not_connected
    );
    assert_eq!(session.abandon_request(first), None);
    assert_eq!(respond(&mut session, "s", Sender::Reply(second)), Ok(()));
    assert_eq!(taken(&mut session), "s");
    assert_eq!(session.request_stats().late, 4);
}

/// The handler still gets the requests of a connection that ended before it was open.
#[test]
fn no_response_waits_for_the_connection_after_that_of_its_request() {
    let mut session = session(offline_config());
    session.attach(Instant::now());
    let request = session.open_request(0);
    for sender in [Sender::Reply(request), OTHER] {
        let refused = respond(&mut session, "r", sender);
        assert_eq!(refused, Err(SendError::NotConnected));
    }
    push(&mut session, "other", OTHER).unwrap();
    session.detach(&CLOSED, Ending::default());
    session.attach(Instant::now());
    session.open();
    assert_eq!(taken(&mut session), "other");
    assert_eq!(session.request_stats().late, 2);
}

/// Pushes a response.
fn respond(session: &mut TestSession, text: &str, sender: Sender) -> Result<(), SendError> {
    push_member(session, text, RESPONSE, sender)
}

#[test]
fn responses_are_sent_in_the_order_of_their_requests() {
    let mut session = open_session(ConnectionConfig::default());
    let requests = [(); 4].map(|()| session.open_request(0));
    for (index, text) in [(2, "c"), (1, "b")] {
        respond(&mut session, text, Sender::Reply(requests[index])).unwrap();
    }
    assert_eq!(taken(&mut session), "");
    assert_eq!(session.request_stats().open, 2);
    assert!(session.waiting() > 0);
    push(&mut session, "x", OTHER).unwrap();
    respond(&mut session, "a", Sender::Reply(requests[0])).unwrap();
    assert_eq!(taken(&mut session), "xabc");
    session.handle_written(0);
    respond(&mut session, "d", Sender::Reply(requests[3])).unwrap();
    assert_eq!(taken(&mut session), "d");
    session.handle_written(0);
    assert_eq!(
        (session.waiting(), session.written()),
        (0, session.pushed())
    );
    assert_eq!(session.request_stats().open, 0);
}

#[test]
fn a_second_response_to_a_request_is_refused() {
    let mut session = open_session(ConnectionConfig::default());
    let requests = [(); 2].map(|()| session.open_request(0));
    respond(&mut session, "a", OTHER).unwrap();
    let again = respond(&mut session, "x", Sender::Reply(requests[0]));
    assert_eq!(again, Err(SendError::AlreadyResponded));
    respond(&mut session, "b", Sender::Reply(requests[1])).unwrap();
    let again = respond(&mut session, "y", Sender::Reply(requests[1]));
    assert_eq!(again, Err(SendError::AlreadyResponded));
    assert_eq!(taken(&mut session), "ab");
    assert_eq!(session.request_stats().surplus, 2);
    assert_eq!(session.abandon_request(requests[0]), None);
}

#[test]
fn a_response_without_a_request_is_a_message_like_any_other() {
    let mut session = open_session(ConnectionConfig::default());
    respond(&mut session, "a", OTHER).unwrap();
    let request = session.open_request(0);
    respond(&mut session, "b", Sender::Reply(request)).unwrap();
    assert_eq!(taken(&mut session), "ab");
}

#[test]
fn before_the_first_connection_a_response_waits_like_any_other_message() {
    let mut session = session(offline_config());
    respond(&mut session, "a", OTHER).unwrap();
    session.attach(Instant::now());
    respond(&mut session, "b", OTHER).unwrap();
    push(&mut session, "c", OTHER).unwrap();
    session.open();
    assert_eq!(taken(&mut session), "abc");
}

#[test]
fn a_response_after_an_abandoned_request_closes_the_connection() {
    for on_refusal in [OnRefusal::Return, OnRefusal::Close] {
        let mut session = open_session(ConnectionConfig::default());
        let requests = [(); 3].map(|()| session.open_request(0));
        assert_eq!(session.abandon_request(requests[1]), Some(false));
        respond(&mut session, "a", Sender::Reply(requests[0])).unwrap();
        let sender = Sender::Reply(requests[2]);
        let sent = push_with(&mut session, "c", RESPONSE, sender, on_refusal);
        let refusal = sent.unwrap_err();
        assert_eq!(refusal.error, SendError::RequestAbandoned);
        assert_eq!(refusal.close, Some(DisconnectReason::RequestAbandoned));
        assert_eq!(taken(&mut session), "a");
        assert_eq!(session.request_stats().unanswered, 1);
    }
}

#[test]
fn abandoning_a_request_that_others_wait_for_closes_the_connection() {
    let mut session = open_session(ConnectionConfig::default());
    let requests = [(); 2].map(|()| session.open_request(0));
    respond(&mut session, "b", Sender::Reply(requests[1])).unwrap();
    assert_eq!(session.abandon_request(requests[0]), Some(true));
    session.detach(&DisconnectReason::RequestAbandoned, Ending::default());
    assert_eq!(session.failures().dropped.unsent, 1);
}

#[test]
fn responses_that_wait_count_for_the_send_queue() {
    let mut session = open_session(ConnectionConfig {
        max_queued_bytes: 200,
        ..ConnectionConfig::default()
    });
    let first = session.open_request(0);
    let full = Err(SendError::QueueFull);
    let replies = (0..10).map(|_| {
        let request = session.open_request(0);
        respond(&mut session, "later", Sender::Reply(request))
    });
    let replies: Vec<_> = replies.collect();
    let accepted = replies.iter().position(|it| *it == full).unwrap();
    assert!((1..=3).contains(&accepted), "{accepted}");
    respond(&mut session, "first", Sender::Reply(first)).unwrap();
    assert_eq!(taken(&mut session).matches("later").count(), accepted);
}

#[test]
fn frames_of_a_broadcast_leave_room_for_the_responses_that_wait() {
    let mut session = open_session(ConnectionConfig {
        max_queued_bytes: 200,
        ..ConnectionConfig::default()
    });
    let _first = session.open_request(0);
    let frames = b"\x02\0\0\x01x".repeat(30);
    let push = |session: &mut Session<Response>| {
        session.push_at_once(frames.len(), 30, |buffer| {
            buffer.extend_from_slice(&frames);
            Ok(())
        })
    };
    assert!(push(&mut session));
    taken(&mut session);
    session.handle_written(0);
    let second = session.open_request(0);
    respond(&mut session, "later", Sender::Reply(second)).unwrap();
    assert!(!push(&mut session));
}

#[test]
fn a_response_of_a_wrong_size_closes_the_connection() {
    let wrong = SendError::WrongSize {
        announced: 1,
        encoded: 2,
    };
    let close = |member| {
        let mut session = open_session(ConnectionConfig::default());
        let message = Outgoing {
            size: 1,
            member,
            sender: OTHER,
            on_refusal: OnRefusal::Close,
            append: &|_| Err(wrong),
        };
        let rejected = session.push(message, Instant::now).unwrap_err();
        session.refuse(rejected).close
    };
    assert_eq!(close(None), None);
    assert_eq!(close(RESPONSE), Some(DisconnectReason::RequestAbandoned));
}

#[test]
fn a_connection_whose_task_is_dropped_fails_its_requests() {
    let mut session = open_session(ConnectionConfig::default());
    let on_refusal = OnRefusal::Fail(Response("open"));
    push_with(&mut session, "a", REQUEST, OTHER, on_refusal).unwrap();
    let connection = session.connection();
    assert!(!session.cancel(connection + 1));
    assert!(session.cancel(connection));
    assert!(!session.cancel(connection));
    assert!(!session.is_connected());
    let failed = (Response("open"), RequestError::Cancelled);
    assert_eq!(session.take_failed(), [failed]);
}

#[test]
fn a_message_that_panics_while_it_is_encoded_leaves_the_session_unchanged() {
    for is_opening in [false, true] {
        let mut session = session(ConnectionConfig::default());
        session.attach(Instant::now());
        if !is_opening {
            session.open();
        }
        push(&mut session, "a", OTHER).unwrap();
        let message = Outgoing {
            size: 1,
            member: None,
            sender: OTHER,
            on_refusal: OnRefusal::Return,
            append: &|_| panic!("expected panic"),
        };
        let panics = AssertUnwindSafe(|| session.push(message, Instant::now).is_ok());
        assert!(catch_unwind(panics).is_err());
        push(&mut session, "b", OTHER).unwrap();
        session.open();
        assert_eq!(session.counters().messages, 2);
        assert_eq!(session.waiting(), 10);
        assert_eq!(taken(&mut session), "ab");
    }
}

#[test]
fn offline_messages_wait_for_a_connection_and_expire() {
    let mut session = session(offline_config());
    push(&mut session, "a", OTHER).unwrap();
    session.attach(Instant::now());
    assert_eq!(taken(&mut session), "");
    session.open();
    assert_eq!(taken(&mut session), "a");
    session.detach(&CLOSED, Ending::default());
    push(&mut session, "b", OTHER).unwrap();
    session.attach(Instant::now() + Duration::from_secs(61));
    session.open();
    assert_eq!(taken(&mut session), "");
    assert_eq!(session.failures().dropped.expired, 1);
}

/// No foreign code may run while the session is locked, so the caller completes failed responses.
#[test]
fn failed_responses_are_left_to_the_caller() {
    let request = |session: &mut TestSession, name| {
        let on_refusal = OnRefusal::Fail(Response(name));
        push_with(session, "r", REQUEST, OTHER, on_refusal)
    };
    let mut session = session(offline_config());
    request(&mut session, "offline").unwrap();
    session.stop();
    assert!(request(&mut session, "stopped").is_err());
    let not_sent = RequestError::NotSent(SendError::NotConnected);
    let expected = [
        (Response("offline"), not_sent.clone()),
        (Response("stopped"), not_sent),
    ];
    assert_eq!(session.take_failed(), expected);

    let mut session = open_session(ConnectionConfig::default());
    request(&mut session, "open").unwrap();
    session.detach(&CLOSED, Ending::default());
    let lost = RequestError::Disconnected(CLOSED);
    assert_eq!(session.take_failed(), [(Response("open"), lost)]);
    assert_eq!(session.take_failed(), []);
}

#[test]
fn a_stopped_session_accepts_no_messages_on_a_later_connection() {
    let mut session = session(offline_config());
    session.stop();
    session.attach(Instant::now());
    let not_connected = Err(SendError::NotConnected);
    assert_eq!(push(&mut session, "a", Sender::Opening), not_connected);
    assert!(session.is_stopped());
}

/// Takes all frames and writes them.
fn write(session: &mut TestSession) {
    session.take(&mut Vec::new());
    session.handle_written(0);
}

/// Ends a lost connection, and returns how many messages are unconfirmed.
fn unconfirmed(session: &mut TestSession, unsent: u64) -> u64 {
    let ending = Ending {
        unsent,
        is_lost: true,
    };
    session.detach(&CLOSED, ending);
    session.failures().unconfirmed
}

#[test]
fn messages_since_the_keep_alive_check_before_the_last_are_unconfirmed() {
    let mut session = open_session(ConnectionConfig::default());
    for text in ["a", "b", "c"] {
        push(&mut session, text, OTHER).unwrap();
        write(&mut session);
        session.handle_keep_alive();
    }
    push(&mut session, "queued", OTHER).unwrap();
    // "c" came after the check before the last.
    assert_eq!(unconfirmed(&mut session, 0), 1);
    assert_eq!(session.failures().dropped.unsent, 1);
    session.attach(Instant::now());
    assert_eq!(unconfirmed(&mut session, 0), 1, "there are no new ones");
}

#[test]
fn unwritten_messages_are_not_unconfirmed() {
    let mut session = open_session(ConnectionConfig::default());
    push(&mut session, "written", OTHER).unwrap();
    push(&mut session, "in flight", OTHER).unwrap();
    session.take(&mut Vec::new());
    session.handle_written(1);
    push(&mut session, "queued", OTHER).unwrap();
    assert_eq!(unconfirmed(&mut session, 1), 1);
    assert_eq!(session.failures().dropped.unsent, 2);
}

#[test]
fn keep_alive_checks_do_not_count_while_the_peer_does_not_read() {
    let mut session = open_session(ConnectionConfig::default());
    push(&mut session, "a", OTHER).unwrap();
    write(&mut session);
    session.handle_parked(true);
    for _ in 0..10 {
        session.handle_keep_alive();
    }
    assert_eq!(unconfirmed(&mut session, 0), 1);
}

#[test]
fn messages_dropped_for_newer_ones_are_not_unconfirmed() {
    let mut session = open_session(ConnectionConfig {
        max_queued_bytes: 5,
        overflow: Overflow::DropOldest,
        ..ConnectionConfig::default()
    });
    for text in ["a", "b", "c"] {
        push(&mut session, text, OTHER).unwrap();
    }
    write(&mut session);
    assert_eq!(session.written_messages(1), 1);
    assert_eq!(unconfirmed(&mut session, 0), 1);
}

#[test]
fn a_session_names_the_member_of_a_message() {
    let session = session(ConnectionConfig::default());
    assert_eq!(session.config.member_name(b"\x1a\0"), Some("three"));
    assert_eq!(session.config.member_name(b"\x12\0"), None);
    assert_eq!(session.config.member_name(b""), None);
}
