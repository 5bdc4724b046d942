//! Every setting at its extremes, in simulated time: clients and servers do not panic, hang or spin.

use std::fmt::Debug;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::common::chat::*;
use crate::common::simulated::{Pair, ROOM};
use crate::common::*;
use messi::testing::{Clock, Simulation};
use messi::{ClientBuilder, ConnectError, Retry, SendError, ServerBuilder};

type Client = ClientBuilder<Chat>;
type Server = ServerBuilder<Chat>;

const SECOND: Duration = Duration::from_secs(1);
const NANOSECOND: Duration = Duration::from_nanos(1);

/// The limit of a test in real time. A side that spins while simulated time goes on would take hours.
const LIMIT: Duration = Duration::from_secs(60);

fn client() -> Client {
    ChatClient::builder(ROOM)
}

fn server() -> Server {
    ChatServer::builder(ROOM)
}

/// Runs a test on a thread, and fails if it takes longer than [`LIMIT`].
fn in_time(test: impl FnOnce() + Send + 'static) {
    let (sender, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        let _ = sender.send(());
    });
    match ended.recv_timeout(LIMIT) {
        Err(RecvTimeoutError::Timeout) => panic!("it spins"),
        // The thread has ended, possibly by a panic.
        _ => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
    }
}

// --- Each setting ---

const SIZES: [usize; 3] = [0, 1, usize::MAX];
const TIMES: [Duration; 3] = [Duration::ZERO, NANOSECOND, Duration::MAX];

/// A setting, and for each of three values whether a request gets its response.
type Setting<B, V> = (&'static str, [bool; 3], fn(B, V) -> B);

const ALL: [bool; 3] = [true; 3];

const SIZES_OF_CLIENTS: [Setting<Client, usize>; 6] = [
    ("max_message_size", [false, false, true], |it, size| {
        it.max_message_size(size)
    }),
    ("max_sent_message_size", [false, false, true], |it, size| {
        it.max_sent_message_size(size)
    }),
    ("max_queued_bytes", ALL, |it, size| {
        it.max_queued_bytes(size)
    }),
    ("max_unhandled_bytes", ALL, |it, size| {
        it.max_unhandled_bytes(size)
    }),
    ("min_message_rate", ALL, |it, size| {
        it.min_message_rate(size)
    }),
    ("offline_queue", ALL, |it, size| {
        it.offline_queue(size, SECOND)
    }),
];

const TIMES_OF_CLIENTS: [Setting<Client, Duration>; 9] = [
    ("keep_alive_interval", ALL, |it, time| {
        it.keep_alive_interval(time)
    }),
    ("connect_timeout", ALL, |it, time| it.connect_timeout(time)),
    ("reconnect_delay, min", ALL, |it, time| {
        it.reconnect_delay(time, SECOND)
    }),
    ("reconnect_delay, max", ALL, |it, time| {
        it.reconnect_delay(SECOND, time)
    }),
    ("write_timeout", ALL, |it, time| it.write_timeout(time)),
    ("message_timeout", ALL, |it, time| it.message_timeout(time)),
    ("request_timeout", [false, true, true], |it, time| {
        it.request_timeout(time)
    }),
    ("offline_queue, age", ALL, |it, time| {
        it.offline_queue(1_000, time)
    }),
    ("busy_poll", ALL, |it, time| it.busy_poll(time)),
];

const SIZES_OF_SERVERS: [Setting<Server, usize>; 10] = [
    ("max_clients", [false, true, true], |it, count| {
        it.max_clients(count)
    }),
    (
        "max_clients_per_address",
        [false, true, true],
        |it, count| it.max_clients_per_address(count),
    ),
    (
        "max_clients_per_second",
        [false, true, true],
        |it, count| it.max_clients_per_second(u32::try_from(count).unwrap_or(u32::MAX)),
    ),
    ("max_message_size", [false, false, true], |it, size| {
        it.max_message_size(size)
    }),
    ("max_sent_message_size", [false, false, true], |it, size| {
        it.max_sent_message_size(size)
    }),
    ("max_queued_bytes", ALL, |it, size| {
        it.max_queued_bytes(size)
    }),
    ("max_total_queued_bytes", ALL, |it, size| {
        it.max_total_queued_bytes(size)
    }),
    ("max_total_received_bytes", ALL, |it, size| {
        it.max_total_received_bytes(size)
    }),
    ("max_unhandled_bytes", ALL, |it, size| {
        it.max_unhandled_bytes(size)
    }),
    ("min_message_rate", ALL, |it, size| {
        it.min_message_rate(size)
    }),
];

const TIMES_OF_SERVERS: [Setting<Server, Duration>; 6] = [
    ("login_timeout", ALL, |it, time| it.login_timeout(time)),
    ("keep_alive_timeout", ALL, |it, time| {
        it.keep_alive_timeout(time)
    }),
    ("write_timeout", ALL, |it, time| it.write_timeout(time)),
    ("message_timeout", ALL, |it, time| it.message_timeout(time)),
    ("request_timeout", ALL, |it, time| it.request_timeout(time)),
    ("busy_poll", ALL, |it, time| it.busy_poll(time)),
];

/// Calls `play` for each setting with each value.
fn play_all<B, V: Copy + Debug>(
    settings: &[Setting<B, V>],
    values: [V; 3],
    builder: fn() -> B,
    play: fn(&str, bool, B),
) {
    for (name, has_response, set) in settings {
        for (value, has_response) in values.into_iter().zip(has_response) {
            play(
                &format!("{name}({value:?})"),
                *has_response,
                set(builder(), value),
            );
        }
    }
}

/// Checks whether a request gets a response, and runs both sides for ten simulated seconds.
fn play(name: &str, has_response: bool, client: Client, server: Server) {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let (reporter, _server_events) = reporter();
        let server = server.runtime(&simulation);
        let server = server.start(move |_| reporter.clone()).await.unwrap();
        let (reporter, _client_events) = crate::common::reporter();
        let client = client.runtime(&simulation).start(reporter).unwrap();
        client.connected().await.unwrap();
        let request = ConnectReq {
            user: "Erik".into(),
        };
        let response = client.connect_req(request).await;
        assert_eq!(response.is_ok(), has_response, "{name}: {response:?}");
        // More than a queue's own memory, so that it reserves shared memory.
        let long = message("x".repeat(10_000));
        client.send(long.clone());
        server.broadcast(long);
        simulation.sleep(10 * SECOND).await;
        client.stop().await;
        server.stop().await;
        assert_eq!((simulation.tasks(), simulation.sockets()), (0, 0), "{name}");
    });
}

#[test]
fn a_client_works_with_each_setting_at_its_extremes() {
    in_time(|| {
        let play = |name: &str, has_response, client| play(name, has_response, client, server());
        play_all(&SIZES_OF_CLIENTS, SIZES, client, play);
        play_all(&TIMES_OF_CLIENTS, TIMES, client, play);
    });
}

#[test]
fn a_server_works_with_each_setting_at_its_extremes() {
    in_time(|| {
        let play = |name: &str, has_response, server| play(name, has_response, client(), server);
        play_all(&SIZES_OF_SERVERS, SIZES, server, play);
        play_all(&TIMES_OF_SERVERS, TIMES, server, play);
    });
}

// --- The rate of attempts and timers ---

/// A handler that counts attempts to connect, and returns the same decision for each failure.
struct Retrying {
    attempts: Arc<AtomicUsize>,
    retry: Retry,
}

impl Retrying {
    fn count(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }
}

impl ChatClientHandler for Retrying {
    async fn on_connected(&mut self, _: &ChatClient) {
        self.count();
    }

    async fn on_connect_failure(&mut self, _: &ChatClient, _: &ConnectError) -> Retry {
        self.count();
        self.retry
    }
}

/// Returns how often a client with this delay tries to connect within a second, either to a server
/// that disconnects it at once, or without a server.
fn attempts_in_a_second(delay: Duration, retry: Retry, has_server: bool) -> usize {
    let simulation = Simulation::new(1);
    let attempts = Arc::new(AtomicUsize::new(0));
    let handler = Retrying {
        attempts: attempts.clone(),
        retry,
    };
    simulation.run(async {
        let (reporter, _events) = reporter();
        let server = server().max_clients(0).runtime(&simulation);
        let server = server.start(move |_| reporter.clone()).await.unwrap();
        if !has_server {
            server.stop().await;
        }
        let client = client().reconnect_delay(delay, delay);
        let client = client.runtime(&simulation).start(handler).unwrap();
        simulation.sleep(SECOND).await;
        client.stop().await;
        server.stop().await;
    });
    attempts.load(Ordering::Relaxed)
}

#[test]
fn a_client_tries_to_connect_at_most_a_hundred_times_per_second() {
    in_time(|| {
        for delay in [Duration::ZERO, NANOSECOND] {
            for (retry, has_server) in [
                (Retry::Backoff, false),
                (Retry::After(delay), false),
                (Retry::Backoff, true),
            ] {
                let attempts = attempts_in_a_second(delay, retry, has_server);
                assert!(
                    (50..=101).contains(&attempts),
                    "{attempts} with {delay:?} and {retry:?}, with a server: {has_server}"
                );
            }
        }
    });
}

/// A handler that takes a second for each message, and sends the peer two that are too long to be
/// read at once.
struct Slow(Clock);

impl Slow {
    fn long_message() -> MessageInd {
        message("x".repeat(200_000))
    }
}

impl ChatClientHandler for Slow {
    async fn on_connected(&mut self, client: &ChatClient) {
        client.send(Self::long_message());
        client.send(Self::long_message());
    }

    async fn on_message_ind(&mut self, _: &ChatClient, _: MessageInd) {
        self.0.sleep(SECOND).await;
    }
}

impl ChatServerHandler for Slow {
    async fn on_client_connected(&mut self, client: &ChatServerClient) {
        client.send(Self::long_message());
        client.send(Self::long_message());
    }

    async fn on_message_ind(&mut self, _: &ChatServerClient, _: MessageInd) {
        self.0.sleep(SECOND).await;
    }
}

/// Runs two sides for ten simulated seconds. Both have busy handlers, and have paused reading in the
/// middle of a message.
fn play_slowly(client: Client, server: Server) {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let clock = simulation.clock();
        let server = server.max_unhandled_bytes(1).runtime(&simulation);
        let server = server.start(move |_| Slow(clock.clone())).await.unwrap();
        let client = client.max_unhandled_bytes(1).runtime(&simulation);
        let client = client.start(Slow(simulation.clock())).unwrap();
        simulation.sleep(10 * SECOND).await;
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn sides_that_have_paused_reading_do_not_spin() {
    in_time(|| {
        for time in [Duration::ZERO, NANOSECOND] {
            play_slowly(client().keep_alive_interval(time), server());
            play_slowly(client().message_timeout(time), server());
            play_slowly(client(), server().keep_alive_timeout(time));
            play_slowly(client(), server().message_timeout(time));
        }
    });
}

// --- Settings that depend on each other ---

/// Sends a message of some kilobytes each way, and returns the results of the client and the server.
fn send_long(client: Client, server: Server) -> [Result<(), SendError>; 2] {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect_with(&simulation, server, client).await;
        let long = message("x".repeat(5_000));
        let from_client = pair.client.try_send(long.clone());
        let from_server = pair.server.clients()[0].try_send(long);
        pair.stop().await;
        [from_client, from_server]
    })
}

fn is_above_100(result: &Result<(), SendError>) -> bool {
    matches!(result, Err(SendError::MessageTooBig { limit: 100, .. }))
}

#[test]
fn the_limit_of_sent_messages_does_not_depend_on_the_order_of_setters() {
    let client_sizes: [fn(Client) -> Client; 2] = [
        |it| it.max_message_size(10_000).max_sent_message_size(100),
        |it| it.max_sent_message_size(100).max_message_size(10_000),
    ];
    let server_sizes: [fn(Server) -> Server; 2] = [
        |it| it.max_message_size(10_000).max_sent_message_size(100),
        |it| it.max_sent_message_size(100).max_message_size(10_000),
    ];
    for (of_client, of_server) in client_sizes.iter().zip(server_sizes) {
        let [from_client, from_server] = send_long(of_client(client()), server());
        assert!(is_above_100(&from_client), "{from_client:?}");
        assert_eq!(from_server, Ok(()));
        let [from_client, from_server] = send_long(client(), of_server(server()));
        assert_eq!(from_client, Ok(()));
        assert!(is_above_100(&from_server), "{from_server:?}");
    }
}
