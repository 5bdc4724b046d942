//! Drivers over sockets that misbehave.

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use futures::FutureExt;
use messi_wire::session::{RequestKinds, SessionConfig};
use messi_wire::{ConnectionConfig, RequestError};

use self::decode_permit::LARGE_MESSAGE;
use super::*;
use crate::Runtime;
use crate::fake_socket::{Fake, FakeSocket};
use crate::mailbox::Responder;
use crate::runtime::AsyncRuntime;
use crate::testing::Simulation;

/// Creates the driver of a server's connection, its mailbox and the number of the connection.
fn driver(config: &ConnectionConfig, socket: impl Fake) -> (Driver, Arc<Mailbox>) {
    driver_in(Runtime::current().unwrap().0, config, socket)
}

fn driver_in(
    runtime: Arc<dyn AsyncRuntime>,
    config: &ConnectionConfig,
    socket: impl Fake,
) -> (Driver, Arc<Mailbox>) {
    let session = SessionConfig {
        role: Role::Server,
        kinds: RequestKinds::default(),
        members: &[],
        limits: Arc::new(config.clone()),
    };
    let mailbox = Mailbox::new(Arc::new(session), runtime, None);
    mailbox.attach();
    let socket = Box::new(FakeSocket(socket));
    let driver = Driver::new(socket, mailbox.clone());
    (driver, mailbox)
}

/// Pushes an empty message while the connection opens.
fn push(mailbox: &Arc<Mailbox>) {
    let callback = pin!(async { mailbox.push(&(), None) });
    let pushed = mailbox.opening(callback).now_or_never();
    assert_eq!(pushed, Some(Ok(())));
}

/// A socket that receives no bytes and fails to write.
struct Broken;

impl Fake for Broken {
    fn write(&mut self, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }
}

#[test]
fn a_write_error_ends_the_connection_at_once() {
    let (mut driver, mailbox) = driver(&ConnectionConfig::default(), Broken);
    push(&mailbox);
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(driver.poll_next(&mut cx, &mut ()), Poll::Ready(false));
    assert_eq!(
        driver.connection.end_reason(),
        Some(&DisconnectReason::ConnectionClosed)
    );
    assert_eq!(driver.poll_closed(&mut cx), Poll::Ready(()));
}

/// A socket that records the limits of unsent bytes.
struct Limited(Arc<Mutex<Vec<u32>>>);

impl Fake for Limited {
    fn limit_unsent(&self, bytes: u32) {
        self.0.lock().unwrap().push(bytes);
    }
}

#[test]
fn the_operating_system_holds_little_once_a_transfer_waits_for_a_short_queue() {
    let limits = Arc::default();
    let config = ConnectionConfig::default();
    let (mut driver, mailbox) = driver(&config, Limited(Arc::clone(&limits)));
    mailbox.open();
    let mut cx = Context::from_waker(Waker::noop());
    let mut write = || {
        mailbox.push(&(), None).unwrap();
        assert!(driver.poll_next(&mut cx, &mut ()).is_pending());
        limits.lock().unwrap().clone()
    };
    assert_eq!(write(), []);
    assert_eq!(mailbox.ready_below(0).now_or_never(), Some(Ok(())));
    assert_eq!([write(), write()], [[16 * 1024], [16 * 1024]]);
    mailbox.attach();
    assert_eq!(
        mailbox.unsent_limit(),
        None,
        "the next connection begins anew"
    );
}

/// A socket that receives one ping, and counts its reads and its attempts to read.
#[derive(Clone, Default)]
struct Counting {
    has_given: bool,
    reads: Arc<AtomicUsize>,
    tries: Arc<AtomicUsize>,
}

impl Fake for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if mem::replace(&mut self.has_given, true) {
            return Poll::Pending;
        }
        buffer[..4].copy_from_slice(b"\x03\0\0\0");
        Poll::Ready(Ok(4))
    }

    fn read_now(&mut self) -> Option<io::Result<usize>> {
        self.tries.fetch_add(1, Ordering::Relaxed);
        Some(Err(io::ErrorKind::WouldBlock.into()))
    }
}

#[test]
fn a_connection_keeps_reading_until_its_busy_polling_time_is_over() {
    let config = ConnectionConfig {
        busy_poll: Duration::from_secs(3_600),
        ..ConnectionConfig::default()
    };
    let socket = Counting::default();
    let counts = || [&socket.reads, &socket.tries].map(|count| count.load(Ordering::Relaxed));
    let (mut driver, ..) = driver(&config, socket.clone());
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(driver.poll_next(&mut cx, &mut ()).is_pending());
    assert_eq!(counts(), [1, 1], "the ping, and one attempt");
    for tries in 2..10 {
        assert!(woken.0.swap(false, Ordering::Relaxed));
        assert!(driver.poll_next(&mut cx, &mut ()).is_pending());
        assert_eq!(counts(), [1, tries]);
    }
    woken.0.store(false, Ordering::Relaxed);
    driver.busy_until = driver.now();
    assert!(driver.poll_next(&mut cx, &mut ()).is_pending());
    assert_eq!(counts(), [2, 9]);
    assert!(!woken.0.load(Ordering::Relaxed));
}

/// A waker that records whether it was used.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A socket that receives no bytes, and is not flushed until it is released.
#[derive(Clone, Default)]
struct Holding(Arc<AtomicBool>);

impl Fake for Holding {
    fn flush(&mut self) -> Poll<io::Result<()>> {
        if self.0.load(Ordering::Relaxed) {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }
}

#[test]
fn messages_in_the_buffer_of_a_socket_are_not_flushed() {
    let socket = Holding::default();
    let (mut driver, mailbox) = driver(&ConnectionConfig::default(), socket.clone());
    let mut cx = Context::from_waker(Waker::noop());
    push(&mailbox);
    let mut flushed = pin!(mailbox.flush());
    assert!(driver.poll_next(&mut cx, &mut ()).is_pending());
    assert!(flushed.as_mut().poll(&mut cx).is_pending());
    socket.0.store(true, Ordering::Relaxed);
    assert!(driver.poll_next(&mut cx, &mut ()).is_pending());
    assert_eq!(flushed.as_mut().poll(&mut cx), Poll::Ready(Ok(())));
}

#[test]
fn a_connection_is_closed_once_its_socket_is_flushed() {
    let socket = Holding::default();
    let (mut driver, mailbox) = driver(&ConnectionConfig::default(), socket.clone());
    let mut cx = Context::from_waker(Waker::noop());
    push(&mailbox);
    mailbox.close(DisconnectReason::Disconnected);
    assert!(driver.poll_closed(&mut cx).is_pending());
    assert!(matches!(driver.closing, Closing::Writing));
    socket.0.store(true, Ordering::Relaxed);
    assert!(driver.poll_closed(&mut cx).is_pending());
    assert!(matches!(driver.closing, Closing::Lingering(_)));
}

#[test]
fn a_socket_that_cant_be_flushed_ends_the_connection_with_slow_consumer() {
    let config = ConnectionConfig {
        write_timeout: Duration::ZERO,
        ..ConnectionConfig::default()
    };
    let (mut driver, mailbox) = driver(&config, Holding::default());
    let mut cx = Context::from_waker(Waker::noop());
    push(&mailbox);
    assert_eq!(driver.poll_next(&mut cx, &mut ()), Poll::Ready(false));
    assert_eq!(
        driver.connection.end_reason(),
        Some(&DisconnectReason::SlowConsumer)
    );
}

/// A socket that receives the same frame again and again, and counts the frames.
struct Flooding {
    frame: [u8; 4],
    frames: Arc<AtomicUsize>,
}

impl Fake for Flooding {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let places = buffer.chunks_exact_mut(4);
        self.frames.fetch_add(places.len(), Ordering::Relaxed);
        let size = places.len() * 4;
        places.for_each(|place| place.copy_from_slice(&self.frame));
        Poll::Ready(Ok(size))
    }
}

/// Pings, and messages without a callback.
#[test]
fn a_flood_of_frames_without_effect_is_read_at_a_bounded_rate() {
    const SECOND: Duration = Duration::from_secs(1);
    for frame in [*b"\x03\0\0\0", *b"\x01\0\0\0"] {
        let simulation = Simulation::new(1);
        let frames = Arc::new(AtomicUsize::new(0));
        let socket = Flooding {
            frame,
            frames: frames.clone(),
        };
        let runtime = simulation.runtime().0;
        let (mut driver, ..) = driver_in(runtime, &ConnectionConfig::default(), socket);
        simulation.run(simulation.timeout(SECOND, async {
            while driver.next_at_once() || driver.next(&mut ()).await {
                let ignored = &driver.mailbox.clone().transfers.ignored_messages;
                driver.dispatch(pin!(async { ignored.add(1) })).await;
            }
        }));
        let frames = frames.load(Ordering::Relaxed);
        assert!(
            (900_000..1_300_000).contains(&frames),
            "{frame:?}: {frames}"
        );
    }
}

/// A socket that receives an endless message: each read fills the buffer.
struct Endless {
    has_begun: bool,
}

impl Fake for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        buffer.fill(0);
        if !mem::replace(&mut self.has_begun, true) {
            buffer[..4].copy_from_slice(b"\x01\x0f\xff\xff");
        }
        Poll::Ready(Ok(buffer.len()))
    }
}

/// Polls a driver until it is pending and has not woken itself.
fn poll_to_rest(driver: &mut Driver) {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    while driver.poll_next(&mut cx, &mut ()).is_pending() && woken.0.swap(false, Ordering::Relaxed)
    {
    }
}

#[test]
fn received_bytes_of_all_connections_are_bounded_and_small_buffers_are_filled_first() {
    const KIB: usize = 1024;
    let budget = Arc::new(ReceiveBudget::new(1_000 * KIB));
    let endless = |_| {
        let config = ConnectionConfig::default();
        let (driver, mailbox) = driver(&config, Endless { has_begun: false });
        (driver.sharing(&budget, &CpuLimit::new(2)), mailbox)
    };
    let mut connections: Vec<_> = (0..20).map(endless).collect();
    let held = |connections: &[(Driver, Arc<Mailbox>)]| -> Vec<usize> {
        let held = connections
            .iter()
            .map(|(it, _)| it.connection.input_memory());
        held.collect()
    };
    for (driver, _) in &mut connections {
        poll_to_rest(driver);
    }
    let sizes = held(&connections);
    let total: usize = sizes.iter().sum();
    assert!(total <= (1_000 + 20 * 4) * KIB, "{total}");
    assert!(total >= 900 * KIB, "{total}");
    // A connection without received bytes still reads.
    assert!(sizes.iter().all(|&size| size >= 4 * KIB), "{sizes:?}");

    // Memory that one connection returns is used by others.
    let (first, _) = connections.remove(0);
    let freed = first.connection.input_memory();
    drop(first);
    let before: usize = held(&connections).iter().sum();
    for (driver, _) in &mut connections {
        poll_to_rest(driver);
    }
    let after: usize = held(&connections).iter().sum();
    assert!(after > before + freed / 4, "{before}, {freed}, {after}");
}

#[test]
fn a_connection_waiting_for_memory_is_woken_when_memory_is_returned() {
    let budget = Arc::new(ReceiveBudget::new(100 * 1024));
    let config = ConnectionConfig::default();
    let endless = || driver(&config, Endless { has_begun: false });
    let (first, ..) = endless();
    let (second, ..) = endless();
    let (mut first, mut second) = (
        first.sharing(&budget, &CpuLimit::new(2)),
        second.sharing(&budget, &CpuLimit::new(2)),
    );
    poll_to_rest(&mut first);
    poll_to_rest(&mut second);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(second.poll_next(&mut cx, &mut ()).is_pending());
    assert!(!woken.0.load(Ordering::Relaxed));
    drop(first);
    assert!(woken.0.load(Ordering::Relaxed));
}

/// Without memory this side does not read, so that it can't conclude that the peer is silent.
#[test]
fn a_message_without_memory_times_out_before_keep_alive_does() {
    let simulation = Simulation::new(1);
    let budget = Arc::new(ReceiveBudget::new(0));
    let socket = Endless { has_begun: false };
    let config = ConnectionConfig::default();
    let (driver, mailbox) = driver_in(simulation.runtime().0, &config, socket);
    let mut driver = driver.sharing(&budget, &CpuLimit::new(2));
    let next = simulation.run(driver.next(&mut ()));
    assert!(!next);
    let end = driver.connection.end_reason();
    assert_eq!(end, Some(&DisconnectReason::MessageTimeout));
    assert!(simulation.elapsed() <= config.message_timeout + Duration::from_secs(1));
    drop(mailbox);
}

/// A peer that sends frames without end keeps each step of closing busy.
#[test]
fn a_flood_does_not_delay_the_end_of_closing() {
    const SECOND: Duration = Duration::from_secs(1);
    for reason in [
        DisconnectReason::Disconnected,
        DisconnectReason::SlowConsumer,
    ] {
        let simulation = Simulation::new(1);
        let socket = Flooding {
            frame: *b"\x03\0\0\0",
            frames: Arc::default(),
        };
        let runtime = simulation.runtime().0;
        let (mut driver, mailbox) = driver_in(runtime, &ConnectionConfig::default(), socket);
        mailbox.close(reason.clone());
        let closed = simulation.run(simulation.timeout(60 * SECOND, async {
            while driver.next_at_once() || driver.next(&mut ()).await {}
            driver.close().await
        }));
        assert_eq!(closed, Some(reason));
        assert_eq!(simulation.elapsed(), SECOND);
    }
}

/// A socket that receives a large message byte by byte, each of which is there at once.
struct Trickling {
    has_begun: bool,
}

impl Fake for Trickling {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if mem::replace(&mut self.has_begun, true) {
            buffer[0] = 0;
            return Poll::Ready(Ok(1));
        }
        buffer[..4].copy_from_slice(b"\x01\x0f\xff\xff");
        Poll::Ready(Ok(4))
    }
}

#[test]
fn a_peer_that_always_has_something_to_read_does_not_hold_timers_up() {
    let config = ConnectionConfig {
        message_timeout: Duration::from_nanos(1),
        min_message_rate: usize::MAX,
        ..ConnectionConfig::default()
    };
    let (mut driver, ..) = driver(&config, Trickling { has_begun: false });
    let mut cx = Context::from_waker(Waker::noop());
    let mut polls = (0..100).map(|_| driver.poll_next(&mut cx, &mut ()));
    assert!(polls.any(|poll| poll == Poll::Ready(false)));
    let end = driver.connection.end_reason();
    assert_eq!(end, Some(&DisconnectReason::MessageTimeout));
}

/// A socket that receives a message, then the beginning of another.
struct Halting {
    has_given: bool,
}

impl Fake for Halting {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if mem::replace(&mut self.has_given, true) {
            return Poll::Pending;
        }
        buffer[..5].copy_from_slice(b"\x01\0\0\0\x01");
        Poll::Ready(Ok(5))
    }
}

/// The message timer is set again while the handler is busy. Here it is due at once.
#[test]
fn a_timer_that_is_due_at_once_lets_other_tasks_run() {
    let config = ConnectionConfig {
        message_timeout: Duration::ZERO,
        max_unhandled_bytes: 1,
        ..ConnectionConfig::default()
    };
    let (mut driver, ..) = driver(&config, Halting { has_given: false });
    let mut cx = Context::from_waker(Waker::noop());
    let mut stuck = pin!(std::future::pending::<()>());
    for _ in 0..100 {
        assert!(driver.poll_run(&mut cx, stuck.as_mut()).is_pending());
    }
}

/// A socket that receives a large message.
struct Large {
    has_given: bool,
}

impl Fake for Large {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if mem::replace(&mut self.has_given, true) {
            return Poll::Pending;
        }
        buffer[..4 + LARGE_MESSAGE].fill(0);
        buffer[..4].copy_from_slice(b"\x01\0\x40\0");
        Poll::Ready(Ok(4 + LARGE_MESSAGE))
    }
}

#[test]
fn large_messages_of_several_connections_are_decoded_one_after_the_other() {
    let budget = Arc::new(ReceiveBudget::new(1 << 20));
    let decoding = CpuLimit::new(2);
    let config = ConnectionConfig::default();
    let [mut first, mut second, mut third] = [(); 3].map(|()| {
        let (driver, ..) = driver(&config, Large { has_given: false });
        driver.sharing(&budget, &decoding)
    });
    let woken = [(); 3].map(|()| Arc::new(Woken::default()));
    let wakers = woken.clone().map(Waker::from);
    let mut contexts = wakers.each_ref().map(Context::from_waker);
    let is_woken = |index: usize| woken[index].0.swap(false, Ordering::Relaxed);

    assert_eq!(
        first.poll_next(&mut contexts[0], &mut ()),
        Poll::Ready(true)
    );
    assert!(second.poll_next(&mut contexts[1], &mut ()).is_pending());
    assert!(third.poll_next(&mut contexts[2], &mut ()).is_pending());
    assert!(!is_woken(1) && !is_woken(2));
    // The first driver releases its permit when it looks for the next message.
    assert!(first.poll_next(&mut contexts[0], &mut ()).is_pending());
    assert!(is_woken(1) && !is_woken(2));
    // A driver that ends while it waits leaves its place to the next.
    let now = second.now();
    second.connection.end(DisconnectReason::Stopped, now);
    assert_eq!(
        second.poll_next(&mut contexts[1], &mut ()),
        Poll::Ready(false)
    );
    second.decode_permit.cancel();
    assert!(is_woken(2));
    assert_eq!(
        third.poll_next(&mut contexts[2], &mut ()),
        Poll::Ready(true)
    );
}

/// A socket that receives these bytes.
struct Received(&'static [u8]);

impl Fake for Received {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let bytes = mem::take(&mut self.0);
        buffer[..bytes.len()].copy_from_slice(bytes);
        match bytes.len() {
            0 => Poll::Pending,
            count => Poll::Ready(Ok(count)),
        }
    }
}

/// A responder that runs another task on this thread, as a waker may.
struct Nested(Option<Driver>);

impl Debug for Nested {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("Nested")
    }
}

impl Responder for Nested {
    fn is_awaited(&self) -> bool {
        true
    }

    fn respond(mut self: Box<Self>, _: &[u8]) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        let mut driver = self.0.take().unwrap();
        assert_eq!(driver.poll_next(&mut cx, &mut ()), Poll::Ready(true));
        true
    }

    fn fail(self: Box<Self>, error: RequestError) {
        panic!("{error}");
    }
}

#[test]
fn a_task_may_read_while_another_on_its_thread_handles_a_response() {
    let config = Arc::<ConnectionConfig>::default();
    let session = SessionConfig {
        role: Role::Client,
        kinds: RequestKinds::new(&[(3, 4)], &[]),
        members: &[],
        limits: config.clone(),
    };
    let mailbox = Mailbox::new(Arc::new(session), Runtime::current().unwrap().0, None);
    mailbox.attach();
    mailbox.open();
    let (nested, ..) = driver(&config, Received(b"\x01\0\0\x01n"));
    let responder = Box::new(Nested(Some(nested)));
    mailbox.push_request(&"r".to_string(), Some(3), responder);
    let socket = FakeSocket(Received(b"\x02\0\0\x02\x22\0\x02\0\0\x01m"));
    let mut driver = Driver::new(Box::new(socket), mailbox);
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(driver.poll_next(&mut cx, &mut ()), Poll::Ready(true));
    assert_eq!(driver.connection.payload(), b"m");
}
