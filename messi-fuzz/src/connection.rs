//! One connection, whatever its peer, its program and the clock do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use messi_wire::frame::{HEADER_SIZE, Header};
use messi_wire::{Connection, ConnectionConfig, DisconnectReason, Role};

use crate::frames::first_frame;
use crate::script::Script;

/// Messages above this end a connection.
const MAX_SIZE: usize = 256;

/// Whole messages that may wait before nothing more is read, in bytes.
const MAX_UNHANDLED: usize = 1024;

/// The largest part in which bytes come.
const MAX_PART: usize = 128;

/// The largest message that is sent.
const MAX_SENT: usize = 255;

/// What a payload begins with that is taken for the answer to a request.
const ANSWER: u8 = 0xaa;

/// Plays a script to one side of a connection. The first byte tells which side, each other one what
/// happens next: up to 127, so many and one of the following bytes come in, unless nothing is read
/// now; above that, see `act`.
pub fn connection(data: &[u8]) {
    let mut script = Script(data);
    let role = match script.next() {
        Some(byte) if byte % 2 == 1 => Role::Client,
        _ => Role::Server,
    };
    let mut play = Play::new(role);
    while let Some(what) = script.next() {
        if usize::from(what) < MAX_PART {
            play.receive(script.take(usize::from(what) + 1));
        } else {
            play.act(what, script.next().unwrap_or_default());
        }
        play.check();
    }
}

struct Play {
    role: Role,
    connection: Connection,
    now: Instant,
    /// All that has come in.
    stream: Vec<u8>,
    /// Where in the stream the next message is looked for.
    position: usize,
    /// Why it has ended, if it has.
    end: Option<DisconnectReason>,
}

impl Play {
    fn new(role: Role) -> Self {
        let config = ConnectionConfig {
            max_received_size: MAX_SIZE,
            max_unhandled_bytes: MAX_UNHANDLED,
            ..ConnectionConfig::default()
        };
        let now = Instant::now();
        Self {
            role,
            connection: Connection::new(role, Arc::new(config), now),
            now,
            stream: Vec::new(),
            position: 0,
            end: None,
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        if !self.connection.wants_input() {
            return;
        }
        self.stream.extend_from_slice(bytes);
        self.connection
            .handle_input(bytes, usize::MAX, self.now, is_answer);
    }

    fn act(&mut self, what: u8, how: u8) {
        let (connection, now) = (&mut self.connection, self.now);
        match what % 16 {
            0 => self.wait(Duration::from_millis(20) * u32::from(how)),
            1 => self.wait_until_due(),
            2 => self.handle(how),
            3 => {
                let count = usize::from(how).min(connection.remaining_output().len());
                connection.handle_written(count);
            }
            4 if !connection.remaining_output().is_empty() => connection.handle_write_blocked(now),
            5 => self.send(usize::from(how)),
            6 => connection.release(
                connection.idle_capacity_limit(),
                connection.idle_capacity_limit(),
            ),
            7 => connection.handle_end_of_input(now),
            8 => connection.fail(DisconnectReason::ConnectionClosed, now),
            9 => connection.end(DisconnectReason::SlowConsumer, now),
            10 => connection.drain(),
            11 => connection.end(DisconnectReason::Stopped, now),
            12 if connection.end_reason().is_some() => connection.handle_shut_down(now),
            13 => {
                connection.end(DisconnectReason::Stopped, now);
                connection.abort();
            }
            14 => self.fail_to_decode(),
            15 => connection.handle_no_input(now),
            _ => {}
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.connection.handle_timeout(self.now);
        let next = self.connection.poll_timeout();
        assert!(
            next.is_none_or(|next| next > self.now),
            "what was due is due still"
        );
    }

    fn wait_until_due(&mut self) {
        if let Some(next) = self.connection.poll_timeout() {
            self.wait(next.saturating_duration_since(self.now));
        }
    }

    /// Hands out so many messages at most.
    fn handle(&mut self, count: u8) {
        for _ in 0..count {
            if !self.handle_one() {
                break;
            }
        }
    }

    /// Whether there was one, which must be the next of the stream. If there was none, the stream
    /// must have none, unless the connection has ended.
    fn handle_one(&mut self) -> bool {
        let message = self.connection.next_message();
        let is_open = self.connection.end_reason().is_none();
        if message.is_some() || is_open {
            let payload = message.as_ref().map(|it| self.connection.payload(it));
            let (expected, position) = self.expected();
            assert_eq!(payload, expected);
            self.position = position;
        }
        message.is_some()
    }

    /// The next message of the stream, and where it ends.
    fn expected(&self) -> (Option<&[u8]>, usize) {
        let mut position = self.position;
        while let Some((type_byte, payload, rest)) = first_frame(&self.stream[position..]) {
            position = self.stream.len() - rest.len();
            if type_byte == self.received() && !is_answer(payload) {
                return (Some(payload), position);
            }
        }
        (None, position)
    }

    /// The type byte of the messages that come in.
    fn received(&self) -> u8 {
        match self.role {
            Role::Server => 1,
            Role::Client => 2,
        }
    }

    /// Sends a message, if there is room, and a peer.
    fn send(&mut self, size: usize) {
        if self.connection.remaining_output().is_empty() && !self.connection.is_aborted() {
            let header = Header::new(self.role.sent(), size).encode();
            self.connection.refill_output(|frames| {
                frames.extend_from_slice(&header);
                frames.resize(HEADER_SIZE + size, 0);
            });
        }
    }

    /// The one change of a reason: what came before the end counts as the first.
    fn fail_to_decode(&mut self) {
        if self.handle_one() {
            self.connection.handle_decode_error(String::new(), self.now);
            self.end = None;
        }
    }

    fn check(&mut self) {
        let connection = &self.connection;
        let end = connection.end_reason();
        assert!(self.end.is_none() || self.end.as_ref() == end, "{end:?}");
        self.end = end.cloned();
        assert!(end.is_none() || !connection.wants_input());

        let output = connection.remaining_output().len();
        // A message, and a ping or pong behind it.
        let bound = HEADER_SIZE + MAX_SENT + HEADER_SIZE;
        assert!(output <= bound, "{output} bytes are to be written");
        assert!(output == 0 || !connection.is_aborted());
        let held = connection.input_memory();
        let bound = MAX_UNHANDLED + MAX_SIZE + HEADER_SIZE + MAX_PART;
        assert!(held <= 2 * bound, "{held} bytes are held");
    }
}

fn is_answer(payload: &[u8]) -> bool {
    payload.first() == Some(&ANSWER)
}
