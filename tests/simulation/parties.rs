//! The handlers of both sides.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::time::Duration;

use fastrand::Rng;
use messi::{ByeReason, Clock, ConnectError, DisconnectReason, Reply, Retry};

use crate::journal::{Journal, Pairs, Run};
use crate::protocol::*;

/// The topic that some clients join when they connect, and the sender of messages that are published to it.
pub(crate) const TOPIC: &str = "topic";

/// The state of a handler: a name, a journal, and random numbers of the seed.
struct Party {
    name: String,
    journal: Journal,
    clock: Clock,
    random: Rng,
    pairs: Pairs,
    /// The numbers received on this connection, by sender.
    runs: HashMap<String, Run>,
}

impl Party {
    fn new(name: String, journal: &Journal, clock: &Clock, seed: u64) -> Self {
        Self {
            name,
            journal: journal.clone(),
            clock: clock.clone(),
            random: Rng::with_seed(seed),
            pairs: Pairs::default(),
            runs: HashMap::new(),
        }
    }

    fn connected(&mut self) {
        self.pairs.connected(&self.journal, &self.name);
        self.runs.clear();
        self.journal.note(format_args!("{} connected", self.name));
    }

    fn disconnected(&mut self, reason: &DisconnectReason) {
        self.pairs.disconnected(&self.journal, &self.name);
        self.journal
            .note(format_args!("{} disconnected: {reason}", self.name));
        if matches!(reason, DisconnectReason::Bye(bye) if bye.reason == ByeReason::Leaving) {
            self.peer_left();
        }
    }

    /// Records that the peer has left in good order. Servers number no messages over all of their connections.
    fn peer_left(&self) {
        for (sender, run) in &self.runs {
            if let Some(last) = run.last().filter(|_| sender.starts_with("client-")) {
                self.journal.client_left(&self.name, sender, last);
            }
        }
    }

    fn interrupted(&mut self, reason: &DisconnectReason) {
        self.pairs.interrupted(&self.journal, &self.name);
        self.journal
            .note(format_args!("{} interrupted: {reason}", self.name));
    }

    fn resumed(&mut self, away: Duration) {
        self.pairs.resumed(&self.journal, &self.name);
        self.journal
            .note(format_args!("{} resumed after {away:?}", self.name));
    }

    fn message(&self, text: &str) {
        self.pairs.message(&self.journal, &self.name);
        self.journal.note(format_args!("{} got {text}", self.name));
    }

    /// Checks a note of the form `sender number`.
    fn note(&mut self, text: &str) {
        self.message(text);
        let Some((sender, number)) = text.rsplit_once(' ') else {
            return;
        };
        let number = number.parse().unwrap();
        // A broadcast or a publication arrives once at each client, so several times in all.
        if !["broadcast", TOPIC].contains(&sender) {
            self.journal.expect_new(sender, number);
        }
        let run = self.runs.entry(sender.into()).or_default();
        run.expect_next(&self.journal, sender, number);
    }

    /// Sleeps in some calls, and panics in a few.
    async fn work(&mut self) {
        match self.random.u32(0..100) {
            0 => {
                self.journal.session_ends(&self.name);
                resume_unwind(Box::new("expected panic"))
            }
            1..10 => {
                let time = Duration::from_millis(self.random.u64(1..3_000));
                self.clock.sleep(time).await;
            }
            _ => {}
        }
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.pairs.end(&self.journal, &self.name);
    }
}

/// A server's handler of one connection.
pub(crate) struct Session(Party);

impl Session {
    pub(crate) fn new(name: String, journal: &Journal, clock: &Clock, seed: u64) -> Self {
        Self(Party::new(name, journal, clock, seed))
    }
}

impl RequestsServerHandler for Session {
    async fn on_client_connected(&mut self, client: &RequestsServerClient) {
        self.0.connected();
        client.send(Note {
            text: "welcome".into(),
        });
        if self.0.random.bool() {
            // The client may have gone.
            let joined = client.join(TOPIC);
            self.0
                .journal
                .note(format_args!("{} joins: {joined:?}", self.0.name));
        }
        self.0.work().await;
    }

    async fn on_client_interrupted(&mut self, _: &RequestsServerClient, reason: DisconnectReason) {
        self.0.interrupted(&reason);
        self.0.work().await;
    }

    async fn on_client_resumed(&mut self, _: &RequestsServerClient, away: Duration) {
        self.0.resumed(away);
        self.0.work().await;
    }

    async fn on_client_disconnected(&mut self, _: &RequestsServerClient, reason: DisconnectReason) {
        self.0.disconnected(&reason);
        self.0.work().await;
    }

    async fn on_echo_req(
        &mut self,
        _: &RequestsServerClient,
        request: EchoReq,
        reply: Reply<EchoRsp>,
    ) {
        self.0.message(&request.text);
        self.0.work().await;
        reply.send(EchoRsp { text: request.text });
    }

    async fn on_note(&mut self, _: &RequestsServerClient, note: Note) {
        self.0.note(&note.text);
        self.0.work().await;
    }
}

/// The handler of a client.
pub(crate) struct Ui(Party);

impl Ui {
    pub(crate) fn new(name: String, journal: &Journal, clock: &Clock, seed: u64) -> Self {
        Self(Party::new(name, journal, clock, seed))
    }
}

impl RequestsClientHandler for Ui {
    async fn on_connected(&mut self, client: &RequestsClient) {
        self.0.connected();
        // These are sent before other messages, and are numbered anew on each connection.
        let text = format!("hello-{}-{} 1", self.0.name, self.0.pairs.connections());
        client.send(Note { text });
        self.0.work().await;
    }

    async fn on_interrupted(&mut self, _: &RequestsClient, reason: DisconnectReason) {
        self.0.interrupted(&reason);
        self.0.work().await;
    }

    async fn on_resumed(&mut self, _: &RequestsClient, away: Duration) {
        self.0.resumed(away);
        self.0.work().await;
    }

    async fn on_disconnected(&mut self, _: &RequestsClient, reason: DisconnectReason) {
        self.0.disconnected(&reason);
        self.0.work().await;
    }

    async fn on_connect_failure(&mut self, _: &RequestsClient, error: &ConnectError) -> Retry {
        self.0
            .journal
            .note(format_args!("{}: {error}", self.0.name));
        match self.0.random.u32(0..10) {
            0 => Retry::After(Duration::ZERO),
            _ => Retry::Backoff,
        }
    }

    async fn on_name_req(&mut self, _: &RequestsClient, request: NameReq, reply: Reply<NameRsp>) {
        self.0.message(&format!("name_req {}", request.number));
        self.0.work().await;
        reply.send(NameRsp {
            name: request.number.to_string(),
        });
    }

    async fn on_note(&mut self, _: &RequestsClient, note: Note) {
        self.0.note(&note.text);
        self.0.work().await;
    }
}
