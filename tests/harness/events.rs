//! The events that a party reports, one per line, and waiting for them.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The time limit for each event. Only a hang reaches it.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The number of past events that a failure shows.
const LOG_TAIL: usize = 20;

type Log = Arc<Mutex<Vec<String>>>;

/// The sending half of a party's events.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    sender: mpsc::Sender<String>,
    log: Log,
}

impl Reporter {
    /// Reports an event.
    pub(crate) fn event(&self, event: impl Into<String>) {
        let event = event.into();
        self.note(&event);
        // Fails if the scenario has ended.
        let _ = self.sender.send(event);
    }

    /// Adds a line that failures show but that is not an event.
    pub(crate) fn note(&self, line: &str) {
        self.log.lock().unwrap().push(line.to_owned());
    }
}

/// The receiving half of a party's events.
#[derive(Debug)]
pub(crate) struct Events {
    party: String,
    receiver: mpsc::Receiver<String>,
    log: Log,
}

impl Events {
    /// Creates both halves for a party. Failures show its name.
    pub(crate) fn of(party: impl Into<String>) -> (Reporter, Self) {
        let (sender, receiver) = mpsc::channel();
        let log = Log::default();

        (
            Reporter {
                sender,
                log: log.clone(),
            },
            Self {
                party: party.into(),
                receiver,
                log,
            },
        )
    }

    /// Waits for the next event.
    pub(crate) fn next(&mut self) -> String {
        match self.receiver.recv_timeout(LIMIT) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => self.fail("no event within the time limit"),
            Err(RecvTimeoutError::Disconnected) => self.fail("ended"),
        }
    }

    /// Waits for the next event, and compares it with the expected one.
    pub(crate) fn expect(&mut self, expected: &str) {
        let event = self.next();

        if event != expected {
            self.fail(&format!(
                "expected '{}', got '{}'",
                shorten(expected),
                shorten(&event)
            ));
        }
    }

    /// Waits until the party ends, without further events.
    pub(crate) fn expect_end(&mut self) {
        match self.receiver.recv_timeout(LIMIT) {
            Err(RecvTimeoutError::Disconnected) => (),
            Err(RecvTimeoutError::Timeout) => {
                self.fail("the party did not end within the time limit")
            }
            Ok(event) => self.fail(&format!("expected the end, got '{}'", shorten(&event))),
        }
    }

    /// Waits for the next event, which must begin with the given word, and returns its remaining words.
    pub(crate) fn expect_kind(&mut self, kind: &str) -> String {
        let event = self.next();

        match event.split_once(' ').unwrap_or((&event, "")) {
            (found, rest) if found == kind => rest.to_owned(),
            _ => self.fail(&format!("expected '{kind} …', got '{}'", shorten(&event))),
        }
    }

    /// Waits for one event of each kind, in any order and without others, and returns their remaining words in the
    /// order of the kinds.
    pub(crate) fn expect_kinds<const COUNT: usize>(
        &mut self,
        kinds: [&str; COUNT],
    ) -> [String; COUNT] {
        let mut found = [const { None }; COUNT];

        while found.contains(&None) {
            let event = self.next();
            let (kind, rest) = event.split_once(' ').unwrap_or((&event, ""));
            let place = (0..COUNT).find(|&index| kinds[index] == kind && found[index].is_none());

            match place {
                Some(index) => found[index] = Some(rest.to_owned()),
                None => self.fail(&format!("expected {kinds:?}, got '{}'", shorten(&event))),
            }
        }
        found.map(Option::unwrap)
    }

    /// Waits for an event that begins with the given word, skips others, and returns its remaining words.
    pub(crate) fn wait_for_kind(&mut self, kind: &str) -> String {
        loop {
            let event = self.next();

            match event.split_once(' ').unwrap_or((&event, "")) {
                (found, rest) if found == kind => return rest.to_owned(),
                _ => (),
            }
        }
    }

    /// Waits up to a time limit for an event that begins with the given word, skips others, and returns
    /// its remaining words.
    pub(crate) fn find_within(&mut self, limit: Duration, kind: &str) -> Option<String> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.receiver.recv_timeout(left) {
                Ok(event) => match event.split_once(' ').unwrap_or((&event, "")) {
                    (found, rest) if found == kind => return Some(rest.to_owned()),
                    _ => (),
                },
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => self.fail("ended"),
            }
        }
    }

    /// Waits for `count` messages without other events in between.
    pub(crate) fn expect_messages(&mut self, count: usize) -> Vec<Message> {
        (0..count)
            .map(|_| Message::parse(&self.expect_kind("message")))
            .collect()
    }

    /// Checks that there is no event for some time.
    pub(crate) fn expect_silence(&mut self, duration: Duration) {
        match self.receiver.recv_timeout(duration) {
            Err(RecvTimeoutError::Timeout) => (),
            Ok(event) => self.fail(&format!("expected silence, got '{}'", shorten(&event))),
            Err(RecvTimeoutError::Disconnected) => self.fail("ended"),
        }
    }

    /// Panics with a problem and the last events of the party.
    pub(crate) fn fail(&self, problem: &str) -> ! {
        let log = self.log.lock().unwrap();
        let tail: Vec<_> = log
            .iter()
            .rev()
            .take(LOG_TAIL)
            .rev()
            .map(|line| shorten(line))
            .collect();

        panic!(
            "{}: {problem}; reported last:\n    {}",
            self.party,
            tail.join("\n    ")
        );
    }
}

/// A reported message of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its sender.
    pub(crate) user: String,
    /// Its text.
    pub(crate) text: String,
}

impl Message {
    fn parse(arguments: &str) -> Self {
        let (user, text) = arguments.split_once(' ').expect("a user and a text");

        Self {
            user: user.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// Shortens long texts, so that failures stay readable.
fn shorten(line: &str) -> String {
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}… ({} bytes)", &line[..end], line.len()),
        None => line.to_owned(),
    }
}
