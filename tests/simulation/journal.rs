//! What happened in a schedule, and which promises it broke.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::{Arc, Mutex};

use messi::testing::Clock;

/// Written by everyone who takes part. A handler must not panic over what it finds, since that is
/// an event of its own: it writes it down.
#[derive(Clone)]
pub(crate) struct Journal {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    events: Vec<String>,
    violations: Vec<String>,
    /// What has been received, by who sent it and its number.
    received: HashSet<(String, u64)>,
}

impl Journal {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: Arc::default(),
        }
    }

    /// Notes an event.
    pub(crate) fn note(&self, event: impl Display) {
        let elapsed = self.clock.elapsed();
        let event = format!("{elapsed:?} {event}");
        self.state.lock().unwrap().events.push(event);
    }

    /// Notes that a promise is broken, unless it holds.
    pub(crate) fn expect(&self, holds: bool, promise: impl Display) {
        if !holds {
            self.note(format_args!("BROKEN: {promise}"));
            let violation = promise.to_string();
            self.state.lock().unwrap().violations.push(violation);
        }
    }

    /// Notes a message that may arrive only once, on whichever connection.
    pub(crate) fn expect_new(&self, sender: &str, number: u64) {
        let key = (sender.to_string(), number);
        let is_new = self.state.lock().unwrap().received.insert(key);
        self.expect(is_new, format_args!("{sender} {number} comes once"));
    }

    /// What happened.
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

/// The numbers of one sender on one connection: none may be missing, and none may come late.
#[derive(Default)]
pub(crate) struct Run(Option<u64>);

impl Run {
    pub(crate) fn expect_next(&mut self, journal: &Journal, sender: &str, number: u64) {
        let expected = self.0.map_or(number, |last| last + 1);
        journal.expect(
            number == expected,
            format_args!("{sender} {number} comes instead of {expected}"),
        );
        self.0 = Some(number);
    }
}

/// Callbacks in strict pairs.
#[derive(Default)]
pub(crate) struct Pairs {
    is_connected: bool,
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
    }

    pub(crate) fn message(&self, journal: &Journal, name: &str) {
        journal.expect(
            self.is_connected,
            format_args!("{name} gets messages while it is connected"),
        );
    }

    /// Called when the handler is gone.
    pub(crate) fn end(&self, journal: &Journal, name: &str) {
        journal.expect(
            !self.is_connected,
            format_args!("{name} was told of its end"),
        );
    }

    pub(crate) fn connections(&self) -> u32 {
        self.connections
    }
}
