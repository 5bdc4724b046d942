//! The time until sessions go on after their connections are reset.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{io, thread};

use futures::executor::block_on;
use messi::{Session, Sessions};
use work::{ChildProcess, fail, resident_kib};

use crate::chat::*;

/// The number of interruptions of one session.
const INTERRUPTIONS: usize = 201;

/// The number of connections of one proxy, which needs two descriptors for each.
const CONNECTIONS_PER_PROXY: usize = 5_000;

/// The time limit of the wait for one event, longer than any delay between attempts to connect.
const LIMIT: Duration = Duration::from_secs(60);

/// The duration after which idle connections have freed their buffers, and the freed memory is returned.
const IDLE: Duration = Duration::from_secs(10);

/// Serves clients with sessions until the standard input is closed.
pub(crate) fn serve() {
    let server = ChatServer::builder("tcp://127.0.0.1:0")
        .sessions(Sessions::default())
        .max_clients(100_000);
    let server = block_on(server.start(|_| Echo)).unwrap_or_else(|error| fail(error));
    println!(
        "{}",
        server.local_addr().port().expect("it is a TCP address")
    );
    // There is no input to read.
    let _ = io::stdin().read_line(&mut String::new());
}

/// Prints the time from a reset until messages flow again.
pub(crate) fn measure_single() {
    let mut setup = Setup::start(1);
    let mut times: Vec<Duration> = (0..INTERRUPTIONS)
        .map(|_| setup.interrupt_single())
        .collect();
    times.sort();
    let ms = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!(
        "{INTERRUPTIONS} interruptions of one session: p50 {:.1} ms, p90 {:.1} ms, max {:.1} ms",
        ms(0.5),
        ms(0.9),
        ms(1.0)
    );
}

/// Prints the time until all sessions go on, and the memory before and after.
pub(crate) fn measure_many(sessions: usize) {
    let mut setup = Setup::start(sessions);
    thread::sleep(IDLE);
    let before = setup.resident();
    let begin = Instant::now();
    setup.cut();
    setup.wait(Event::Resumed, sessions);
    let time = begin.elapsed();
    thread::sleep(IDLE);
    let after = setup.resident();
    println!(
        "{sessions} sessions interrupted at once: all go on after {:.2} s; \
         resident memory of client and server before {before:?} MiB, after {after:?} MiB",
        time.as_secs_f64()
    );
}

/// Prints the memory of a server with all its sessions interrupted.
pub(crate) fn measure_away(sessions: usize) {
    let mut setup = Setup::start(sessions);
    thread::sleep(IDLE);
    let before = resident_mib(setup.server.id());
    // No client can come back without them.
    setup.proxies.clear();
    setup.wait(Event::Interrupted, sessions);
    thread::sleep(IDLE);
    let away = resident_mib(setup.server.id());
    println!(
        "{sessions} sessions interrupted: resident memory of the server with their connections {before} MiB, \
         without them {away} MiB"
    );
}

/// A server, proxies before it, and clients of these.
struct Setup {
    server: ChildProcess,
    proxies: Vec<ChildProcess>,
    clients: Vec<ChatClient>,
    events: Receiver<Event>,
}

impl Setup {
    /// Connects this number of clients, and waits until each has a session.
    fn start(clients: usize) -> Self {
        let (server, port) = ChildProcess::start(&["server"]);
        let address = format!("127.0.0.1:{port}");
        let proxies = clients.div_ceil(CONNECTIONS_PER_PROXY);
        let proxies = (0..proxies).map(|_| ChildProcess::start(&["proxy", &address]));
        let (proxies, ports): (Vec<_>, Vec<_>) = proxies.unzip();
        let (reports, events) = channel();
        let clients = (0..clients).map(|number| {
            let uri = format!("tcp://127.0.0.1:{}", ports[number % ports.len()]);
            let client = ChatClient::builder(uri).session(Session::default());
            let client = client.start(Reporter(reports.clone()));
            client.unwrap_or_else(|error| fail(error))
        });
        let clients: Vec<_> = clients.collect();
        for client in &clients {
            block_on(client.connected()).unwrap_or_else(|error| fail(error));
            // The server has granted the session before it sends the message back.
            client.send(message());
        }
        let setup = Self {
            server,
            proxies,
            clients,
            events,
        };
        setup.wait(Event::Message, setup.clients.len());
        setup
    }

    /// Resets all connections.
    fn cut(&mut self) {
        for proxy in &mut self.proxies {
            proxy.ask("cut");
        }
    }

    /// Waits for this number of events, and fails if the next one takes longer than [`LIMIT`].
    fn wait(&self, event: Event, count: usize) {
        let mut left = count;
        while left > 0 {
            let Ok(next) = self.events.recv_timeout(LIMIT) else {
                fail(format_args!("{left} of {count} clients wait in vain"));
            };
            left -= usize::from(next == event);
        }
    }

    fn interrupt_single(&mut self) -> Duration {
        let begin = Instant::now();
        self.cut();
        self.clients[0].send(message());
        self.wait(Event::Message, 1);
        begin.elapsed()
    }

    /// Returns the resident memory of the client and of the server, in MiB.
    fn resident(&self) -> [u64; 2] {
        [std::process::id(), self.server.id()].map(resident_mib)
    }
}

fn resident_mib(process: u32) -> u64 {
    resident_kib(process) / 1024
}
