//! The queue by itself, without a task.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use futures::FutureExt;

use super::*;
use crate::codec::tests::Odd;
use crate::settings::{Offline, Overflow};

const OTHER: Sender = Sender::Other;

/// The member that a text is.
const ANSWER: Option<u32> = Some(1);

const CLOSED: DisconnectReason = DisconnectReason::ConnectionClosed;

fn outbox(settings: &Settings) -> Outbox {
    let settings = Arc::new(settings.clone());
    Outbox::new(
        Role::Client,
        Kinds::default(),
        settings,
        crate::Runtime::default().0,
    )
}

/// An outbox of one that answers requests with texts.
fn answering_outbox(settings: Settings) -> Outbox {
    Outbox::new(
        Role::Client,
        Kinds::answering(&[(7, 1)]),
        Arc::new(settings),
        crate::Runtime::default().0,
    )
}

/// An outbox on which a connection is open.
fn open_outbox(settings: &Settings) -> Outbox {
    let outbox = outbox(settings);
    outbox.begin();
    outbox.open();
    outbox
}

fn push(outbox: &Outbox, text: &str, sender: Sender) -> Result<(), SendError> {
    outbox.push(&text.to_string(), None, sender)
}

/// What the task would write: the texts of the frames.
fn taken(outbox: &Outbox) -> String {
    let mut frames = Vec::new();
    outbox.take(&mut frames);
    String::from_utf8_lossy(&frames)
        .chars()
        .filter(char::is_ascii_alphabetic)
        .collect()
}

/// What a future has come to, without waiting.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    future.now_or_never()
}

#[test]
fn nothing_is_taken_in_without_a_connection() {
    let outbox = outbox(&Settings::default());
    assert_eq!(push(&outbox, "a", OTHER), Err(SendError::NotConnected));
    outbox.begin();
    outbox.close(&CLOSED, 0);
    assert_eq!(push(&outbox, "a", OTHER), Err(SendError::NotConnected));
    assert_eq!(now(outbox.flush()), Some(Err(SendError::NotConnected)));
}

#[test]
fn callbacks_go_first_while_a_connection_opens() {
    let outbox = outbox(&Settings::default());
    let connection = outbox.begin();
    push(&outbox, "c", OTHER).unwrap();
    push(&outbox, "a", Sender::Callback(connection)).unwrap();
    // The handle of an earlier connection has no such right.
    push(&outbox, "d", Sender::Callback(connection - 1)).unwrap();
    push(&outbox, "b", Sender::Callback(connection)).unwrap();
    assert_eq!(taken(&outbox), "ab");
    outbox.open();
    assert_eq!(taken(&outbox), "cd");
}

#[test]
fn bytes_are_bounded_but_a_single_message_fits() {
    let settings = Settings {
        max_queued_bytes: 10,
        ..Settings::default()
    };
    let outbox = open_outbox(&settings);
    push(&outbox, "longerthanten", OTHER).unwrap();
    assert_eq!(push(&outbox, "a", OTHER), Err(SendError::QueueFull));
    assert_eq!(taken(&outbox), "longerthanten");
    // What is being written counts until it is.
    assert_eq!(push(&outbox, "a", OTHER), Err(SendError::QueueFull));
    outbox.set_in_flight(0);
    assert_eq!(push(&outbox, "a", OTHER), Ok(()));
}

#[test]
fn a_message_above_the_limit_is_refused() {
    let settings = Settings {
        max_sent_size: 3,
        ..Settings::default()
    };
    let outbox = open_outbox(&settings);
    assert_eq!(push(&outbox, "a", OTHER), Ok(()));
    let too_big = Err(SendError::MessageTooBig { size: 4, limit: 3 });
    assert_eq!(push(&outbox, "ab", OTHER), too_big);
}

#[test]
fn an_answer_that_is_refused_ends_the_connection_unless_it_may_be_sent_again() {
    let settings = Settings {
        max_queued_bytes: 10,
        overflow: Overflow::DropNewest,
        ..Settings::default()
    };
    let outbox = answering_outbox(settings);
    outbox.begin();
    outbox.open();
    let answer = "answer".to_string();
    outbox.send(&answer, ANSWER, OTHER);
    // No answer: it may be missed.
    outbox.send(&(), None, OTHER);
    assert_eq!(
        outbox.push(&answer, ANSWER, OTHER),
        Err(SendError::QueueFull)
    );
    assert_eq!(outbox.take_request(), None);
    outbox.send(&answer, ANSWER, OTHER);
    let end = Request::End(DisconnectReason::SlowConsumer);
    assert_eq!(outbox.take_request(), Some(end));
    assert_eq!(taken(&outbox), "answer");
}

#[test]
fn an_answer_goes_out_on_the_connection_of_its_request_or_on_none() {
    let settings = Settings {
        offline: Some(Offline {
            max_bytes: 100,
            max_age: Duration::from_secs(60),
        }),
        max_sent_size: 20,
        ..Settings::default()
    };
    let outbox = answering_outbox(settings);
    let answer = "answer".to_string();
    let too_big = "an answer that is too big".to_string();
    let first = outbox.begin();
    outbox.close(&CLOSED, 0);
    let not_connected = Err(SendError::NotConnected);
    assert_eq!(
        outbox.push(&answer, ANSWER, Sender::Callback(first)),
        not_connected
    );
    assert_eq!(outbox.push(&answer, ANSWER, OTHER), not_connected);
    assert_eq!(outbox.push(&(), None, OTHER), Ok(()));
    let second = outbox.begin();
    outbox.open();
    for late in [&answer, &too_big] {
        assert_eq!(
            outbox.push(late, ANSWER, Sender::Callback(first)),
            not_connected
        );
    }
    assert_eq!(outbox.push(&(), None, Sender::Callback(first)), Ok(()));
    assert_eq!(
        outbox.push(&answer, ANSWER, Sender::Callback(second)),
        Ok(())
    );
    assert_eq!(outbox.push(&answer, ANSWER, OTHER), Ok(()));
}

#[test]
fn a_message_that_cant_be_encoded_leaves_the_queue_as_it_was() {
    for is_opening in [false, true] {
        let outbox = outbox(&Settings::default());
        outbox.begin();
        if !is_opening {
            outbox.open();
        }
        push(&outbox, "a", OTHER).unwrap();
        let wrong_size = SendError::WrongSize {
            announced: 1,
            encoded: 0,
        };
        let odd = Odd(Some(0));
        assert_eq!(outbox.push(&odd, None, OTHER), Err(wrong_size));
        outbox.send(&odd, None, OTHER);
        let panics = AssertUnwindSafe(|| outbox.push(&Odd(None), None, OTHER));
        assert!(catch_unwind(panics).is_err());
        push(&outbox, "b", OTHER).unwrap();
        outbox.open();
        assert_eq!(outbox.take_request(), None);
        let stats = outbox.stats();
        assert_eq!((stats.dropped.wrong_size, stats.sent_messages), (2, 2));
        assert_eq!(taken(&outbox), "ab");
        outbox.set_in_flight(0);
        assert_eq!(now(outbox.flush()), Some(Ok(())));
    }
}

#[test]
fn flush_waits_for_what_was_pushed_before() {
    let outbox = open_outbox(&Settings::default());
    assert_eq!(now(outbox.flush()), Some(Ok(())));
    push(&outbox, "a", OTHER).unwrap();
    let mut flush = std::pin::pin!(outbox.flush());
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(flush.as_mut().poll(&mut cx), Poll::Pending);
    taken(&outbox);
    assert_eq!(flush.as_mut().poll(&mut cx), Poll::Pending);
    outbox.set_in_flight(0);
    push(&outbox, "later", OTHER).unwrap();
    assert_eq!(flush.as_mut().poll(&mut cx), Poll::Ready(Ok(())));
}

#[test]
fn flush_fails_when_the_connection_ends() {
    let outbox = open_outbox(&Settings::default());
    push(&outbox, "a", OTHER).unwrap();
    let mut flush = std::pin::pin!(outbox.flush());
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(flush.as_mut().poll(&mut cx), Poll::Pending);
    outbox.close(&CLOSED, 0);
    outbox.begin();
    assert_eq!(
        flush.as_mut().poll(&mut cx),
        Poll::Ready(Err(SendError::NotConnected))
    );
}

#[test]
fn a_keep_alive_frame_that_waits_does_not_confuse_flush() {
    let outbox = open_outbox(&Settings::default());
    outbox.set_in_flight(4);
    assert_eq!(now(outbox.flush()), Some(Ok(())));
}

#[test]
fn the_task_sleeps_only_when_there_is_nothing_to_do() {
    let outbox = open_outbox(&Settings::default());
    assert!(outbox.park(Waker::noop(), false, 0));
    push(&outbox, "a", OTHER).unwrap();
    assert!(!outbox.park(Waker::noop(), false, 0));
    assert!(
        outbox.park(Waker::noop(), true, 0),
        "blocked, it can't write"
    );
    outbox.request_end(DisconnectReason::Disconnected);
    assert!(!outbox.park(Waker::noop(), true, 0));
    let request = Request::End(DisconnectReason::Disconnected);
    assert_eq!(outbox.take_request(), Some(request));
    assert_eq!(outbox.take_request(), None);
    assert_eq!(taken(&outbox), "a", "what was pushed before is still sent");
}

#[test]
fn a_stop_outlives_the_connection() {
    let outbox = outbox(&Settings::default());
    outbox.stop();
    let connection = outbox.begin();
    let sender = Sender::Callback(connection);
    assert_eq!(push(&outbox, "a", sender), Err(SendError::NotConnected));
    assert_eq!(outbox.take_request(), Some(Request::Stop));
    assert_eq!(now(outbox.stopping()), Some(()));
}
