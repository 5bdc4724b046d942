//! Honest clients, which check the messages that they receive.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_std::task;
use fastrand::Rng;
use messi::DisconnectReason;

use crate::events::{Events, Reporter};
use crate::target::chat::*;

/// The number of broadcast messages after which a client reports progress.
const PROGRESS: u64 = 1_000;

fn start<H: ChatClientHandler>(port: u16, handler: H) -> ChatClient {
    let builder = ChatClient::builder(format!("tcp://127.0.0.1:{port}"));
    builder.start(handler).expect("a valid URI")
}

fn stop(clients: &[ChatClient]) {
    task::block_on(async {
        for client in clients {
            client.stop().await;
        }
    });
}

/// Clients with common events.
pub(crate) struct Honest {
    pub(crate) events: Events,
    clients: Vec<ChatClient>,
}

impl Honest {
    /// Connects clients that have joined the server at a port. Each reports `complete` when it has received
    /// `messages` of a broadcast in order.
    pub(crate) fn join(port: u16, count: usize, messages: u64) -> Self {
        let (reporter, mut events) = Events::of("the honest clients");
        let listener = || Listener {
            reporter: reporter.clone(),
            expected: messages,
            received: 0,
        };
        let clients = (0..count).map(|_| start(port, listener())).collect();
        for _ in 0..count {
            events.expect("joined");
        }
        Self { events, clients }
    }

    /// Waits until all clients have received all messages.
    pub(crate) fn expect_complete(&mut self) {
        let mut complete = 0;
        while complete < self.clients.len() {
            match &*self.events.next() {
                "complete" => complete += 1,
                "progress" => {}
                other => self.events.fail(&format!("got '{other}'")),
            }
        }
    }

    /// Stops all clients.
    pub(crate) fn stop(self) {
        stop(&self.clients);
    }
}

struct Listener {
    reporter: Reporter,
    expected: u64,
    received: u64,
}

impl ChatClientHandler for Listener {
    async fn on_connected(&mut self, client: &ChatClient) {
        let user = "honest".into();
        client.send(ConnectReq { user });
    }

    async fn on_connect_rsp(&mut self, _: &ChatClient, _: ConnectRsp) {
        self.reporter.event("joined");
    }

    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        if message.user != self.received.to_string() {
            let (got, expected) = (message.user, self.received);
            self.reporter
                .event(format!("fault: got {got}, not {expected}"));
        }
        self.received += 1;
        if self.received == self.expected {
            self.reporter.event("complete");
        } else if self.received.is_multiple_of(PROGRESS) {
            self.reporter.event("progress");
        }
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.reporter.event(format!("disconnected {reason:?}"));
    }
}

/// A client that measures the round trip of one message after the other.
pub(crate) struct Caller {
    client: ChatClient,
    events: Events,
}

impl Caller {
    /// Connects the client, which then sends messages without end.
    pub(crate) fn start(port: u16) -> Self {
        let (reporter, mut events) = Events::of("the caller");
        let handler = Calls {
            reporter,
            sent: Instant::now(),
            times: Vec::new(),
        };
        let client = start(port, handler);
        events.expect("connected");
        Self { client, events }
    }

    /// Waits for `count` thousand round trips.
    pub(crate) fn expect_thousands(&mut self, count: usize) {
        for _ in 0..count {
            self.events.expect("thousand");
        }
    }

    /// Stops the client, and returns the 99th percentile of the round trips.
    pub(crate) fn stop(mut self) -> Duration {
        task::block_on(self.client.stop());
        let micros = self.events.wait_for_kind("slowest");
        self.events.expect("disconnected Stopped");
        Duration::from_micros(micros.parse().expect("a number"))
    }
}

struct Calls {
    reporter: Reporter,
    sent: Instant,
    times: Vec<Duration>,
}

impl Calls {
    fn call(&mut self, client: &ChatClient) {
        self.sent = Instant::now();
        let (user, text) = ("caller".into(), "hello".into());
        client.send(MessageInd { user, text });
    }
}

impl ChatClientHandler for Calls {
    async fn on_connected(&mut self, client: &ChatClient) {
        self.reporter.event("connected");
        self.call(client);
    }

    async fn on_message_ind(&mut self, client: &ChatClient, _: MessageInd) {
        self.times.push(self.sent.elapsed());
        if self.times.len().is_multiple_of(1_000) {
            self.reporter.event("thousand");
        }
        self.call(client);
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.times.sort();
        let slowest = self.times.get(self.times.len() * 99 / 100);
        let micros = slowest.map_or(0, Duration::as_micros);
        self.reporter.event(format!("slowest {micros}"));
        self.reporter.event(format!("disconnected {reason:?}"));
    }
}

/// Clients that come and go. Each sends a message about once a second.
pub(crate) struct Crowd {
    port: u16,
    clients: Vec<ChatClient>,
    notes: Arc<Notes>,
}

/// The records of a crowd's clients.
struct Notes {
    start: Instant,
    round_trips: AtomicU64,
    /// Unexpected ends of connections and wrong messages, with the times since the start.
    faults: Mutex<Vec<(Duration, String)>>,
}

impl Notes {
    fn fault(&self, fault: String) {
        let fault = (self.start.elapsed(), fault);
        self.faults.lock().unwrap().push(fault);
    }
}

impl Crowd {
    /// Starts clients.
    pub(crate) fn new(port: u16, count: usize) -> Self {
        let mut crowd = Self {
            port,
            clients: Vec::new(),
            notes: Arc::new(Notes {
                start: Instant::now(),
                round_trips: AtomicU64::new(0),
                faults: Mutex::default(),
            }),
        };
        for _ in 0..count {
            crowd.clients.push(crowd.start_one());
        }
        crowd
    }

    fn start_one(&self) -> ChatClient {
        let handler = Member {
            number: 0,
            notes: self.notes.clone(),
        };
        start(self.port, handler)
    }

    /// Replaces a random client by a new one.
    pub(crate) fn replace_one(&mut self, random: &mut Rng) {
        let place = random.usize(..self.clients.len());
        // Dropping the last handle stops the client.
        self.clients[place] = self.start_one();
    }

    /// Stops all clients, checks that there was no fault, and returns the number of round trips.
    pub(crate) fn stop(self) -> u64 {
        stop(&self.clients);
        let faults = self.notes.faults.lock().unwrap();
        assert_eq!(*faults, []);
        self.notes.round_trips.load(Ordering::Relaxed)
    }
}

/// The time between two messages of a client in a crowd.
const PACE: Duration = Duration::from_secs(1);

struct Member {
    number: u64,
    notes: Arc<Notes>,
}

impl Member {
    fn message(&self) -> MessageInd {
        MessageInd {
            user: self.number.to_string(),
            text: "hello".into(),
        }
    }
}

impl ChatClientHandler for Member {
    async fn on_connected(&mut self, client: &ChatClient) {
        client.send(self.message());
    }

    async fn on_message_ind(&mut self, client: &ChatClient, message: MessageInd) {
        if message != self.message() {
            self.notes.fault(format!("got {message:?}"));
        }
        self.notes.round_trips.fetch_add(1, Ordering::Relaxed);
        self.number += 1;
        task::sleep(PACE).await;
        client.send(self.message());
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        if reason != DisconnectReason::Stopped {
            self.notes.fault(reason.to_string());
        }
    }
}
