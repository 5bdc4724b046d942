//! All orders of the events of a session with three messages and two lost connections.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use super::*;
use crate::ConnectionConfig;
use crate::frame::{self, HEADER_SIZE};
use crate::resumption::samples::grant;
use crate::resumption::{Answer, FirstPing, FirstPong, Opening, Resume};

/// Messages of a sequence, of both sides together.
const MESSAGES: usize = 3;

/// Lost connections of a sequence.
const LOSSES: usize = 2;

/// Acknowledgements of a sequence beyond those of a new connection, of each side.
const ACKNOWLEDGEMENTS: usize = 1;

const SIDES: [Role; 2] = [Role::Client, Role::Server];

/// A possible event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// A side queues a message.
    Send(Role),
    /// A side writes all its output, and all queued messages.
    Write(Role),
    /// A side receives all that was written to it.
    Receive(Role),
    /// A keep-alive frame of a side is due.
    KeepAlive(Role),
    /// The connection is lost, with all that is on its way. Only the client notices.
    Lose,
    /// The same, after this side has written a part of its output, which the other one has received.
    LosePart(Role),
    /// The server notices too.
    Notice,
    /// The client connects again, and the response of the server is lost with that connection.
    ResumeInVain,
    /// The client connects again.
    Resume,
}

/// One side, with the messages that it has sent and received.
#[derive(Clone)]
struct Side {
    connection: Connection,
    queue: Vec<u8>,
    sent: Vec<u8>,
    received: Vec<u8>,
    /// Bytes on their way to it.
    incoming: Vec<u8>,
}

impl Side {
    fn new(role: Role, now: Instant) -> Self {
        let config = Arc::new(ConnectionConfig::default());
        Self {
            connection: Connection::new(role, config, now),
            queue: Vec::new(),
            sent: Vec::new(),
            received: Vec::new(),
            incoming: Vec::new(),
        }
    }

    fn send(&mut self, number: u8) {
        let message_type = self.connection.role().sent();
        frame::append(&mut self.queue, message_type, &[number]);
        self.sent.push(number);
    }

    /// Writes this number of bytes at most.
    fn write(&mut self, limit: usize) -> Vec<u8> {
        let mut written = Vec::new();
        while written.len() < limit {
            if self.connection.output_len() == 0 {
                let queue = &mut self.queue;
                self.connection.refill_output(|frames| {
                    frames.append(queue);
                    frame::count_messages(frames, 0)
                });
            }
            let bytes = self.connection.remaining_output();
            let count = bytes.len().min(limit - written.len());
            if count == 0 {
                break;
            }
            written.extend_from_slice(&bytes[..count]);
            self.connection.handle_written(count);
        }
        written
    }

    /// Returns whether a write would do something.
    fn has_output(&self) -> bool {
        let is_replaying = self
            .connection
            .delivery()
            .is_some_and(Delivery::is_replaying);
        let has_output = self.connection.output_len() + self.queue.len() > 0 || is_replaying;
        has_output && self.connection.interruption().is_none()
    }

    fn receive(&mut self, now: Instant) {
        let bytes = mem::take(&mut self.incoming);
        self.connection
            .handle_input(&bytes, usize::MAX, now, |_| false);
        while let Some(payload) = self.connection.next_message() {
            self.received.push(payload[0]);
        }
    }
}

/// Both sides.
#[derive(Clone)]
struct Session {
    client: Side,
    server: Side,
    now: Instant,
    /// Whether the client is connected, as far as it knows.
    is_connected: bool,
    losses: usize,
    keep_alives: [usize; 2],
}

impl Session {
    /// Begins a session.
    fn new(now: Instant) -> Self {
        let mut session = Self {
            client: Side::new(Role::Client, now),
            server: Side::new(Role::Server, now),
            now,
            is_connected: true,
            losses: 0,
            keep_alives: [0; 2],
        };
        session.client.connection.request_session(usize::MAX);
        let hello = session.client.write(usize::MAX);
        assert_eq!(FirstPing::default().read(&hello), Some(Opening::Hello));
        session.server.connection.grant_session(grant(), None);
        session
    }

    fn side(&mut self, role: Role) -> &mut Side {
        match role {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }

    /// Returns whether an event can happen now, and may change something.
    fn allows(&mut self, event: Event) -> bool {
        let is_connected = self.is_connected;
        let messages = self.client.sent.len() + self.server.sent.len();
        let keep_alives = self.keep_alives;
        match event {
            Event::Send(_) => messages < MESSAGES,
            Event::Write(role) => is_connected && self.side(role).has_output(),
            Event::Receive(role) => !self.side(role).incoming.is_empty(),
            Event::KeepAlive(role) => {
                is_connected
                    && keep_alives[role as usize] < ACKNOWLEDGEMENTS
                    && self.side(role).connection.is_resumable()
            }
            // Before the response to its first ping, a client loses a plain connection.
            Event::Lose => {
                let is_resumable = self.client.connection.is_resumable();
                is_connected && is_resumable && self.losses < LOSSES
            }
            Event::LosePart(role) => self.allows(Event::Lose) && self.allows(Event::Write(role)),
            Event::Notice => !is_connected && self.server.connection.is_resumable(),
            Event::ResumeInVain => !is_connected && self.losses < LOSSES,
            Event::Resume => !is_connected,
        }
    }

    fn apply(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Send(role) => {
                let number = (self.client.sent.len() + self.server.sent.len()) as u8;
                self.side(role).send(number);
            }
            Event::Write(role) => self.write(role, usize::MAX),
            Event::Receive(role) => self.side(role).receive(now),
            Event::KeepAlive(role) => {
                self.keep_alives[role as usize] += 1;
                self.side(role)
                    .connection
                    .push_keep_alive(role.keep_alive());
            }
            Event::Lose => {
                self.losses += 1;
                self.is_connected = false;
                self.lose(Role::Client);
                self.server.incoming.clear();
            }
            Event::LosePart(role) => {
                // More than a frame: frames are split, and batches are partly written.
                self.write(role, HEADER_SIZE + 2);
                let now = self.now;
                self.side(role.peer()).receive(now);
                self.apply(Event::Lose);
            }
            Event::Notice => self.lose(Role::Server),
            Event::ResumeInVain => {
                self.losses += 1;
                self.connect();
            }
            Event::Resume => {
                let response = self.connect();
                let mut first = FirstPong::new(1_000);
                let answer = first.read(&response).unwrap();
                let Some(Answer::Resumed(received)) = answer else {
                    panic!("not resumed: {answer:?}");
                };
                self.client.connection.resume(received, now);
                self.client.incoming = first.into_rest();
                self.is_connected = true;
            }
        }
    }

    fn write(&mut self, role: Role, limit: usize) {
        let bytes = self.side(role).write(limit);
        self.side(role.peer()).incoming.extend_from_slice(&bytes);
    }

    fn lose(&mut self, role: Role) {
        let now = self.now;
        let side = self.side(role);
        side.incoming.clear();
        if side.connection.is_resumable() {
            side.connection
                .handle_loss(DisconnectReason::KeepAliveTimeout, now);
        }
    }

    /// Connects the client again. Returns the first frame of the server.
    fn connect(&mut self) -> Vec<u8> {
        self.server.incoming.clear();
        let delivery = self.client.connection.delivery().unwrap();
        let resume = Resume {
            token: delivery.grant().unwrap().token.clone(),
            received: delivery.received(),
        };
        let payload = ClientControl::Resume(resume.clone()).encode();
        let ping = frame::build(MessageType::Ping, &payload);
        let opening = FirstPing::default().read(&ping);
        assert_eq!(opening, Some(Opening::Resume(resume.clone())));
        self.server.connection.resume(resume.received, self.now);
        let size = self.server.connection.output_len();
        self.server.write(size)
    }

    /// Lets all that is left happen.
    fn finish(&mut self) {
        if !self.is_connected {
            self.apply(Event::Resume);
        }
        let now = self.now;
        let mut has_moved = true;
        while has_moved {
            has_moved = false;
            for role in SIDES {
                self.write(role, usize::MAX);
                let receiver = self.side(role.peer());
                has_moved |= !receiver.incoming.is_empty();
                receiver.receive(now);
            }
        }
    }

    /// Fails if a message is lost, doubled or out of order.
    fn check(&self, events: &[Event]) {
        for (from, to) in [(&self.client, &self.server), (&self.server, &self.client)] {
            assert!(from.connection.end_reason().is_none(), "{events:?}");
            assert!(from.sent.starts_with(&to.received), "{events:?}");
        }
    }

    fn check_finished(&mut self, events: &[Event]) {
        self.finish();
        self.check(events);
        assert_eq!(self.client.sent, self.server.received, "{events:?}");
        assert_eq!(self.server.sent, self.client.received, "{events:?}");
    }

    /// Returns a number that is equal for equal states.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for side in [&self.client, &self.server] {
            let connection = &side.connection;
            let parts = (
                &connection.delivery,
                &connection.send_buffer,
                &connection.lifecycle,
                connection.recv_buffer.unfinished(),
            );
            format!("{parts:?}").hash(&mut hasher);
            (&side.queue, &side.sent, &side.received, &side.incoming).hash(&mut hasher);
        }
        (self.is_connected, self.losses, self.keep_alives).hash(&mut hasher);
        hasher.finish()
    }
}

fn all_events() -> Vec<Event> {
    let of_a_side = |role| {
        [
            Event::Send(role),
            Event::Write(role),
            Event::Receive(role),
            Event::KeepAlive(role),
        ]
    };
    let mut events: Vec<Event> = SIDES.into_iter().flat_map(of_a_side).collect();
    events.extend(SIDES.map(Event::LosePart));
    events.extend([
        Event::Lose,
        Event::Notice,
        Event::ResumeInVain,
        Event::Resume,
    ]);
    events
}

#[test]
fn nothing_is_lost_doubled_or_out_of_order_whatever_happens() {
    let events = all_events();
    let mut seen = HashSet::new();
    let mut paths = vec![(vec![], Session::new(Instant::now()))];
    while let Some((path, session)) = paths.pop() {
        for event in &events {
            let mut next = session.clone();
            if !next.allows(*event) {
                continue;
            }
            next.apply(*event);
            if !seen.insert(next.fingerprint()) {
                continue;
            }
            let longer = [&path[..], &[*event]].concat();
            next.check(&longer);
            next.clone().check_finished(&longer);
            paths.push((longer, next));
        }
    }
    // Otherwise an event is never allowed any more.
    assert!(seen.len() > 50_000, "{} states", seen.len());
}
