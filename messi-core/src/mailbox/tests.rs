//! Tests of the mailbox without a driver.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::TryLockError;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Wake};
use std::thread;
use std::time::Instant;

use futures::FutureExt;
use futures::executor::block_on;
use messi_wire::config::{ConnectionConfig, OfflineLimits, Overflow};
use messi_wire::frame::{self, HEADER_SIZE};
use messi_wire::session::{OnRefusal, RequestKinds, Sender};
use messi_wire::{DisconnectReason, Ending, RequestError, Role, SendError};
use prost::Message;

use super::*;
use crate::FlushError;

/// The members of a request and a response.
const REQUEST: Option<u32> = Some(3);
const RESPONSE: Option<u32> = Some(1);

const CLOSED: DisconnectReason = DisconnectReason::ConnectionClosed;

fn mailbox(limits: ConnectionConfig) -> Arc<Mailbox> {
    let config = SessionConfig {
        role: Role::Client,
        kinds: RequestKinds::new(&[(3, 4)], &[(7, 1)]),
        members: &[],
        limits: Arc::new(limits),
    };
    Mailbox::new(Arc::new(config), crate::Runtime::current().unwrap().0, None)
}

/// Creates a mailbox with an open connection.
fn open_mailbox(limits: ConnectionConfig) -> Arc<Mailbox> {
    let mailbox = mailbox(limits);
    mailbox.attach();
    mailbox.open();
    mailbox
}

fn push(mailbox: &Arc<Mailbox>, text: &str) -> Result<(), SendError> {
    mailbox.push(&text.to_string(), None)
}

/// Takes all frames, and returns the letters in them.
fn taken(mailbox: &Mailbox) -> String {
    let mut frames = Vec::new();
    mailbox.take(&mut frames);
    String::from_utf8_lossy(&frames)
        .chars()
        .filter(char::is_ascii_alphabetic)
        .collect()
}

/// Polls a future once, and returns its output if it is ready.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    future.now_or_never()
}

/// A waker and responder that locks the mailbox, and so panics if it is called under the lock.
#[derive(Debug)]
struct Foreign {
    mailbox: Arc<Mailbox>,
    is_called: Arc<AtomicBool>,
}

impl Foreign {
    fn call(&self) {
        let lock = self.mailbox.shared.try_lock();
        let is_locked = matches!(lock, Err(TryLockError::WouldBlock));
        assert!(!is_locked, "called under the lock");
        self.is_called.store(true, Ordering::Relaxed);
    }

    /// Creates foreign code, and the flag that it sets.
    fn new(mailbox: &Arc<Mailbox>) -> (Self, Arc<AtomicBool>) {
        let is_called = Arc::<AtomicBool>::default();
        let foreign = Self {
            mailbox: mailbox.clone(),
            is_called: is_called.clone(),
        };
        (foreign, is_called)
    }
}

impl Wake for Foreign {
    fn wake(self: Arc<Self>) {
        self.call();
    }
}

impl Responder for Foreign {
    fn is_awaited(&self) -> bool {
        true
    }

    fn respond(self: Box<Self>, _: &[u8]) -> bool {
        self.call();
        true
    }

    fn fail(self: Box<Self>, _: RequestError) {
        self.call();
    }
}

/// Checks that an action calls the waker of the task outside of the lock.
fn assert_wakes(mailbox: &Arc<Mailbox>, action: impl FnOnce()) {
    let (foreign, is_called) = Foreign::new(mailbox);
    assert!(mailbox.park(&Waker::from(Arc::new(foreign)), false, 0));
    action();
    assert!(is_called.load(Ordering::Relaxed));
}

#[test]
fn the_task_is_woken_outside_of_the_lock() {
    let mailbox = open_mailbox(ConnectionConfig::default());
    assert_wakes(&mailbox, || push(&mailbox, "a").unwrap());
    taken(&mailbox);
    assert_wakes(&mailbox, || {
        Wakeups::collect(|wakeups| {
            mailbox.push_frames(Sender::Other, b"\x01\0\0\x01b", 1, wakeups)
        });
    });
    taken(&mailbox);
    assert_wakes(&mailbox, || mailbox.drain());
    assert_eq!(mailbox.take_command(), Some(Command::Drain));
    assert_wakes(&mailbox, || mailbox.close(DisconnectReason::Disconnected));
    mailbox.take_command();
    assert_wakes(&mailbox, || mailbox.stop());
}

/// A message may panic while it is encoded, after others were flushed in the same action.
#[test]
fn a_panic_loses_no_wakeup() {
    let mailbox = open_mailbox(ConnectionConfig::default());
    assert_wakes(&mailbox, || {
        let panics = AssertUnwindSafe(|| {
            Wakeups::collect(|wakeups| {
                mailbox.push_frames(Sender::Other, b"\x01\0\0\x01a", 1, wakeups);
                resume_unwind(Box::new("expected panic"))
            })
        });
        assert!(catch_unwind::<_, ()>(panics).is_err());
    });
}

/// A message that is sent as a request.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(string, optional, tag = "3")]
    text: Option<String>,
}

#[test]
fn responses_are_completed_outside_of_the_lock() {
    fn request(mailbox: &Arc<Mailbox>) -> Arc<AtomicBool> {
        let (foreign, is_called) = Foreign::new(mailbox);
        let request = Request {
            text: Some("r".into()),
        };
        mailbox.push_request(&request, REQUEST, Box::new(foreign));
        is_called
    }
    let is_called = |flag: Arc<AtomicBool>| flag.load(Ordering::Relaxed);

    let offline = Some(OfflineLimits {
        max_bytes: 100,
        max_age: Duration::from_secs(60),
    });
    let mailbox = mailbox(ConnectionConfig {
        offline,
        max_queued_bytes: 14,
        overflow: Overflow::DropOldest,
        ..ConnectionConfig::default()
    });
    let [oldest, dropped, stopped] = [(); 3].map(|()| request(&mailbox));
    assert!(is_called(oldest) && is_called(dropped), "the queue is full");
    mailbox.attach();
    mailbox.open();
    assert_eq!(taken(&mailbox), "r");
    assert!(mailbox.respond(b"\x22\0"));
    assert!(is_called(stopped));
    mailbox.handle_written(0);
    let lost = request(&mailbox);
    mailbox.detach(&CLOSED, Ending::default());
    assert!(is_called(lost));
    let refused = request(&mailbox);
    mailbox.stop();
    assert!(is_called(refused));
    assert!(is_called(request(&mailbox)), "stopped");
}

/// The dropped request fails, though the message that it made room for was not sent.
#[test]
fn a_request_dropped_for_a_message_that_panics_fails() {
    let mailbox = open_mailbox(ConnectionConfig {
        max_queued_bytes: 7,
        overflow: Overflow::DropOldest,
        ..ConnectionConfig::default()
    });
    let (foreign, is_called) = Foreign::new(&mailbox);
    let request = Request {
        text: Some("r".into()),
    };
    mailbox.push_request(&request, REQUEST, Box::new(foreign));
    let panics = AssertUnwindSafe(|| mailbox.push(&Odd(None), None));
    assert!(catch_unwind(panics).is_err());
    mailbox.handle_written(0);
    assert!(is_called.load(Ordering::Relaxed));
}

#[test]
fn no_message_is_accepted_without_a_connection() {
    let mailbox = mailbox(ConnectionConfig::default());
    assert_eq!(push(&mailbox, "a"), Err(SendError::NotConnected));
    mailbox.attach();
    mailbox.detach(&CLOSED, Ending::default());
    assert_eq!(push(&mailbox, "a"), Err(SendError::NotConnected));
    assert_eq!(now(mailbox.flush()), Some(Err(FlushError { unwritten: 0 })));
}

#[test]
fn a_response_without_room_closes_the_connection_in_send_and_not_in_push() {
    let mailbox = open_mailbox(ConnectionConfig {
        max_queued_bytes: 10,
        overflow: Overflow::DropNewest,
        ..ConnectionConfig::default()
    });
    let response = "response".to_string();
    mailbox.send(&response, RESPONSE);
    // A message that is not a response may be lost.
    mailbox.send(&(), None);
    let full = Err(SendError::QueueFull);
    assert_eq!(mailbox.push(&response, RESPONSE), full);
    assert_eq!(mailbox.take_command(), None);
    mailbox.send(&response, RESPONSE);
    let close = Command::Close(DisconnectReason::SlowConsumer);
    assert_eq!(mailbox.take_command(), Some(close));
    assert_eq!(taken(&mailbox), "response");
}

#[test]
fn a_response_of_an_earlier_connection_does_not_close_this_one() {
    let mailbox = mailbox(ConnectionConfig {
        max_sent_size: 20,
        ..ConnectionConfig::default()
    });
    mailbox.attach();
    mailbox.open();
    let request = mailbox.open_request(7).unwrap();
    mailbox.detach(&CLOSED, Ending::default());
    mailbox.attach();
    mailbox.open();
    let too_big = "a response that is too big".to_string();
    let sent = mailbox.push_response(&too_big, 1, request, OnRefusal::Close);
    assert_eq!(sent, Err(SendError::NotConnected));
    assert_eq!(mailbox.take_command(), None);
}

/// A message with an `encoded_len` of 1 that encodes to this number of bytes, or panics.
#[derive(Debug)]
struct Odd(Option<usize>);

impl Message for Odd {
    fn encode_raw(&self, buffer: &mut impl prost::bytes::BufMut) {
        buffer.put_bytes(7, self.0.unwrap_or(3));
        assert!(self.0.is_some(), "expected panic");
    }

    fn merge_field(
        &mut self,
        _: u32,
        _: prost::encoding::WireType,
        _: &mut impl prost::bytes::Buf,
        _: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        1
    }

    fn clear(&mut self) {}
}

#[test]
fn a_message_that_cant_be_encoded_leaves_the_queue_unchanged() {
    for is_opening in [false, true] {
        let mailbox = mailbox(ConnectionConfig::default());
        mailbox.attach();
        if !is_opening {
            mailbox.open();
        }
        push(&mailbox, "a").unwrap();
        let wrong_size = SendError::WrongSize {
            announced: 1,
            encoded: 0,
        };
        let odd = Odd(Some(0));
        assert_eq!(mailbox.push(&odd, None), Err(wrong_size));
        mailbox.send(&odd, None);
        let panics = AssertUnwindSafe(|| mailbox.push(&Odd(None), None));
        assert!(catch_unwind(panics).is_err());
        push(&mailbox, "b").unwrap();
        mailbox.open();
        assert_eq!(mailbox.take_command(), None);
        let stats = mailbox.stats();
        assert_eq!((stats.dropped.wrong_size, stats.sent_messages), (2, 2));
        assert_eq!(taken(&mailbox), "ab");
        mailbox.handle_written(0);
        assert_eq!(now(mailbox.flush()), Some(Ok(())));
    }
}

#[test]
fn flush_waits_for_earlier_messages() {
    let mailbox = open_mailbox(ConnectionConfig::default());
    assert_eq!(now(mailbox.flush()), Some(Ok(())));
    push(&mailbox, "a").unwrap();
    let mut flush = pin!(mailbox.flush());
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(flush.as_mut().poll(&mut cx), Poll::Pending);
    taken(&mailbox);
    assert_eq!(flush.as_mut().poll(&mut cx), Poll::Pending);
    mailbox.handle_written(0);
    push(&mailbox, "later").unwrap();
    assert_eq!(flush.as_mut().poll(&mut cx), Poll::Ready(Ok(())));
}

#[test]
fn flush_fails_when_the_connection_ends() {
    let mailbox = open_mailbox(ConnectionConfig::default());
    push(&mailbox, "a").unwrap();
    let mut flush = pin!(mailbox.flush());
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(flush.as_mut().poll(&mut cx), Poll::Pending);
    mailbox.detach(&CLOSED, Ending::default());
    mailbox.attach();
    let failed = Poll::Ready(Err(FlushError { unwritten: 1 }));
    assert_eq!(flush.as_mut().poll(&mut cx), failed);
}

#[test]
fn flush_does_not_wait_for_a_keep_alive_frame() {
    let mailbox = open_mailbox(ConnectionConfig::default());
    mailbox.handle_written(4);
    assert_eq!(now(mailbox.flush()), Some(Ok(())));
}

#[test]
fn the_task_sleeps_only_when_there_is_nothing_to_do() {
    let mailbox = open_mailbox(ConnectionConfig::default());
    assert!(mailbox.park(Waker::noop(), false, 0));
    push(&mailbox, "a").unwrap();
    assert!(!mailbox.park(Waker::noop(), false, 0));
    assert!(
        mailbox.park(Waker::noop(), true, 0),
        "the socket is blocked"
    );
    mailbox.close(DisconnectReason::Disconnected);
    assert!(!mailbox.park(Waker::noop(), true, 0));
    let close = Command::Close(DisconnectReason::Disconnected);
    assert_eq!(mailbox.take_command(), Some(close));
    assert_eq!(mailbox.take_command(), None);
    assert_eq!(taken(&mailbox), "a", "earlier messages are still sent");
}

#[test]
fn a_task_that_is_awake_is_not_woken() {
    let mailbox = open_mailbox(ConnectionConfig::default());
    let (foreign, is_woken) = Foreign::new(&mailbox);
    let waker = Waker::from(Arc::new(foreign));
    assert!(mailbox.park(&waker, false, 0));
    // By its socket or its timer.
    mailbox.handle_awake();
    push(&mailbox, "a").unwrap();
    assert!(!is_woken.load(Ordering::Relaxed));
    assert!(!mailbox.park(&waker, false, 0), "there is a message");
    assert_eq!(taken(&mailbox), "a");
    assert!(mailbox.park(&waker, false, 0));
    push(&mailbox, "b").unwrap();
    assert!(is_woken.load(Ordering::Relaxed));
}

#[test]
fn a_stop_command_remains_after_the_connection() {
    let mailbox = mailbox(ConnectionConfig::default());
    mailbox.stop();
    mailbox.attach();
    let pushed = now(mailbox.opening(pin!(async { push(&mailbox, "a") })));
    assert_eq!(pushed, Some(Err(SendError::NotConnected)));
    assert_eq!(mailbox.take_command(), Some(Command::Stop));
    assert_eq!(now(mailbox.stopped()), Some(()));
}

/// Runs senders, the task and commands on several threads. Each message must be taken once and in the
/// order of its sender, and the task, which sleeps whenever it may, must always be woken.
#[test]
fn no_message_and_no_wakeup_is_lost_between_threads() {
    const SENDERS: u32 = 3;
    const MESSAGES: u32 = 20_000;
    const FLUSH_INTERVAL: u32 = 4;
    const LIMIT: Duration = Duration::from_secs(60);

    struct Unpark(thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let mailbox = open_mailbox(ConnectionConfig {
        max_queued_bytes: 16 * 1024,
        ..ConnectionConfig::default()
    });
    let received = thread::scope(|scope| {
        let task = scope.spawn(|| {
            let waker = Waker::from(Arc::new(Unpark(thread::current())));
            let mut received = Vec::new();
            let mut frames = Vec::new();
            while mailbox.take_command().is_none() {
                mailbox.handle_awake();
                // Like the driver: a message that this look misses must keep the task from parking.
                if mailbox.queued() > 0 {
                    mailbox.take(&mut frames);
                    received.extend(frame::split(&frames).map(|it| it[HEADER_SIZE..].to_vec()));
                    frames.clear();
                    mailbox.handle_written(0);
                }
                if mailbox.park(&waker, false, 0) {
                    let start = Instant::now();
                    thread::park_timeout(LIMIT);
                    if start.elapsed() >= LIMIT {
                        // Senders that wait for room fail too, rather than hang.
                        mailbox.stop();
                        panic!("the task was not woken");
                    }
                }
            }
            mailbox.take(&mut frames);
            received.extend(frame::split(&frames).map(|it| it[HEADER_SIZE..].to_vec()));
            received
        });
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let mailbox = &mailbox;
                scope.spawn(move || {
                    for number in 0..MESSAGES {
                        let message = u64::from(sender) << 32 | u64::from(number);
                        while mailbox.push(&message, None).is_err() {
                            // Returns `Ok` once the task has made room.
                            block_on(mailbox.ready()).unwrap();
                        }
                        if number % FLUSH_INTERVAL == 0 {
                            // Now and then no sender wakes the task for another one.
                            block_on(mailbox.flush()).unwrap();
                        }
                    }
                })
            })
            .collect();
        for sender in senders {
            sender.join().unwrap();
        }
        mailbox.close(DisconnectReason::Disconnected);
        task.join().unwrap()
    });
    let mut next = [0; SENDERS as usize];
    for payload in received {
        let message = u64::decode(payload.as_slice()).unwrap();
        let expected = &mut next[(message >> 32) as usize];
        assert_eq!(message & u64::from(u32::MAX), u64::from(*expected));
        *expected += 1;
    }
    assert_eq!(next, [MESSAGES; SENDERS as usize]);
}

#[test]
fn a_sender_that_has_queued_much_lets_the_task_run_first() {
    let mailbox = open_mailbox(ConnectionConfig::default());
    let half = "a".repeat(WRITE_SIZE / 2);
    push(&mailbox, &half).unwrap();
    assert_eq!(now(mailbox.ready()), Some(Ok(())));
    push(&mailbox, &half).unwrap();
    assert_eq!(now(mailbox.ready()), None);
    // Once only: the task may be on another thread.
    assert_eq!(block_on(mailbox.ready()), Ok(()));
    taken(&mailbox);
    assert_eq!(now(mailbox.ready()), Some(Ok(())));
}

#[test]
fn a_sender_does_not_wait_for_a_task_that_can_not_write() {
    let mailbox = open_mailbox(ConnectionConfig::default());
    push(&mailbox, &"a".repeat(WRITE_SIZE)).unwrap();
    assert!(mailbox.park(Waker::noop(), true, 0));
    assert_eq!(now(mailbox.ready()), Some(Ok(())));
}
