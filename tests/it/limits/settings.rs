//! Every setting at its extremes, in simulated time: clients and servers do not panic, hang or spin.

use std::fmt::Debug;
use std::fs;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::common::chat::*;
use crate::common::simulated::{Pair, ROOM};
use crate::common::*;
use messi::cluster::{Cluster, Memory, Presence};
use messi::testing::{Clock, Simulation};
use messi::{
    ClientBuilder, ConnectError, Overflow, Retry, SendError, ServerBuilder, Session, Sessions,
};

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

const SIZES_OF_CLIENTS: [Setting<Client, usize>; 7] = [
    ("session, window", ALL, |it, size| {
        it.session(Session::default().window(size))
    }),
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

const TIMES_OF_CLIENTS: [Setting<Client, Duration>; 12] = [
    ("session, failover_after", ALL, |it, time| {
        it.session(Session::default().failover_after(time))
    }),
    ("keep_alive_interval", ALL, |it, time| {
        it.keep_alive_interval(time)
    }),
    ("keep_alive_timeout", ALL, |it, time| {
        it.keep_alive_timeout(time)
    }),
    ("connect_timeout", ALL, |it, time| it.connect_timeout(time)),
    ("reconnect_delay, min", ALL, |it, time| {
        it.reconnect_delay(time, SECOND)
    }),
    ("reconnect_delay, max", ALL, |it, time| {
        it.reconnect_delay(SECOND, time)
    }),
    ("stable_after", ALL, |it, time| it.stable_after(time)),
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

const SIZES_OF_SERVERS: [Setting<Server, usize>; 16] = [
    ("sessions, window", ALL, |it, size| {
        it.sessions(Sessions::default().window(size))
    }),
    ("sessions, max_interrupted", ALL, |it, count| {
        it.sessions(Sessions::default().max_interrupted(count))
    }),
    ("sessions, remembered_ends", ALL, |it, count| {
        it.sessions(Sessions::default().remembered_ends(count, HOUR))
    }),
    ("cluster, max_queued_bytes", ALL, |it, size| {
        it.cluster(Cluster::new(Memory::new()).max_queued_bytes(size))
    }),
    ("cluster, presence, max_members", ALL, |it, count| {
        let presence = Presence::of(|_| true).max_members(count);
        it.cluster(Cluster::new(Memory::new()).presence(presence))
    }),
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
    ("max_topics_per_client", ALL, |it, count| {
        it.max_topics_per_client(count)
    }),
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

const TIMES_OF_SERVERS: [Setting<Server, Duration>; 9] = [
    ("sessions, remembered_ends, time", ALL, |it, time| {
        it.sessions(Sessions::default().remembered_ends(10, time))
    }),
    ("sessions, lifetime", ALL, |it, time| {
        it.sessions(Sessions::default().lifetime(time))
    }),
    ("sessions, silent_client", ALL, |it, time| {
        it.sessions(Sessions::default().silent_client(time))
    }),
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

#[test]
fn a_request_works_with_its_own_timeout_at_its_extremes() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect(&simulation).await;
        for (limit, has_response) in TIMES.into_iter().zip([false, true, true]) {
            let request = pair.client.connect_req(ConnectReq::default());
            let response = request.timeout(limit).await;
            assert_eq!(response.is_ok(), has_response, "{limit:?}: {response:?}");
        }
        pair.stop().await;
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

// --- All settings together ---

/// The setters with values that have no extremes. A URI or a network that is not valid is an error.
const OTHER_SETTERS: [&str; 5] = [
    "alternative_uri",
    "overflow",
    "proxy_protocol",
    "runtime",
    "tls",
];

/// Returns the name of the setter of a setting such as `reconnect_delay, min`.
fn setter(setting: &'static str) -> &'static str {
    setting.split(',').next().unwrap_or_default()
}

/// Returns the setters in the source of a builder, and those that both builders have.
fn setters_in(source: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("messi-core/src");
    let sources = [source, "builder.rs"].map(|it| fs::read_to_string(root.join(it)).unwrap());
    let lines = sources.iter().flat_map(|source| source.lines());
    let methods = lines.filter_map(|line| line.trim().strip_prefix("pub fn "));
    let setters = methods.filter_map(|method| method.split_once("(mut self"));
    setters.map(|(name, _)| name.into()).collect()
}

#[test]
fn the_tables_of_settings_have_every_setter() {
    let (sizes, times) = (
        SIZES_OF_CLIENTS.map(|it| it.0),
        TIMES_OF_CLIENTS.map(|it| it.0),
    );
    let of_clients = [&sizes[..], &times[..]].concat();
    let (sizes, times) = (
        SIZES_OF_SERVERS.map(|it| it.0),
        TIMES_OF_SERVERS.map(|it| it.0),
    );
    let of_servers = [&sizes[..], &times[..]].concat();
    for (source, table) in [
        ("client/builder.rs", of_clients),
        ("server/builder.rs", of_servers),
    ] {
        let setters = setters_in(source);
        assert!(setters.len() > 10, "{source}: {setters:?}");
        for name in setters {
            let is_listed = table.iter().any(|setting| setter(setting) == name);
            assert!(
                is_listed || OTHER_SETTERS.contains(&name.as_str()),
                "{name} of {source} is in no table of this file"
            );
        }
    }
}

/// A setting with a value.
type Change<B> = (&'static str, Box<dyn Fn(B) -> B>);

/// Returns each setting with each of its values.
fn changes<B: 'static>(
    sizes: &[Setting<B, usize>],
    times: &[Setting<B, Duration>],
    overflow: fn(B, Overflow) -> B,
) -> Vec<Change<B>> {
    let mut changes: Vec<Change<B>> = Vec::new();
    for &(name, _, set) in sizes {
        changes.extend(SIZES.map(|size| (name, Box::new(move |it| set(it, size)) as _)));
    }
    for &(name, _, set) in times {
        changes.extend(TIMES.map(|time| (name, Box::new(move |it| set(it, time)) as _)));
    }
    for policy in [Overflow::DropNewest, Overflow::DropOldest] {
        changes.push(("overflow", Box::new(move |it| overflow(it, policy))));
    }
    changes
}

fn assert_order_does_not_matter<B: Debug>(builder: fn() -> B, changes: &[Change<B>]) {
    for (first, set_first) in changes {
        for (second, set_second) in changes {
            // Of two calls of one setter, the last counts.
            if setter(first) != setter(second) {
                let one_way = set_second(set_first(builder()));
                let other_way = set_first(set_second(builder()));
                let (one_way, other_way) = (format!("{one_way:?}"), format!("{other_way:?}"));
                assert_eq!(one_way, other_way, "{first} and {second}");
            }
        }
    }
}

#[test]
fn the_order_of_setters_does_not_matter() {
    let of_clients = changes(&SIZES_OF_CLIENTS, &TIMES_OF_CLIENTS, Client::overflow);
    assert_order_does_not_matter(client, &of_clients);
    let of_servers = changes(&SIZES_OF_SERVERS, &TIMES_OF_SERVERS, Server::overflow);
    assert_order_does_not_matter(server, &of_servers);
}

#[test]
fn a_uri_that_is_not_valid_is_an_error_that_names_it() {
    let (reporter, _events) = reporter();
    let builder = client()
        .alternative_uri("tcp://two")
        .alternative_uri("three");
    let error = builder.start(reporter.clone()).unwrap_err().to_string();
    assert!(error.contains("'tcp://two': no port"), "{error}");
    let error = run(ChatServer::builder("tcp://one").start(move |_| reporter.clone())).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("'tcp://one': no port"), "{error}");
}

// --- Settings that depend on each other ---

/// Sends a message of some kilobytes each way, and returns the results of the client and the server.
fn send_long(client: Client, server: Server) -> [Result<(), SendError>; 2] {
    let simulation = Simulation::new(1);
    simulation.run(async {
        let pair = Pair::connect_with(&simulation, server, client).await;
        let long = message("x".repeat(5_000));
        let from_client = pair.client.try_send(long.clone()).map_err(SendError::from);
        let from_server = pair.server.clients()[0]
            .try_send(long)
            .map_err(SendError::from);
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
