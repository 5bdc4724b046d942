//! The context switches of a server: how often its threads are woken.
//!
//! An executor that wakes a second thread for each message costs twice the switches, which is most of the cost of a
//! round trip where processors are busy. The figure hardly depends on the machine or its load: a thread that is
//! interrupted has not waited, and is not counted.

use std::fs;
use std::sync::mpsc::{self, Receiver, Sender};

use futures::executor::block_on;
use messi::Runtime;

use crate::flow::proto::{
    FlowClient, FlowClientHandler, FlowServer, FlowServerClient, FlowServerHandler, Numbered,
};
use crate::process::Process;
use crate::{Test, peer, port, runtime};

pub(crate) const TESTS: &[Test] = &[
    (
        "switches::a_server_on_the_threads_of_messi_is_woken_once_for_each_message",
        || is_woken_once_for_each_message(MESSI),
    ),
    (
        "switches::a_server_on_tokio_is_woken_once_for_each_message",
        || is_woken_once_for_each_message(TOKIO),
    ),
];

/// The threads that clients and servers have by default.
const MESSI: &str = "messi";
const TOKIO: &str = "tokio";

/// The number of round trips of a measurement.
const ROUND_TRIPS: u64 = 10_000;

/// The maximum number of switches for each message: one, and some for timers and pings.
const LIMIT: f64 = 1.1;

/// The number of measurements, of which one must be within the limit. Other work of the server's threads, such
/// as the start of the runtime, may be in the first.
const ATTEMPTS: usize = 3;

fn is_woken_once_for_each_message(runtime: &str) {
    let port = port::free();
    let server = peer::echo(port, runtime);
    let requester = Requester::start(port);
    let mut attempts = Vec::new();
    while attempts.len() < ATTEMPTS {
        let switches = switches_per_message(&server, &requester);
        if switches <= LIMIT {
            return;
        }
        attempts.push(switches);
    }
    panic!("the server's threads were woken more often than {LIMIT} times a message: {attempts:?}");
}

/// Returns how often the server has waited for each message.
fn switches_per_message(server: &Process, requester: &Requester) -> f64 {
    let before = voluntary_switches(server.id());
    requester.run();
    let switches = voluntary_switches(server.id()) - before;
    switches as f64 / ROUND_TRIPS as f64
}

/// Returns how often the threads of a process have waited for something.
fn voluntary_switches(process: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process runs");
    let switches = threads.flatten().filter_map(|thread| {
        // An error means that the thread has ended in the meantime.
        let status = fs::read_to_string(thread.path().join("status")).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        let count = line.expect("Linux counts switches").trim();
        Some(count.parse::<u64>().expect("a number"))
    });
    switches.sum()
}

/// A client that sends the next number when it has received the one before.
struct Requester {
    client: FlowClient,
    ended: Receiver<()>,
}

impl Requester {
    fn start(port: u16) -> Self {
        let (end, ended) = mpsc::channel();
        let client = FlowClient::builder(port::uri(port)).start(Requests { end });
        let client = client.expect("a valid URI");
        block_on(client.connected()).expect("the server listens");
        Self { client, ended }
    }

    /// Makes all round trips, one at a time.
    fn run(&self) {
        self.client.send(numbered(1));
        self.ended.recv().expect("the connection is kept");
    }
}

struct Requests {
    end: Sender<()>,
}

impl FlowClientHandler for Requests {
    async fn on_numbered(&mut self, client: &FlowClient, message: Numbered) {
        if message.number < ROUND_TRIPS {
            client.send(numbered(message.number + 1));
        } else {
            // Fails if the test has failed.
            let _ = self.end.send(());
        }
    }
}

fn numbered(number: u64) -> Numbered {
    Numbered {
        number,
        padding: Vec::new(),
    }
}

/// A server that sends each message back.
#[derive(Debug)]
pub(crate) struct Echo {
    _server: FlowServer,
}

impl Echo {
    pub(crate) fn start(port: u16, runtime: &str) -> Self {
        let runtime = match runtime {
            MESSI => Runtime::smol(),
            TOKIO => runtime::tokio(),
            other => panic!("unknown runtime {other}"),
        };
        let server = port::when_free(|| {
            let builder = FlowServer::builder(port::uri(port)).runtime(runtime.clone());
            block_on(builder.start(|_| Replies))
        });
        Self { _server: server }
    }
}

struct Replies;

impl FlowServerHandler for Replies {
    async fn on_numbered(&mut self, client: &FlowServerClient, message: Numbered) {
        client.send(message);
    }
}
