//! Sessions behind a proxy that cuts, freezes and swallows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use messi::{DisconnectReason, Session};
use work::{ChildProcess, fail};

use crate::chat::*;

/// The number of clients.
const CLIENTS: usize = 100;

/// The number of messages of each client that are under way.
const OUTSTANDING: u64 = 64;

/// A client that sends numbered messages, and expects each back once and in order. So a message that is lost, doubled or
/// out of order in either direction is noticed.
struct Counter {
    sent: u64,
    received: u64,
    total: Arc<AtomicU64>,
}

impl Counter {
    fn send(&mut self, client: &ChatClient) {
        let (user, text) = (work::USER.into(), self.sent.to_string());
        client.send(MessageInd { user, text });
        self.sent += 1;
    }
}

impl ChatClientHandler for Counter {
    async fn on_connected(&mut self, client: &ChatClient) {
        for _ in 0..OUTSTANDING {
            self.send(client);
        }
    }

    async fn on_message_ind(&mut self, client: &ChatClient, message: MessageInd) {
        if message.text != self.received.to_string() {
            fail(format!(
                "{} comes instead of {}",
                message.text, self.received
            ));
        }
        self.received += 1;
        // There and back.
        self.total.fetch_add(2, Ordering::Relaxed);
        self.send(client);
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        fail(format!("a session has ended: {reason}"));
    }
}

/// Exchanges messages for this number of seconds, and fails if one is lost or doubled.
pub(crate) fn measure(seconds: u64) {
    let (_server, port) = ChildProcess::start(&["server"]);
    let (_proxy, port) = ChildProcess::start(&["unruly-proxy", &format!("127.0.0.1:{port}")]);
    let total = Arc::new(AtomicU64::new(0));
    let clients = (0..CLIENTS).map(|_| {
        let client = ChatClient::builder(format!("tcp://127.0.0.1:{port}"));
        let client = client.session(Session::default()).start(Counter {
            sent: 0,
            received: 0,
            total: total.clone(),
        });
        client.unwrap_or_else(|error| fail(error))
    });
    let clients: Vec<_> = clients.collect();
    thread::sleep(Duration::from_secs(seconds));
    let resumed: u64 = clients.iter().map(|client| client.stats().resumed).sum();
    let replayed: u64 = clients
        .iter()
        .map(|client| client.stats().replayed_messages)
        .sum();
    println!(
        "{CLIENTS} clients behind an unruly proxy for {seconds} s: {} messages, each once and in order; \
         {resumed} interruptions, {replayed} messages sent again by the clients",
        total.load(Ordering::Relaxed)
    );
    // Their sessions end with the process, which is no failure.
    std::process::exit(0);
}
