//! What a party reports, one line per event, and the only waits of the scenarios.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long any event may take. Far more than any does; reaching it is a failure.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// How much of the past a failure shows.
const LOG_TAIL: usize = 20;

type Log = Arc<Mutex<Vec<String>>>;

/// The end that a party reports to.
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
        // A scenario that has ended waits for no more.
        let _ = self.sender.send(event);
    }

    /// Adds a line to what a failure shows, without making it an event.
    pub(crate) fn note(&self, line: &str) {
        self.log.lock().unwrap().push(line.to_owned());
    }
}

/// The end that a scenario waits at.
#[derive(Debug)]
pub(crate) struct Events {
    party: String,
    receiver: mpsc::Receiver<String>,
    log: Log,
}

impl Events {
    /// Creates both ends for a party, which is named in failures.
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

    /// Waits for the next event, which has to be this one.
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

    /// Waits for the end of the party, which may report nothing before it.
    pub(crate) fn expect_end(&mut self) {
        match self.receiver.recv_timeout(LIMIT) {
            Err(RecvTimeoutError::Disconnected) => (),
            Err(RecvTimeoutError::Timeout) => self.fail("no end within the time limit"),
            Ok(event) => self.fail(&format!("expected the end, got '{}'", shorten(&event))),
        }
    }

    /// Waits for the next event, whose first word has to be this one, and gives the rest.
    pub(crate) fn expect_kind(&mut self, kind: &str) -> String {
        let event = self.next();

        match event.split_once(' ').unwrap_or((&event, "")) {
            (found, rest) if found == kind => rest.to_owned(),
            _ => self.fail(&format!("expected '{kind} …', got '{}'", shorten(&event))),
        }
    }

    /// Waits until an event has this first word, passing over others, and gives the rest.
    pub(crate) fn wait_for_kind(&mut self, kind: &str) -> String {
        loop {
            let event = self.next();

            match event.split_once(' ').unwrap_or((&event, "")) {
                (found, rest) if found == kind => return rest.to_owned(),
                _ => (),
            }
        }
    }

    /// Waits for no longer than this until an event has this first word, passing over others, and
    /// gives the rest.
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

    /// Waits for this many messages, with nothing else in between.
    pub(crate) fn expect_messages(&mut self, count: usize) -> Vec<Message> {
        (0..count)
            .map(|_| Message::parse(&self.expect_kind("message")))
            .collect()
    }

    /// Checks that nothing happens for this long.
    pub(crate) fn expect_silence(&mut self, duration: Duration) {
        match self.receiver.recv_timeout(duration) {
            Err(RecvTimeoutError::Timeout) => (),
            Ok(event) => self.fail(&format!("expected silence, got '{}'", shorten(&event))),
            Err(RecvTimeoutError::Disconnected) => self.fail("ended"),
        }
    }

    /// Ends the scenario, with what the party reported so far.
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

/// A message of the chat, as reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Who wrote it.
    pub(crate) user: String,
    /// What.
    pub(crate) text: String,
}

impl Message {
    fn parse(arguments: &str) -> Self {
        let (user, text) = arguments
            .split_once(' ')
            .expect("peers print the space always");

        Self {
            user: user.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// Long texts are part of the scenarios, but not of readable failures.
fn shorten(line: &str) -> String {
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}… ({} bytes)", &line[..end], line.len()),
        None => line.to_owned(),
    }
}
