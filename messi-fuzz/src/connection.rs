//! Fuzzes one connection with input, writes, time and calls in any order, without or with a session.

mod output;

use std::sync::Arc;
use std::time::{Duration, Instant};

use messi_wire::frame::HEADER_SIZE;
use messi_wire::prost::Message;
use messi_wire::resumption::{Bye, ByeReason, Grant, Secret, SessionLost, Token};
use messi_wire::{Connection, ConnectionConfig, DisconnectReason, Role};

use self::output::Output;
use crate::frames::first_frame;
use crate::input::Input;

/// The largest message that the connection accepts.
const MAX_SIZE: usize = 256;

/// The limit of unhandled messages, in bytes. Above it, the connection stops reading.
const MAX_UNHANDLED: usize = 1024;

/// The largest number of bytes received at once.
const MAX_PART: usize = 128;

/// The largest message that the connection sends.
const MAX_SENT: usize = 255;

/// The size of the window of a session. Above it, no more messages are taken for writing.
const WINDOW: usize = 1024;

/// The largest payload of a ping or pong that the connection sends in these steps: that which grants a session.
const MAX_CONTROL: usize = 64;

/// The first byte of a payload that is a response.
const RESPONSE: u8 = 0xaa;

/// Runs one side of a connection, with steps that the input decides.
///
/// The first byte decides the side, and how a session begins, if there is one. Each step begins with a byte `n`: below
/// `MAX_PART`, the following `n + 1` bytes are received. Above, `n` is an action, and the following byte is its
/// argument.
pub fn connection(data: &[u8]) {
    let mut input = Input(data);
    let begin = input.next().unwrap_or_default();
    let role = match begin % 2 {
        1 => Role::Client,
        _ => Role::Server,
    };
    let mut run = Run::new(role);
    run.begin_session(begin / 2);
    while let Some(step) = input.next() {
        if usize::from(step) < MAX_PART {
            run.receive(input.take(usize::from(step) + 1));
        } else {
            run.act(step, input.next().unwrap_or_default());
        }
        run.check();
    }
}

/// A connection and the state that it is expected to have.
struct Run {
    role: Role,
    connection: Connection,
    now: Instant,
    /// All received bytes.
    stream: Vec<u8>,
    /// The end of the last handled message in the stream.
    position: usize,
    output: Output,
    /// Whether there is a socket: a session may be without one.
    has_socket: bool,
    /// The reason why the connection has ended.
    end: Option<DisconnectReason>,
}

impl Run {
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
            output: Output::new(role),
            has_socket: true,
            end: None,
        }
    }

    /// Begins a session in one of the ways that there are on this side, or begins no session.
    fn begin_session(&mut self, how: u8) {
        match (self.role, how % 3) {
            (_, 0) => {}
            (Role::Client, 1) => self.connection.request_session(WINDOW),
            (Role::Client, _) => self.connection.begin_session(grant()),
            (Role::Server, 1) => self.connection.grant_session(grant(), None),
            (Role::Server, _) => {
                let lost = (SessionLost::Expired, Some(7));
                self.connection.grant_session(grant(), Some(lost));
            }
        }
        self.output.expect_first(self.connection.remaining_output());
    }

    /// Receives bytes, unless the connection does not read at the moment.
    fn receive(&mut self, bytes: &[u8]) {
        if !self.connection.wants_input() {
            return;
        }
        self.stream.extend_from_slice(bytes);
        self.connection
            .handle_input(bytes, usize::MAX, self.now, is_response);
    }

    /// Performs an action. Values without an action at the moment have no effect.
    fn act(&mut self, action: u8, argument: u8) {
        let (connection, now) = (&mut self.connection, self.now);
        match action % 32 {
            0 => self.wait(Duration::from_millis(20) * u32::from(argument)),
            1 => self.wait_until_due(),
            2 => self.handle(argument),
            3 => self.write(argument.into()),
            4 if !connection.remaining_output().is_empty() => connection.handle_write_blocked(now),
            5 => self.send(usize::from(argument)),
            6 => connection.release(
                connection.recv_capacity_limit(),
                connection.send_capacity_limit(),
            ),
            7 if self.has_socket => connection.handle_end_of_input(now),
            8 => connection.fail(DisconnectReason::ConnectionClosed, now),
            9 => connection.end(DisconnectReason::SlowConsumer, now),
            10 => connection.drain(now),
            11 => connection.end(DisconnectReason::Stopped, now),
            12 if connection.end_reason().is_some() => connection.handle_shut_down(now),
            13 => {
                connection.end(DisconnectReason::Stopped, now);
                connection.abort();
            }
            14 => self.fail_to_decode(),
            15 => connection.handle_no_input(now),
            16 => connection.handle_loss(DisconnectReason::KeepAliveTimeout, now),
            17 => self.resume(i64::from(argument as i8)),
            18 => self.say_bye(),
            19 => self.write(usize::MAX),
            _ => {}
        }
    }

    /// Advances the clock.
    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.connection.handle_timeout(self.now);
        let next = self.connection.poll_timeout();
        assert!(
            next.is_none_or(|next| next > self.now),
            "a handled deadline is still due"
        );
    }

    /// Advances the clock to the next deadline.
    fn wait_until_due(&mut self) {
        if let Some(next) = self.connection.poll_timeout() {
            self.wait(next.saturating_duration_since(self.now));
        }
    }

    /// Handles up to `count` messages.
    fn handle(&mut self, count: u8) {
        for _ in 0..count {
            if !self.handle_one() {
                break;
            }
        }
    }

    /// Handles the next message, and returns whether there was one. Compares it with the stream,
    /// except that an ended connection may stop before the end of the stream.
    fn handle_one(&mut self) -> bool {
        let message = self.connection.next_message().map(<[u8]>::to_vec);
        let is_open = self.connection.end_reason().is_none();
        if message.is_some() || is_open {
            let (expected, position) = self.expected();
            assert_eq!(message.as_deref(), expected);
            self.position = position;
        }
        message.is_some()
    }

    /// Returns the payload of the next message in the stream, and its end.
    fn expected(&self) -> (Option<&[u8]>, usize) {
        let mut position = self.position;
        while let Some((type_byte, payload, rest)) = first_frame(&self.stream[position..]) {
            position = self.stream.len() - rest.len();
            if type_byte == self.received_type() && !is_response(payload) {
                return (Some(payload), position);
            }
        }
        (None, position)
    }

    /// Returns the type byte of received messages.
    fn received_type(&self) -> u8 {
        match self.role {
            Role::Server => 1,
            Role::Client => 2,
        }
    }

    /// Writes up to `limit` bytes of the output.
    fn write(&mut self, limit: usize) {
        let bytes = self.connection.remaining_output();
        let count = limit.min(bytes.len());
        self.output.write(&bytes[..count]);
        self.connection.handle_written(count);
    }

    /// Sends a message, if the output is empty and there is a socket.
    fn send(&mut self, size: usize) {
        let connection = &mut self.connection;
        let can_write = self.has_socket && !connection.is_aborted();
        if connection.remaining_output().is_empty() && can_write {
            let output = &mut self.output;
            connection.refill_output(|frames| {
                output.send(frames, size);
                1
            });
        }
    }

    /// Goes on with another connection. Its peer has received this number of messages more than it has acknowledged.
    fn resume(&mut self, more: i64) {
        let connection = &mut self.connection;
        let Some(delivery) = connection.delivery() else {
            return connection.resume(0, self.now);
        };
        let received = delivery.acknowledged().saturating_add_signed(more);
        let can_resume = connection.is_resumable() || connection.interruption().is_some();
        connection.resume(received, self.now);
        if can_resume && connection.end_reason().is_none() {
            drop_unfinished(&mut self.stream);
            self.output.resume(received, connection.delivery());
            self.has_socket = true;
        }
    }

    /// Says that the session ends, behind all other output of an ended connection.
    fn say_bye(&mut self) {
        let connection = &mut self.connection;
        let is_closing = connection.end_reason().is_some() && !connection.is_aborted();
        if self.has_socket && is_closing && connection.output_len() == 0 {
            connection.say_bye(&Bye::new(ByeReason::Leaving));
        }
    }

    /// Reports that the next message can't be decoded. This alone may replace the reason of the end,
    /// because the message was received before the end.
    fn fail_to_decode(&mut self) {
        if self.handle_one() {
            let error = <()>::decode(&b"\xff"[..]).expect_err("the key of a field is not complete");
            self.connection.handle_decode_error(error, self.now);
            self.end = None;
        }
    }

    /// Checks the state after a step: the reason is final, memory and output are bounded.
    fn check(&mut self) {
        let connection = &self.connection;
        let end = connection.end_reason();
        assert!(self.end.is_none() || self.end.as_ref() == end, "{end:?}");
        self.end = end.cloned();
        assert!(end.is_none() || !connection.wants_input());

        if connection.interruption().is_some() {
            drop_unfinished(&mut self.stream);
            self.has_socket = false;
            assert_eq!(connection.poll_timeout(), None);
        }
        let output = connection.output_len();
        // Messages, followed by a ping or pong.
        let bound = self.output.max_batch(connection.delivery()) + HEADER_SIZE + MAX_CONTROL;
        assert!(output <= bound, "{output} bytes of output");
        assert!(output == 0 || !connection.is_aborted());
        assert!(output == 0 || connection.interruption().is_none());
        let memory = connection.input_memory();
        let bound = MAX_UNHANDLED + MAX_SIZE + HEADER_SIZE + MAX_PART;
        assert!(memory <= 2 * bound, "{memory} bytes of input memory");

        self.output.check(connection.delivery());
        // One that has ended writes all that it has.
        if let Some(delivery) = connection.delivery().filter(|_| end.is_none()) {
            self.output.check_kept(delivery);
            assert_eq!(delivery.received(), self.count_received());
        }
    }

    /// Returns the number of received messages in the stream.
    fn count_received(&self) -> u64 {
        let mut rest = &self.stream[..];
        let mut count = 0;
        while let Some((type_byte, _, others)) = first_frame(rest) {
            count += u64::from(type_byte == self.received_type());
            rest = others;
        }
        count
    }
}

/// Drops the bytes behind the last complete frame.
fn drop_unfinished(stream: &mut Vec<u8>) {
    let mut rest = &stream[..];
    while let Some((_, _, others)) = first_frame(rest) {
        rest = others;
    }
    stream.truncate(stream.len() - rest.len());
}

fn grant() -> Grant {
    Grant {
        token: Token {
            incarnation: 1,
            id: 2,
            secret: Secret::new([3; Secret::SIZE]),
        },
        lifetime: Duration::from_secs(60),
        window: WINDOW as u64,
    }
}

fn is_response(payload: &[u8]) -> bool {
    payload.first() == Some(&RESPONSE)
}
