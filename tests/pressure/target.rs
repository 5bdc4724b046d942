//! The server, as a process of its own.
//!
//! It reports `listening <port>`, `connected`, `disconnected <reason> <milliseconds since connected>`
//! and `log <line>`. `broadcast <count> <size>` sends so many numbered messages with texts of that size
//! to everyone, at the pace of those who have joined, and reports `sent`. `ignored`, `lines` and
//! `clients` report how many messages were ignored, how many lines logged, and how many clients are
//! there. Messages are sent back to their senders.

use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, thread};

use async_std::task;
use log::{LevelFilter, Log, Metadata, Record};
use messi::{DisconnectReason, Overflow, ServerBuilder};

use crate::events::LIMIT;
use crate::process::Process;

pub(crate) mod chat {
    messi::protocol!("../../examples/chat/chat.proto");
}

use chat::*;

/// The first argument of the server. Its settings follow, each as `<method>=<value>`.
const TARGET: &str = "--target";

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) process: Process,
    pub(crate) port: u16,
}

impl Target {
    /// Starts a server. Settings are methods of its builder, times in milliseconds.
    pub(crate) fn start(settings: &[(&str, u64)]) -> Self {
        Self::start_with(Command::new(this()), settings)
    }

    /// The same with so many descriptors.
    pub(crate) fn start_limited(descriptors: usize, settings: &[(&str, u64)]) -> Self {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"");
        command.args(["-c", &script]).arg(this());
        Self::start_with(command, settings)
    }

    fn start_with(mut command: Command, settings: &[(&str, u64)]) -> Self {
        command.arg(TARGET);
        command.args(
            settings
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        );
        let mut process = Process::start("the server", &mut command);
        let port = process.events().expect_kind("listening");
        Self {
            process,
            port: port.parse().expect("is a port"),
        }
    }

    /// Waits until so many have connected.
    pub(crate) fn expect_connected(&mut self, count: usize) {
        for _ in 0..count {
            self.process.events().wait_for_kind("connected");
        }
    }

    /// Waits for the next end of a connection, and gives how long that was there. The reason must
    /// be this one.
    pub(crate) fn expect_disconnected(&mut self, reason: &str) -> Duration {
        let event = self.process.events().wait_for_kind("disconnected");
        let (found, millis) = event.rsplit_once(' ').expect("has two parts");
        assert_eq!(found, reason);
        Duration::from_millis(millis.parse().expect("is a number"))
    }

    /// How many messages came that no callback is for.
    pub(crate) fn ignored_messages(&mut self) -> u64 {
        self.ask("ignored")
    }

    /// How many lines it has logged.
    pub(crate) fn log_lines(&mut self) -> u64 {
        self.ask("lines")
    }

    /// Waits until no client is connected.
    pub(crate) fn wait_until_alone(&mut self) {
        let begin = Instant::now();
        while self.ask("clients") > 0 {
            assert!(begin.elapsed() < LIMIT, "clients are still there");
        }
    }

    fn ask(&mut self, what: &str) -> u64 {
        self.process.command(what);
        let number = self.process.events().wait_for_kind(what);
        number.parse().expect("is a number")
    }
}

fn this() -> std::path::PathBuf {
    env::current_exe().expect("the path of a running program is known")
}

/// Runs the server, if this process was started as one.
pub(crate) fn run_if_asked() -> bool {
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() != Some(TARGET) {
        return false;
    }
    log::set_logger(&Printer).expect("is set once");
    log::set_max_level(LevelFilter::Warn);
    let builder = arguments.fold(ChatServer::builder("tcp://127.0.0.1:0"), set);
    let joined = Joined::default();
    let guests = joined.clone();
    let start = builder.start(move |_| Guest::new(guests.clone()));
    let server = task::block_on(start).expect("any port will do");
    println!("listening {}", server.local_addr().port().unwrap());
    for line in io::stdin().lines().map_while(Result::ok) {
        obey(&line, &server, &joined);
    }
    true
}

fn set(builder: ServerBuilder<Chat>, setting: String) -> ServerBuilder<Chat> {
    let (name, value) = setting.split_once('=').expect("has two parts");
    let value: u64 = value.parse().expect("is a number");
    let time = Duration::from_millis(value);
    let size = usize::try_from(value).expect("fits");
    match name {
        "keep_alive_timeout" => builder.keep_alive_timeout(time),
        "max_clients" => builder.max_clients(size),
        "max_message_size" => builder.max_message_size(size),
        "max_queued_bytes" => builder.max_queued_bytes(size),
        "max_total_queued_bytes" => builder.max_total_queued_bytes(size),
        "message_timeout" => builder.message_timeout(time),
        "drop_newest" => builder.overflow(Overflow::DropNewest),
        _ => panic!("no setting {name:?}"),
    }
}

fn obey(command: &str, server: &ChatServer, joined: &Joined) {
    let words: Vec<&str> = command.split(' ').collect();
    match words[..] {
        ["broadcast", count, size] => {
            let number = |text: &str| text.parse().expect("is a number");
            let all = broadcast(server.clone(), joined.clone(), number(count), number(size));
            thread::spawn(|| task::block_on(all));
        }
        ["ignored"] => println!("ignored {}", server.stats().total.ignored_messages),
        ["clients"] => println!("clients {}", server.clients().len()),
        ["lines"] => println!("lines {}", LINES.load(Ordering::Relaxed)),
        _ => panic!("no command {command:?}"),
    }
}

/// Those who have asked to join, in whose pace broadcasts are made.
type Joined = Arc<Mutex<Vec<ChatServerClient>>>;

async fn broadcast(server: ChatServer, joined: Joined, count: usize, size: usize) {
    let clients = joined.lock().expect("no panic is expected").clone();
    for number in 0..count {
        for client in &clients {
            // One that has left holds nobody up.
            let _ = client.ready().await;
        }
        server.broadcast(MessageInd {
            user: number.to_string(),
            text: "x".repeat(size),
        });
    }
    println!("sent");
}

/// One connection.
struct Guest {
    since: Instant,
    joined: Joined,
}

impl Guest {
    fn new(joined: Joined) -> Self {
        Self {
            since: Instant::now(),
            joined,
        }
    }
}

impl ChatServerHandler for Guest {
    async fn on_client_connected(&mut self, _: &ChatServerClient) {
        println!("connected");
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        println!(
            "disconnected {reason:?} {}",
            self.since.elapsed().as_millis()
        );
    }

    async fn on_connect_req(&mut self, client: &ChatServerClient, _: ConnectReq) {
        self.joined
            .lock()
            .expect("no panic is expected")
            .push(client.clone());
        client.reply(ConnectRsp {});
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.reply(message);
    }
}

/// Lines logged so far.
static LINES: AtomicU64 = AtomicU64::new(0);

/// Reports the lines of the log.
struct Printer;

impl Log for Printer {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        LINES.fetch_add(1, Ordering::Relaxed);
        println!("log {}", record.args());
    }

    fn flush(&self) {}
}
