//! The server in a process of its own.
//!
//! It reports `listening <port>`, `connected`, `disconnected <reason> <milliseconds since connected>`
//! and `log <line>`. `broadcast <count> <size>` sends `count` numbered messages with texts of `size`
//! bytes to all clients, at the pace of those that have joined, and reports `sent`. `pace <count> <size>
//! <burst> <milliseconds>` sends them at a fixed pace, with a pause after each burst.
//! `ignored`, `lines` and `clients` report the numbers of ignored messages, logged lines, and connected
//! clients.
//!
//! `stop` and `drain <milliseconds>` report `stopped` and `drained` when they are done.
//! `disconnect_all` disconnects all clients. `hold` reports `holding`, and callbacks for clients that
//! connect later never return. `fill` sends the smallest message to each client until all queues are
//! full, and reports `filled`. `host <count>` starts clients in this process, to which the server
//! streams, and reports `hosting`; `dismiss` stops them and reports `dismissed`. `tls` starts a second
//! server, with TLS, and reports its port.
//!
//! The user of a message is a command: `quiet` has no effect, `stream` starts a stream of messages
//! without end, and messages of other users are sent back. A request of the user `slow …` gets its
//! response after 2 ms.

mod encrypted;
mod hosted;

use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, mem, thread};

use async_std::task;
use futures::future;
use log::{LevelFilter, Log, Metadata, Record};
use messi::{DisconnectReason, Overflow, Reply, ServerBuilder};

use crate::events::LIMIT;
use crate::form::slack;
use crate::process::Process;

pub(crate) mod chat {
    messi::protocol!("../../examples/chat/chat.proto");
}

use chat::*;

/// The first argument of the server, followed by its settings, each as `<method>=<value>`.
const TARGET: &str = "--target";

/// A running server. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) process: Process,
    pub(crate) port: u16,
}

impl Target {
    /// Starts a server. Settings are methods of its builder, with times in milliseconds.
    pub(crate) fn start(settings: &[(&str, u64)]) -> Self {
        Self::start_with(Command::new(this()), settings)
    }

    /// Starts a server with a limited number of descriptors.
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
            port: port.parse().expect("a port"),
        }
    }

    /// Waits until `count` clients have connected.
    pub(crate) fn expect_connected(&mut self, count: usize) {
        for _ in 0..count {
            self.process.events().wait_for_kind("connected");
        }
    }

    /// Waits until a connection ends, checks the reason, and returns its duration.
    pub(crate) fn expect_disconnected(&mut self, reason: &str) -> Duration {
        let event = self.process.events().wait_for_kind("disconnected");
        let (found, millis) = event.rsplit_once(' ').expect("two parts");
        assert_eq!(found, reason);
        Duration::from_millis(millis.parse().expect("a number"))
    }

    /// Returns the number of ignored messages.
    pub(crate) fn ignored_messages(&mut self) -> u64 {
        self.ask("ignored")
    }

    /// Returns the number of logged lines.
    pub(crate) fn log_lines(&mut self) -> u64 {
        self.ask("lines")
    }

    /// Waits until no client is connected.
    pub(crate) fn wait_until_alone(&mut self) {
        let begin = Instant::now();
        while self.ask("clients") > 0 {
            assert!(begin.elapsed() < LIMIT, "clients are still connected");
        }
    }

    /// Starts a second server in the same process, with TLS, and returns its port.
    pub(crate) fn start_tls(&mut self) -> u16 {
        u16::try_from(self.ask("tls")).expect("a port")
    }

    /// Sends a command, and waits for its last event, up to a time limit and some slack.
    pub(crate) fn expect_within(&mut self, limit: Duration, command: &str, done: &str) {
        let begin = Instant::now();
        self.process.command(command);
        self.wait_within(limit, begin, command, done);
        println!("{command}: {:?}", begin.elapsed());
    }

    /// Sends a command that disconnects all clients, waits until they are, and checks the reasons.
    pub(crate) fn expect_all_disconnected_within(
        &mut self,
        limit: Duration,
        command: &str,
        (reason, count): (&str, usize),
    ) {
        let begin = Instant::now();
        self.process.command(command);
        for _ in 0..count {
            let event = self.wait_within(limit, begin, command, "disconnected");
            assert!(event.starts_with(reason), "{command}: {event}");
        }
        println!("{command}: {:?}", begin.elapsed());
    }

    fn wait_within(
        &mut self,
        limit: Duration,
        begin: Instant,
        command: &str,
        kind: &str,
    ) -> String {
        let left = (limit + slack()).saturating_sub(begin.elapsed());
        let events = self.process.events();
        match events.find_within(left, kind) {
            Some(event) => event,
            None => {
                let elapsed = begin.elapsed();
                events.fail(&format!(
                    "'{command}' may take {limit:?}, and there is no '{kind}' after {elapsed:?}"
                ))
            }
        }
    }

    fn ask(&mut self, command: &str) -> u64 {
        self.process.command(command);
        let number = self.process.events().wait_for_kind(command);
        number.parse().expect("a number")
    }
}

fn this() -> std::path::PathBuf {
    env::current_exe().expect("the path of this program")
}

/// Runs the server if this process was started as one, and returns whether it was.
pub(crate) fn run_if_asked() -> bool {
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() != Some(TARGET) {
        return false;
    }
    log::set_logger(&Printer).expect("the first logger");
    log::set_max_level(LevelFilter::Warn);
    let builder = arguments.fold(ChatServer::builder("tcp://127.0.0.1:0"), set);
    let joined = Joined::default();
    let server = start(builder, &joined);
    println!("listening {}", server.local_addr().port().unwrap());
    let mut others = Others::default();
    for line in io::stdin().lines().map_while(Result::ok) {
        obey(&line, &server, &joined, &mut others);
    }
    true
}

fn start(builder: ServerBuilder<Chat>, joined: &Joined) -> ChatServer {
    let guests = joined.clone();
    let start = builder.start(move |_| Guest::new(guests.clone()));
    task::block_on(start).expect("a free port")
}

fn set(builder: ServerBuilder<Chat>, setting: String) -> ServerBuilder<Chat> {
    let (name, value) = setting.split_once('=').expect("two parts");
    let value: u64 = value.parse().expect("a number");
    let time = Duration::from_millis(value);
    let size = usize::try_from(value).expect("fits");
    match name {
        "keep_alive_timeout" => builder.keep_alive_timeout(time),
        "max_clients" => builder.max_clients(size),
        "max_message_size" => builder.max_message_size(size),
        "max_queued_bytes" => builder.max_queued_bytes(size),
        "max_total_queued_bytes" => builder.max_total_queued_bytes(size),
        "max_total_received_bytes" => builder.max_total_received_bytes(size),
        "message_timeout" => builder.message_timeout(time),
        "drop_newest" => builder.overflow(Overflow::DropNewest),
        _ => panic!("no setting {name:?}"),
    }
}

/// Other parts of the server's process.
#[derive(Default)]
struct Others {
    clients: Vec<ChatClient>,
    encrypted: Option<ChatServer>,
}

fn obey(command: &str, server: &ChatServer, joined: &Joined, others: &mut Others) {
    let words: Vec<&str> = command.split(' ').collect();
    let number = |text: &str| text.parse().expect("a number");
    match words[..] {
        ["broadcast", count, size] => {
            let all = broadcast(server.clone(), joined.clone(), number(count), number(size));
            thread::spawn(|| task::block_on(all));
        }
        ["pace", count, size, burst, millis] => {
            let server = server.clone();
            let (count, size, burst) = (number(count), number(size), number(burst));
            let rest = Duration::from_millis(millis.parse().expect("a number"));
            thread::spawn(move || pace(&server, count, size, (burst, rest)));
        }
        ["stop"] => {
            let server = server.clone();
            report("stopped", async move { _ = server.stop().await });
        }
        ["drain", millis] => {
            let limit = Duration::from_millis(millis.parse().expect("a number"));
            let server = server.clone();
            report("drained", async move { _ = server.drain(limit).await });
        }
        ["disconnect_all"] => server
            .clients()
            .iter()
            .for_each(ChatServerClient::disconnect),
        ["hold"] => {
            HOLDS.store(true, Ordering::Relaxed);
            println!("holding");
        }
        ["fill"] => fill(server),
        ["host", count] => {
            others.clients = hosted::start(server, number(count));
            println!("hosting");
        }
        ["dismiss"] => report("dismissed", hosted::stop(mem::take(&mut others.clients))),
        ["tls"] => {
            let server = start(encrypted::builder(), joined);
            println!("tls {}", server.local_addr().port().unwrap());
            others.encrypted = Some(server);
        }
        ["ignored"] => println!("ignored {}", server.stats().total.ignored_messages),
        ["clients"] => println!("clients {}", server.clients().len()),
        ["lines"] => println!("lines {}", LINES.load(Ordering::Relaxed)),
        _ => panic!("no command {command:?}"),
    }
}

/// The clients that have joined. Broadcasts wait for them.
type Joined = Arc<Mutex<Vec<ChatServerClient>>>;

async fn broadcast(server: ChatServer, joined: Joined, count: usize, size: usize) {
    let clients = joined.lock().expect("a lock without a panic").clone();
    for number in 0..count {
        for client in &clients {
            // Fails if the client has disconnected.
            let _ = client.ready().await;
        }
        server.broadcast(numbered(number, size));
    }
    println!("sent");
}

fn numbered(number: usize, size: usize) -> MessageInd {
    MessageInd {
        user: number.to_string(),
        text: "x".repeat(size),
    }
}

/// Broadcasts messages in bursts with pauses. Delays are not made up for, so that the rate is never
/// higher.
fn pace(server: &ChatServer, count: usize, size: usize, (burst, rest): (usize, Duration)) {
    for number in 0..count {
        server.broadcast(numbered(number, size));
        if (number + 1).is_multiple_of(burst) {
            thread::sleep(rest);
        }
    }
    println!("sent");
}

/// Runs a task, and reports its end. The server takes commands meanwhile.
fn report(done: &'static str, task: impl Future<Output = ()> + Send + 'static) {
    thread::spawn(move || {
        task::block_on(task);
        println!("{done}");
    });
}

/// Sends messages to each client until all queues are full.
fn fill(server: &ChatServer) {
    let mut clients = server.clients();
    while !clients.is_empty() {
        clients.retain(|client| (0..1_000).all(|_| client.try_send(ConnectRsp {}).is_ok()));
    }
    println!("filled");
}

/// Whether `on_client_connected` never returns.
static HOLDS: AtomicBool = AtomicBool::new(false);

/// The handler of one connection.
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
        if HOLDS.load(Ordering::Relaxed) {
            future::pending().await
        }
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        println!(
            "disconnected {reason:?} {}",
            self.since.elapsed().as_millis()
        );
    }

    async fn on_connect_req(
        &mut self,
        client: &ChatServerClient,
        request: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        if request.user.starts_with("slow") {
            // The time that a slow response takes.
            task::sleep(Duration::from_millis(2)).await;
        }
        self.joined
            .lock()
            .expect("a lock without a panic")
            .push(client.clone());
        reply.send(ConnectRsp {});
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        match &*message.user {
            "quiet" => {}
            "stream" => stream(client).await,
            _ => client.send(message),
        }
    }
}

/// Sends messages until the connection ends.
async fn stream(client: &ChatServerClient) {
    let message = numbered(0, 10_000);
    while client.ready().await.is_ok() {
        client.send(message.clone());
    }
}

/// The number of logged lines.
static LINES: AtomicU64 = AtomicU64::new(0);

/// A logger that reports each line as an event.
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
