//! The server, as a process of its own.
//!
//! It reports `listening <port>`, `connected`, `disconnected <reason> <milliseconds since connected>`
//! and `log <line>`. `broadcast <count> <size>` sends so many numbered messages with texts of that size
//! to everyone, at the pace of those who have joined, and reports `sent`; `pace <count> <size>
//! <burst> <milliseconds>` does so whoever reads them, with a rest after each burst.
//! `ignored`, `lines` and `clients` report how many messages were ignored, how many lines logged, and
//! how many clients are there.
//!
//! `stop` and `drain <milliseconds>` report `stopped` and `drained` when they are done.
//! `disconnect_all` disconnects all clients. `hold` reports `holding`, and callbacks for clients that
//! connect later never return. `fill` sends the smallest message to each client until none of them may
//! be sent more, and reports `filled`. `host <count>` starts clients in this process, to which the
//! server streams, and reports `hosting`; `dismiss` stops them and reports `dismissed`. `tls` starts a
//! second server, with TLS, and reports its port.
//!
//! The user of a message says what becomes of it: one of `quiet` is passed over, one of `stream` is
//! answered without end, others are sent back. A request of `slow …` is answered after 2 ms.

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
use messi::{DisconnectReason, Overflow, ServerBuilder};

use crate::events::LIMIT;
use crate::form::slack;
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

    /// Starts a second server in the same process, with TLS, and gives its port.
    pub(crate) fn start_tls(&mut self) -> u16 {
        u16::try_from(self.ask("tls")).expect("is a port")
    }

    /// Gives a command, and waits for what it reports when it is done. That may take this limit,
    /// and a little more.
    pub(crate) fn expect_within(&mut self, limit: Duration, command: &str, done: &str) {
        let begin = Instant::now();
        self.process.command(command);
        self.wait_within(limit, begin, command, done);
        println!("{command}: {:?}", begin.elapsed());
    }

    /// Waits until everyone is disconnected for this reason, after a command that disconnects them.
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
    task::block_on(start).expect("any port will do")
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
        "max_total_received_bytes" => builder.max_total_received_bytes(size),
        "message_timeout" => builder.message_timeout(time),
        "drop_newest" => builder.overflow(Overflow::DropNewest),
        _ => panic!("no setting {name:?}"),
    }
}

/// What is in the process beside the server.
#[derive(Default)]
struct Others {
    clients: Vec<ChatClient>,
    encrypted: Option<ChatServer>,
}

fn obey(command: &str, server: &ChatServer, joined: &Joined, others: &mut Others) {
    let words: Vec<&str> = command.split(' ').collect();
    let number = |text: &str| text.parse().expect("is a number");
    match words[..] {
        ["broadcast", count, size] => {
            let all = broadcast(server.clone(), joined.clone(), number(count), number(size));
            thread::spawn(|| task::block_on(all));
        }
        ["pace", count, size, burst, millis] => {
            let server = server.clone();
            let (count, size, burst) = (number(count), number(size), number(burst));
            let rest = Duration::from_millis(millis.parse().expect("is a number"));
            thread::spawn(move || pace(&server, count, size, (burst, rest)));
        }
        ["stop"] => {
            let server = server.clone();
            report("stopped", async move { server.stop().await });
        }
        ["drain", millis] => {
            let limit = Duration::from_millis(millis.parse().expect("is a number"));
            let server = server.clone();
            report("drained", async move { server.drain(limit).await });
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

/// Those who have asked to join, in whose pace broadcasts are made.
type Joined = Arc<Mutex<Vec<ChatServerClient>>>;

async fn broadcast(server: ChatServer, joined: Joined, count: usize, size: usize) {
    let clients = joined.lock().expect("no panic is expected").clone();
    for number in 0..count {
        for client in &clients {
            // One that has left holds nobody up.
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

/// Broadcasts so many at once, with a rest before the next ones. What is late is not caught up with,
/// so that the rate is never above that.
fn pace(server: &ChatServer, count: usize, size: usize, (burst, rest): (usize, Duration)) {
    for number in 0..count {
        server.broadcast(numbered(number, size));
        if (number + 1).is_multiple_of(burst) {
            thread::sleep(rest);
        }
    }
    println!("sent");
}

/// Reports the end of something that takes a while, during which commands are obeyed.
fn report(done: &'static str, what: impl Future<Output = ()> + Send + 'static) {
    thread::spawn(move || {
        task::block_on(what);
        println!("{done}");
    });
}

/// Sends to each client until nothing more may be sent to any of them.
fn fill(server: &ChatServer) {
    let mut clients = server.clients();
    while !clients.is_empty() {
        clients.retain(|client| (0..1_000).all(|_| client.try_send(ConnectRsp {}).is_ok()));
    }
    println!("filled");
}

/// Whether callbacks for clients that connect never return.
static HOLDS: AtomicBool = AtomicBool::new(false);

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

    async fn on_connect_req(&mut self, client: &ChatServerClient, request: ConnectReq) {
        if request.user.starts_with("slow") {
            // That is how long it takes to answer.
            task::sleep(Duration::from_millis(2)).await;
        }
        self.joined
            .lock()
            .expect("no panic is expected")
            .push(client.clone());
        client.reply(ConnectRsp {});
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        match &*message.user {
            "quiet" => {}
            "stream" => stream(client).await,
            _ => client.reply(message),
        }
    }
}

/// Sends messages for as long as there is a connection.
async fn stream(client: &ChatServerClient) {
    let message = numbered(0, 10_000);
    while client.ready().await.is_ok() {
        client.send(message.clone());
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
