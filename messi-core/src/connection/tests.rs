//! Connections over sockets that misbehave.

mod fake;

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use self::fake::{Fake, FakeSocket};
use super::*;
use crate::Runtime;
use crate::outbox::{Kinds, Sender};
use crate::testing::Simulation;

/// A server's connection that has just begun, with the outbox of its client and its number there.
fn connection(settings: &Settings, socket: impl Fake) -> (Connection, Arc<Outbox>, u64) {
    connection_in(Runtime::default().0, settings, socket)
}

fn connection_in(
    runtime: Arc<dyn AsyncRuntime>,
    settings: &Settings,
    socket: impl Fake,
) -> (Connection, Arc<Outbox>, u64) {
    let shared = Arc::new(settings.clone());
    let outbox = Arc::new(Outbox::new(
        Role::Server,
        Kinds::default(),
        shared,
        runtime.clone(),
    ));
    let number = outbox.begin();
    let socket = Box::new(FakeSocket(socket));
    let connection = Connection::new(Role::Server, settings, socket, outbox.clone(), runtime);
    (connection, outbox, number)
}

/// A socket on which nothing comes, and which fails to write.
struct Broken;

impl Fake for Broken {
    fn write(&mut self, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }
}

#[test]
fn an_error_of_writing_ends_the_connection_at_once() {
    let (mut connection, outbox, number) = connection(&Settings::default(), Broken);
    outbox.push(&(), None, Sender::Callback(number)).unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(connection.poll_next(&mut cx), Poll::Ready(None));
    assert_eq!(
        connection.state.end_reason(),
        Some(&DisconnectReason::ConnectionClosed)
    );
    assert_eq!(connection.poll_closed(&mut cx), Poll::Ready(()));
}

/// A socket on which one ping comes, and which counts how it is asked for more.
#[derive(Clone, Default)]
struct Counting {
    has_given: bool,
    reads: Arc<AtomicUsize>,
    tries: Arc<AtomicUsize>,
}

impl Fake for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if std::mem::replace(&mut self.has_given, true) {
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
fn a_busy_connection_tries_again_and_waits_to_be_woken_once_its_time_is_over() {
    let settings = Settings {
        busy_poll: Duration::from_secs(3_600),
        ..Settings::default()
    };
    let socket = Counting::default();
    let counts = || [&socket.reads, &socket.tries].map(|count| count.load(Ordering::Relaxed));
    let (mut connection, ..) = connection(&settings, socket.clone());
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(connection.poll_next(&mut cx).is_pending());
    assert_eq!(counts(), [1, 1], "the ping, and a try");
    for tries in 2..10 {
        assert!(woken.0.swap(false, Ordering::Relaxed));
        assert!(connection.poll_next(&mut cx).is_pending());
        assert_eq!(counts(), [1, tries]);
    }
    woken.0.store(false, Ordering::Relaxed);
    connection.busy_until = connection.runtime.now();
    assert!(connection.poll_next(&mut cx).is_pending());
    assert_eq!(counts(), [2, 9]);
    assert!(!woken.0.load(Ordering::Relaxed));
}

/// Whether a waker was used.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A socket on which nothing comes, and which keeps what is written until it is let go.
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
fn what_a_socket_keeps_to_itself_is_not_flushed() {
    let socket = Holding::default();
    let (mut connection, outbox, number) = connection(&Settings::default(), socket.clone());
    let mut cx = Context::from_waker(Waker::noop());
    outbox.push(&(), None, Sender::Callback(number)).unwrap();
    let mut flushed = pin!(outbox.flush());
    assert!(connection.poll_next(&mut cx).is_pending());
    assert!(flushed.as_mut().poll(&mut cx).is_pending());
    socket.0.store(true, Ordering::Relaxed);
    assert!(connection.poll_next(&mut cx).is_pending());
    assert_eq!(flushed.as_mut().poll(&mut cx), Poll::Ready(Ok(())));
}

#[test]
fn a_connection_is_closed_once_its_socket_keeps_nothing_to_itself() {
    let socket = Holding::default();
    let (mut connection, outbox, number) = connection(&Settings::default(), socket.clone());
    let mut cx = Context::from_waker(Waker::noop());
    outbox.push(&(), None, Sender::Callback(number)).unwrap();
    outbox.request_end(DisconnectReason::Disconnected);
    assert!(connection.poll_closed(&mut cx).is_pending());
    assert!(matches!(connection.closing, Closing::Writing));
    socket.0.store(true, Ordering::Relaxed);
    assert!(connection.poll_closed(&mut cx).is_pending());
    assert!(matches!(connection.closing, Closing::Lingering(_)));
}

#[test]
fn a_peer_that_takes_nothing_of_what_a_socket_keeps_is_too_slow() {
    let settings = Settings {
        write_timeout: Duration::ZERO,
        ..Settings::default()
    };
    let (mut connection, outbox, number) = connection(&settings, Holding::default());
    let mut cx = Context::from_waker(Waker::noop());
    outbox.push(&(), None, Sender::Callback(number)).unwrap();
    assert_eq!(connection.poll_next(&mut cx), Poll::Ready(None));
    assert_eq!(
        connection.state.end_reason(),
        Some(&DisconnectReason::SlowConsumer)
    );
}

/// A socket on which the same frame comes without end, and which counts them.
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

/// Pings, and messages that nobody takes.
#[test]
fn a_flood_of_what_means_nothing_is_read_at_a_bounded_pace() {
    const SECOND: Duration = Duration::from_secs(1);
    for frame in [*b"\x03\0\0\0", *b"\x01\0\0\0"] {
        let simulation = Simulation::new(1);
        let frames = Arc::new(AtomicUsize::new(0));
        let socket = Flooding {
            frame,
            frames: frames.clone(),
        };
        let runtime = simulation.runtime().0;
        let (mut connection, ..) = connection_in(runtime, &Settings::default(), socket);
        simulation.run(simulation.timeout(SECOND, async {
            while connection.next().await.is_some() {
                connection
                    .dispatch(pin!(async { Dispatch::UnknownChoice }))
                    .await;
            }
        }));
        let frames = frames.load(Ordering::Relaxed);
        assert!(
            (900_000..1_300_000).contains(&frames),
            "{frame:?}: {frames}"
        );
    }
}

/// A socket on which a message begins to come, in reads of what is asked for, and does not end.
struct Endless {
    has_begun: bool,
}

impl Fake for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        buffer.fill(0);
        if !std::mem::replace(&mut self.has_begun, true) {
            buffer[..4].copy_from_slice(b"\x01\x0f\xff\xff");
        }
        Poll::Ready(Ok(buffer.len()))
    }
}

/// Polls a connection until it waits for others.
fn poll_to_rest(connection: &mut Connection) {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    while connection.poll_next(&mut cx).is_pending() && woken.0.swap(false, Ordering::Relaxed) {}
}

#[test]
fn what_all_have_received_is_bounded_and_who_has_little_is_read_from() {
    const KIB: usize = 1024;
    let budget = Arc::new(Budget::of_received(1_000 * KIB));
    let endless = |_| {
        let settings = Settings::default();
        let (connection, outbox, _) = connection(&settings, Endless { has_begun: false });
        (connection.sharing(&budget, &CpuLimit::new(2)), outbox)
    };
    let mut connections: Vec<_> = (0..20).map(endless).collect();
    let held = |connections: &[(Connection, Arc<Outbox>)]| -> Vec<usize> {
        let held = connections.iter().map(|(it, _)| it.state.held_input());
        held.collect()
    };
    for (connection, _) in &mut connections {
        poll_to_rest(connection);
    }
    let sizes = held(&connections);
    let total: usize = sizes.iter().sum();
    assert!(total <= (1_000 + 20 * 4) * KIB, "{total}");
    assert!(total >= 900 * KIB, "{total}");
    // One that has received nothing is read from all the same.
    assert!(sizes.iter().all(|&size| size >= 4 * KIB), "{sizes:?}");

    // What one gives back, the others get.
    let (first, _) = connections.remove(0);
    let freed = first.state.held_input();
    drop(first);
    let before: usize = held(&connections).iter().sum();
    for (connection, _) in &mut connections {
        poll_to_rest(connection);
    }
    let after: usize = held(&connections).iter().sum();
    assert!(after > before + freed / 4, "{before}, {freed}, {after}");
}

#[test]
fn who_waits_for_memory_is_woken_when_there_is_some() {
    let budget = Arc::new(Budget::of_received(100 * 1024));
    let settings = Settings::default();
    let endless = || connection(&settings, Endless { has_begun: false });
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
    assert!(second.poll_next(&mut cx).is_pending());
    assert!(!woken.0.load(Ordering::Relaxed));
    drop(first);
    assert!(woken.0.load(Ordering::Relaxed));
}

/// There is memory for nothing, but that a peer does not send is not known then.
#[test]
fn a_message_for_which_there_is_no_memory_ends_in_its_time_and_not_for_silence() {
    let simulation = Simulation::new(1);
    let budget = Arc::new(Budget::of_received(0));
    let socket = Endless { has_begun: false };
    let settings = Settings::default();
    let (connection, outbox, _) = connection_in(simulation.runtime().0, &settings, socket);
    let mut connection = connection.sharing(&budget, &CpuLimit::new(2));
    let next = simulation.run(connection.next());
    assert_eq!(next, None);
    let end = connection.state.end_reason();
    assert_eq!(end, Some(&DisconnectReason::MessageTimeout));
    assert!(simulation.elapsed() <= settings.message_timeout + Duration::from_secs(1));
    drop(outbox);
}

/// Frames come without end, though nothing else that this side does takes long.
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
        let (mut connection, outbox, _) = connection_in(runtime, &Settings::default(), socket);
        outbox.request_end(reason.clone());
        let closed = simulation.run(simulation.timeout(60 * SECOND, async {
            while connection.next().await.is_some() {}
            connection.close().await
        }));
        assert_eq!(closed, Some(reason));
        assert_eq!(simulation.elapsed(), SECOND);
    }
}

/// A message comes, and the beginning of another.
struct Halting {
    has_given: bool,
}

impl Fake for Halting {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if std::mem::replace(&mut self.has_given, true) {
            return Poll::Pending;
        }
        buffer[..5].copy_from_slice(b"\x01\0\0\0\x01");
        Poll::Ready(Ok(5))
    }
}

/// The time of a message that is held up by the handler begins again when it is over: here, at once.
#[test]
fn a_timer_that_is_due_at_once_lets_others_have_their_turn() {
    let settings = Settings {
        message_timeout: Duration::ZERO,
        max_unhandled_bytes: 1,
        ..Settings::default()
    };
    let (mut connection, ..) = connection(&settings, Halting { has_given: false });
    let mut cx = Context::from_waker(Waker::noop());
    let mut stuck = pin!(std::future::pending::<()>());
    for _ in 0..100 {
        assert!(connection.poll_run(&mut cx, stuck.as_mut()).is_pending());
    }
}

/// A large message comes.
struct Large {
    has_given: bool,
}

impl Fake for Large {
    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if std::mem::replace(&mut self.has_given, true) {
            return Poll::Pending;
        }
        buffer[..4 + HEAVY].fill(0);
        buffer[..4].copy_from_slice(b"\x01\0\x40\0");
        Poll::Ready(Ok(4 + HEAVY))
    }
}

#[test]
fn large_messages_of_several_clients_are_handed_out_one_after_the_other() {
    let budget = Arc::new(Budget::of_received(1 << 20));
    let decoding = CpuLimit::new(2);
    let settings = Settings::default();
    let [mut first, mut second, mut third] = [(); 3].map(|()| {
        let (connection, ..) = connection(&settings, Large { has_given: false });
        connection.sharing(&budget, &decoding)
    });
    let woken = [(); 3].map(|()| Arc::new(Woken::default()));
    let wakers = woken.clone().map(Waker::from);
    let mut contexts = wakers.each_ref().map(Context::from_waker);
    let is_woken = |index: usize| woken[index].0.swap(false, Ordering::Relaxed);

    assert!(matches!(
        first.poll_next(&mut contexts[0]),
        Poll::Ready(Some(_))
    ));
    assert!(second.poll_next(&mut contexts[1]).is_pending());
    assert!(third.poll_next(&mut contexts[2]).is_pending());
    assert!(!is_woken(1) && !is_woken(2));
    // The first is done with its message once it looks for the next one.
    assert!(first.poll_next(&mut contexts[0]).is_pending());
    assert!(is_woken(1) && !is_woken(2));
    // One that ends while it waits leaves its turn to the next.
    second
        .state
        .end(DisconnectReason::Stopped, second.runtime.now());
    assert_eq!(second.poll_next(&mut contexts[1]), Poll::Ready(None));
    second.cancel_permit();
    assert!(is_woken(2));
    assert!(matches!(
        third.poll_next(&mut contexts[2]),
        Poll::Ready(Some(_))
    ));
}
