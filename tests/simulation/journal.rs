//! The events of a schedule, and the promises that it broke.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use messi::Clock;

/// The journal of all parties. A handler records a broken promise here, since a panic would be another
/// event.
#[derive(Clone)]
pub(crate) struct Journal {
    clock: Clock,
    start: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    events: Vec<String>,
    violations: Vec<String>,
    /// The received messages, by sender and number.
    received: HashSet<(String, u64)>,
    /// The numbers of the last messages that clients have sent before they were stopped.
    sent: HashMap<String, u64>,
    /// The clients that have left their sessions, with the numbers of their last messages.
    left: Vec<(String, u64)>,
    /// The sessions that the server was ordered to end, so that it need not handle all that it has received.
    ended: HashSet<String>,
}

impl Journal {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            start: clock.now(),
            clock,
            state: Arc::default(),
        }
    }

    /// Records an event.
    pub(crate) fn note(&self, event: impl Display) {
        let elapsed = self.clock.now() - self.start;
        let event = format!("{elapsed:?} {event}");
        self.state.lock().unwrap().events.push(event);
    }

    /// Records a broken promise unless it holds.
    pub(crate) fn expect(&self, holds: bool, promise: impl Display) {
        if !holds {
            self.note(format_args!("BROKEN: {promise}"));
            let violation = promise.to_string();
            self.state.lock().unwrap().violations.push(violation);
        }
    }

    /// Records a message that must arrive only once, on any connection.
    pub(crate) fn expect_new(&self, sender: &str, number: u64) {
        let key = (sender.to_string(), number);
        let is_new = self.state.lock().unwrap().received.insert(key);
        self.expect(is_new, format_args!("{sender} {number} arrives once"));
    }

    /// Records the number of the last message that a client has sent before it is stopped.
    pub(crate) fn client_stops(&self, client: &str, sent: u64) {
        let mut state = self.state.lock().unwrap();
        state.sent.insert(client.to_string(), sent);
    }

    /// Records that the server is ordered to end a session, or that its handler does.
    pub(crate) fn session_ends(&self, session: &str) {
        self.state.lock().unwrap().ended.insert(session.to_string());
    }

    /// Records the last message of a client that has left its session in good order.
    pub(crate) fn client_left(&self, session: &str, client: &str, last: u64) {
        let mut state = self.state.lock().unwrap();
        if !state.ended.contains(session) {
            state.left.push((client.to_string(), last));
        }
    }

    /// Checks that the server has received all messages of the clients that have left their sessions.
    pub(crate) fn check_left(&self) {
        let (left, sent) = {
            let state = self.state.lock().unwrap();
            (state.left.clone(), state.sent.clone())
        };
        for (client, last) in left {
            let sent = sent.get(&client);
            self.expect(
                sent == Some(&last),
                format_args!("of {client}, {last} is the last of {sent:?}"),
            );
        }
    }

    /// Returns the events.
    ///
    /// # Panics
    ///
    /// If a promise was broken.
    pub(crate) fn check(self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        assert!(
            state.violations.is_empty(),
            "broken: {:#?}\nof {:#?}",
            state.violations,
            state.events
        );
        state.events.clone()
    }
}

/// The numbers of one sender on one connection, which must be consecutive.
#[derive(Default)]
pub(crate) struct Run(Option<u64>);

impl Run {
    /// Returns the number of the last message.
    pub(crate) fn last(&self) -> Option<u64> {
        self.0
    }

    pub(crate) fn expect_next(&mut self, journal: &Journal, sender: &str, number: u64) {
        let expected = self.0.map_or(number, |last| last + 1);
        journal.expect(
            number == expected,
            format_args!("{sender} {number} comes instead of {expected}"),
        );
        self.0 = Some(number);
    }
}

/// Checks that `connected` and `disconnected` are called in turn, and in between `interrupted` and `resumed`.
#[derive(Default)]
pub(crate) struct Pairs {
    is_connected: bool,
    /// Whether the session waits for another connection.
    is_interrupted: bool,
    connections: u32,
}

impl Pairs {
    pub(crate) fn connected(&mut self, journal: &Journal, name: &str) {
        journal.expect(!self.is_connected, format_args!("{name} connects once"));
        self.is_connected = true;
        self.connections += 1;
    }

    pub(crate) fn disconnected(&mut self, journal: &Journal, name: &str) {
        journal.expect(self.is_connected, format_args!("{name} disconnects once"));
        self.is_connected = false;
        self.is_interrupted = false;
    }

    pub(crate) fn interrupted(&mut self, journal: &Journal, name: &str) {
        let holds = self.is_connected && !self.is_interrupted;
        journal.expect(holds, format_args!("{name} is interrupted once"));
        self.is_interrupted = true;
    }

    pub(crate) fn resumed(&mut self, journal: &Journal, name: &str) {
        let holds = self.is_connected && self.is_interrupted;
        journal.expect(holds, format_args!("{name} is resumed once"));
        self.is_interrupted = false;
    }

    pub(crate) fn message(&self, journal: &Journal, name: &str) {
        journal.expect(
            self.is_connected && !self.is_interrupted,
            format_args!("{name} gets messages while it is connected"),
        );
    }

    /// Checks the state when the handler is dropped.
    pub(crate) fn end(&self, journal: &Journal, name: &str) {
        journal.expect(
            !self.is_connected,
            format_args!("{name} had its last callback"),
        );
    }

    pub(crate) fn connections(&self) -> u32 {
        self.connections
    }
}
