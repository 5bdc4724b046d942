//! The side of a connection that a trace tests.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use messi_wire::frame::{self, Header, MessageType};
use messi_wire::{Connection, ConnectionConfig, DisconnectReason, Role};

use crate::chat;
use crate::trace::{Case, bytes};

pub(crate) struct Side {
    is_server: bool,
    config: Arc<ConnectionConfig>,
    /// Most bytes that are received at a time.
    step: usize,
    start: Instant,
    now: Instant,
    connection: Option<Connection>,
    /// Sent frames that the connection has not taken yet.
    queue: Vec<u8>,
    /// Bytes that can still be written.
    room: usize,
    output: Vec<u8>,
    events: VecDeque<String>,
}

impl Side {
    pub(crate) fn new(case: &Case, step: usize) -> Self {
        let mut config = ConnectionConfig::default();
        config.set_max_message_size(case.limit);
        let now = Instant::now();
        Self {
            is_server: case.is_server,
            config: Arc::new(config),
            step,
            start: now,
            now,
            connection: None,
            queue: Vec::new(),
            room: usize::MAX,
            output: Vec::new(),
            events: VecDeque::new(),
        }
    }

    pub(crate) fn take_event(&mut self) -> Option<String> {
        self.events.pop_front()
    }

    /// Takes this number of written bytes, or fewer if there are not as many.
    pub(crate) fn take_output(&mut self, size: usize) -> Vec<u8> {
        let size = size.min(self.output.len());
        self.output.drain(..size).collect()
    }

    pub(crate) fn expect_nothing(&self, place: &str) {
        assert_eq!(self.events, [""; 0], "before {place}");
        assert_eq!(self.output, [0_u8; 0], "before {place}");
    }

    /// Performs an action.
    pub(crate) fn act(&mut self, word: &str, argument: &str) {
        match word {
            "start" => self.events.push_back("connect".into()),
            "connected" => self.connect(),
            "at" => {
                let time = Duration::from_millis(argument.parse().expect("a time"));
                self.now = self.start + time;
                self.with_connection(|connection, now| connection.handle_timeout(now));
            }
            "in" => {
                for part in bytes(argument).chunks(self.step) {
                    self.receive(part);
                }
            }
            "eof" => self.with_connection(Connection::handle_end_of_input),
            "room" => self.room = argument.parse().expect("a number"),
            "send" if self.connection.is_some() => self.send(argument),
            "send" => {}
            _ => panic!("unknown action {word}"),
        }
        self.settle();
    }

    fn connect(&mut self) {
        let role = if self.is_server {
            Role::Server
        } else {
            Role::Client
        };
        self.connection = Some(Connection::new(role, self.config.clone(), self.now));
        self.events.push_back("connected".into());
    }

    fn with_connection(&mut self, act: impl FnOnce(&mut Connection, Instant)) {
        if let Some(connection) = &mut self.connection {
            act(connection, self.now);
        }
    }

    fn receive(&mut self, part: &[u8]) {
        self.with_connection(|connection, now| {
            let _ = connection.handle_input(part, usize::MAX, now, |_| false);
        });
        self.settle();
    }

    fn send(&mut self, argument: &str) {
        let payload = chat::encode(self.is_server, argument);
        let message_type = match self.is_server {
            true => MessageType::ServerToClient,
            false => MessageType::ClientToServer,
        };
        let header = Header::new(message_type, payload.len());
        self.queue.extend_from_slice(&header.encode());
        self.queue.extend_from_slice(&payload);
    }

    /// Handles messages, writes, and reports the end of the connection.
    fn settle(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        self.handle_messages(&mut connection);
        match connection.end_reason() {
            Some(reason) => {
                self.events
                    .push_back(format!("disconnected {}", name(reason)));
                self.events.push_back("close".into());
                self.queue.clear();
            }
            None => {
                self.write(&mut connection);
                self.connection = Some(connection);
            }
        }
    }

    fn handle_messages(&mut self, connection: &mut Connection) {
        while let Some(payload) = connection.next_message() {
            match chat::decode(self.is_server, payload) {
                Ok(event) => self.events.extend(event),
                Err(error) => connection.handle_decode_error(error, self.now),
            }
        }
    }

    fn write(&mut self, connection: &mut Connection) {
        loop {
            if connection.remaining_output().is_empty() {
                connection.refill_output(|bytes| {
                    bytes.append(&mut self.queue);
                    frame::count_messages(bytes, 0)
                });
            }
            let remaining = connection.remaining_output();
            let size = remaining.len().min(self.room);
            if size == 0 {
                return;
            }
            self.output.extend_from_slice(&remaining[..size]);
            self.room -= size;
            connection.handle_written(size);
        }
    }
}

/// Returns the name of a reason in traces.
fn name(reason: &DisconnectReason) -> &'static str {
    match reason {
        DisconnectReason::ConnectionClosed => "connection_closed",
        DisconnectReason::KeepAliveTimeout => "keep_alive_timeout",
        DisconnectReason::MessageDecodeError(_) => "message_decode_error",
        DisconnectReason::MessageTooBig { .. } => "message_too_big",
        DisconnectReason::UnexpectedMessageType(_) => "unexpected_type",
        other => panic!("{other} has no name in traces"),
    }
}
