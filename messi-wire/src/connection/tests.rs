//! Tests of a client's and a server's connection, joined in memory, with a pretended time.

use std::io;

use prost::Message;

use super::drain::SILENCE;
use super::*;
use crate::encode::append_frame;
use crate::frame::{HEADER_SIZE, Header, MessageType};

const MOMENT: Duration = Duration::from_millis(1);

/// Both ends of a connection.
struct Pair {
    now: Instant,
    client: Connection,
    server: Connection,
    /// The number of bytes that are moved at a time.
    step: usize,
}

impl Pair {
    fn new() -> Self {
        Self::with_config(ConnectionConfig::default())
    }

    fn with_config(config: ConnectionConfig) -> Self {
        let config = Arc::new(config);
        let now = Instant::now();
        Self {
            now,
            client: Connection::new(Role::Client, config.clone(), now),
            server: Connection::new(Role::Server, config, now),
            step: usize::MAX,
        }
    }

    /// Lets time pass. Sent bytes arrive at once.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.deliver();
            let next = [&self.client, &self.server]
                .into_iter()
                .filter_map(Connection::poll_timeout)
                .min();
            match next.filter(|&next| next <= end) {
                Some(next) => {
                    self.now = self.now.max(next);
                    self.client.handle_timeout(self.now);
                    self.server.handle_timeout(self.now);
                }
                None => break,
            }
        }
        self.now = end;
    }

    /// Moves all output of either side to the other.
    fn deliver(&mut self) {
        let Self {
            now,
            client,
            server,
            step,
        } = self;
        loop {
            let moved =
                transfer(client, server, *step, *now) + transfer(server, client, *step, *now);
            if moved == 0 {
                break;
            }
        }
    }

    /// Lets time pass for one side only: its output is lost, and it receives no bytes.
    fn pass_alone(&mut self, role: Role, time: Duration) {
        let end = self.now + time;
        let side = match role {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        };
        while let Some(next) = side.poll_timeout().filter(|&next| next <= end) {
            self.now = next;
            side.handle_timeout(next);
        }
        self.now = end;
    }
}

fn transfer(from: &mut Connection, to: &mut Connection, step: usize, now: Instant) -> usize {
    if !to.wants_input() {
        return 0;
    }
    let bytes = write(from, step);
    if !bytes.is_empty() {
        receive(to, &bytes, now);
    }
    bytes.len()
}

/// Writes this number of bytes, or all if there are fewer.
fn write(connection: &mut Connection, count: usize) -> Vec<u8> {
    let mut written = Vec::new();
    while written.len() < count && connection.output_len() > 0 {
        let bytes = connection.remaining_output();
        let bytes = &bytes[..bytes.len().min(count - written.len())];
        written.extend_from_slice(bytes);
        connection.handle_written(bytes.len());
    }
    written
}

/// Receives bytes without responses.
fn receive(connection: &mut Connection, bytes: &[u8], now: Instant) -> Received {
    connection.handle_input(bytes, usize::MAX, now, |_| false)
}

fn message(message_type: MessageType, payload: &[u8]) -> Vec<u8> {
    let header = Header::new(message_type, payload.len()).encode();
    [&header, payload].concat()
}

fn send(connection: &mut Connection, payload: &[u8]) {
    let frame = message(connection.role.sent(), payload);
    connection.refill_output(|output| {
        output.extend_from_slice(&frame);
        1
    });
}

fn received(connection: &mut Connection) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some(payload) = connection.next_message() {
        messages.push(payload.to_vec());
    }
    messages
}

fn server() -> (Connection, Instant) {
    let now = Instant::now();
    (Connection::new(Role::Server, Arc::default(), now), now)
}

fn client() -> (Connection, Instant) {
    let now = Instant::now();
    (Connection::new(Role::Client, Arc::default(), now), now)
}

#[test]
fn messages_arrive_in_order_both_ways_for_all_splits() {
    for step in 1..10 {
        let mut pair = Pair::new();
        pair.step = step;
        for message in [b"one".as_slice(), b"", b"three"] {
            send(&mut pair.client, message);
            send(&mut pair.server, message);
            pair.deliver();
        }
        let expected = [b"one".to_vec(), b"".to_vec(), b"three".to_vec()];
        assert_eq!(received(&mut pair.server), expected);
        assert_eq!(received(&mut pair.client), expected);
    }
}

#[test]
fn an_idle_connection_stays_alive() {
    let mut pair = Pair::new();
    pair.pass(Duration::from_secs(3_600));
    assert_eq!(pair.client.end_reason(), None);
    assert_eq!(pair.server.end_reason(), None);
    assert!(pair.client.is_validated() && pair.server.is_validated());
}

#[test]
fn a_client_expires_a_silent_server_when_the_second_ping_is_due() {
    let mut pair = Pair::new();
    pair.pass_alone(Role::Client, Duration::from_secs(4) - MOMENT);
    assert_eq!(pair.client.end_reason(), None);
    assert_eq!(pair.client.remaining_output(), b"\x03\0\0\0");
    pair.pass_alone(Role::Client, MOMENT);
    assert_eq!(
        pair.client.end_reason(),
        Some(&DisconnectReason::KeepAliveTimeout)
    );
    assert!(pair.client.is_aborted());
}

#[test]
fn a_server_expires_a_silent_client_after_the_keep_alive_timeout() {
    let mut pair = Pair::new();
    pair.pass_alone(Role::Server, Duration::from_secs(3) - MOMENT);
    assert_eq!(pair.server.end_reason(), None);
    pair.pass_alone(Role::Server, MOMENT);
    assert_eq!(
        pair.server.end_reason(),
        Some(&DisconnectReason::KeepAliveTimeout)
    );
}

#[test]
fn a_long_upload_does_not_end_the_connection() {
    let (mut server, start) = server();
    let frame = message(MessageType::ClientToServer, &[0; 100_000]);
    for (second, part) in frame.chunks(1_000).enumerate() {
        let now = start + Duration::from_secs(second as u64);
        server.handle_timeout(now);
        receive(&mut server, part, now);
    }
    assert_eq!(server.end_reason(), None);
    assert_eq!(received(&mut server).len(), 1);
}

#[test]
fn an_unfinished_message_ends_the_connection_after_the_message_timeout() {
    let (mut server, mut now) = server();
    let frame = message(MessageType::ClientToServer, &[0; 100]);
    let mut sent = 0;
    while server.end_reason().is_none() {
        // A byte a second, so that the silence is never long.
        receive(&mut server, &frame[sent..=sent], now);
        sent += 1;
        now += Duration::from_secs(1);
        server.handle_timeout(now);
    }
    assert_eq!(sent, 10);
    assert_eq!(server.end_reason(), Some(&DisconnectReason::MessageTimeout));
}

#[test]
fn the_message_timeout_starts_with_each_message() {
    let (mut server, mut now) = server();
    let frame = message(MessageType::ClientToServer, &[0; 4]);
    for _ in 0..100 {
        receive(&mut server, &frame[..7], now);
        now += Duration::from_secs(2);
        server.handle_timeout(now);
        // The end of one message, and the beginning of the next.
        receive(&mut server, &frame[7..], now);
    }
    assert_eq!(server.end_reason(), None);
}

#[test]
fn a_pong_is_sent_ahead_of_queued_messages() {
    let (mut server, now) = server();
    send(&mut server, b"first");
    let second = message(MessageType::ServerToClient, b"second");
    server.handle_written(2);
    receive(&mut server, b"\x03\0\0\0", now);
    let rest = [
        &message(MessageType::ServerToClient, b"first")[2..],
        b"\x04\0\0\0",
    ]
    .concat();
    assert_eq!(write(&mut server, usize::MAX), rest);
    server.refill_output(|output| {
        output.extend_from_slice(&second);
        1
    });
    assert_eq!(server.remaining_output(), second);
}

#[test]
fn a_ping_with_a_payload_gets_a_pong() {
    let (mut server, now) = server();
    receive(&mut server, b"\x03\0\0\x02hi", now);
    assert_eq!(server.remaining_output(), b"\x04\0\0\0");
    assert_eq!(server.end_reason(), None);
}

#[test]
fn pongs_are_sent_while_messages_wait_for_the_handler() {
    let mut pair = Pair::new();
    for second in 0..60 {
        if second < 10 {
            send(&mut pair.client, b"work");
        }
        pair.pass(Duration::from_secs(1));
    }
    assert_eq!(pair.client.end_reason(), None);
    assert_eq!(received(&mut pair.server).len(), 10);
}

#[test]
fn reading_pauses_while_too_many_bytes_wait_for_the_handler() {
    let config = ConnectionConfig {
        max_unhandled_bytes: 100,
        ..ConnectionConfig::default()
    };
    let mut pair = Pair::with_config(config);
    send(&mut pair.client, &[1; 120]);
    pair.deliver();
    assert!(!pair.server.wants_input());
    send(&mut pair.client, b"later");
    pair.deliver();
    assert_eq!(received(&mut pair.server), [vec![1; 120]]);
    assert!(pair.server.wants_input());
    pair.deliver();
    assert_eq!(received(&mut pair.server), [b"later"]);
}

#[test]
fn a_connection_survives_while_either_side_pauses_reading() {
    for role in [Role::Client, Role::Server] {
        let config = ConnectionConfig {
            max_unhandled_bytes: 1,
            ..ConnectionConfig::default()
        };
        let mut pair = Pair::with_config(config);
        let sender = if role == Role::Client {
            &mut pair.client
        } else {
            &mut pair.server
        };
        send(sender, b"long work");
        pair.pass(Duration::from_secs(600));
        assert_eq!(pair.client.end_reason(), None, "{role:?} sent");
        assert_eq!(pair.server.end_reason(), None, "{role:?} sent");
    }
}

#[test]
fn a_server_ends_the_connection_at_an_unexpected_message_type() {
    for type_byte in [0, 2, 4, 5, 255] {
        let (mut server, now) = server();
        receive(
            &mut server,
            &message(MessageType::ClientToServer, b"before"),
            now,
        );
        receive(&mut server, &[type_byte, 0, 0, 0], now);
        assert_eq!(
            server.end_reason(),
            Some(&DisconnectReason::UnexpectedMessageType(type_byte))
        );
        assert_eq!(received(&mut server), [b"before"]);
    }
}

#[test]
fn a_client_ignores_an_unexpected_message_type() {
    let (mut client, now) = client();
    for type_byte in [0, 1, 3, 5, 255] {
        receive(&mut client, &[type_byte, 0, 0, 2, 9, 9], now);
    }
    receive(
        &mut client,
        &message(MessageType::ServerToClient, b"after"),
        now,
    );
    assert_eq!(received(&mut client), [b"after"]);
    assert_eq!(client.end_reason(), None);
    assert!(client.remaining_output().is_empty());
}

#[test]
fn a_frame_above_the_limit_ends_the_connection_at_its_header() {
    let mut config = ConnectionConfig::default();
    config.set_max_message_size(10);
    for role in [Role::Client, Role::Server] {
        let now = Instant::now();
        let mut connection = Connection::new(role, Arc::new(config.clone()), now);
        receive(&mut connection, &message(role.received(), &[7; 10]), now);
        assert_eq!(connection.end_reason(), None);
        receive(
            &mut connection,
            &Header::new(role.received(), 11).encode(),
            now,
        );
        assert_eq!(
            connection.end_reason(),
            Some(&DisconnectReason::MessageTooBig {
                size: 11,
                limit: 10
            })
        );
        assert_eq!(received(&mut connection), [[7; 10]]);
    }
}

#[test]
fn messages_received_before_the_peers_end_are_still_handled() {
    let (mut server, now) = server();
    receive(
        &mut server,
        &message(MessageType::ClientToServer, b"last words"),
        now,
    );
    server.handle_end_of_input(now);
    assert_eq!(
        server.end_reason(),
        Some(&DisconnectReason::ConnectionClosed)
    );
    assert_eq!(received(&mut server), [b"last words"]);
}

#[test]
fn no_message_is_handled_once_this_side_has_ended_the_connection() {
    let (mut server, now) = server();
    receive(
        &mut server,
        &message(MessageType::ClientToServer, b"too late"),
        now,
    );
    server.end(DisconnectReason::Disconnected, now);
    assert!(received(&mut server).is_empty());
}

/// Drains a connection to a peer that has sent all its messages.
fn drain(connection: &mut Connection, now: Instant) {
    connection.drain(now);
    connection.handle_no_input(now);
    connection.handle_timeout(now + SILENCE);
}

#[test]
fn a_stopped_handler_gets_no_more_messages_after_the_end_of_the_connection() {
    for (reason, is_handled) in [
        (DisconnectReason::HandlerPanicked, false),
        (DisconnectReason::Disconnected, false),
        (DisconnectReason::Stopped, false),
        (DisconnectReason::SlowConsumer, true),
    ] {
        for end in [Connection::handle_end_of_input, drain] {
            let (mut server, now) = server();
            receive(
                &mut server,
                &message(MessageType::ClientToServer, b"last words"),
                now,
            );
            end(&mut server, now);
            server.end(reason.clone(), now);
            assert_eq!(!received(&mut server).is_empty(), is_handled, "{reason:?}");
        }
    }
}

#[test]
fn a_client_that_has_drained_pings_until_its_messages_are_handled() {
    let mut pair = Pair::new();
    send(&mut pair.server, b"slow to handle");
    pair.deliver();
    drain(&mut pair.client, pair.now);
    assert_eq!(pair.client.end_reason(), Some(&DisconnectReason::Stopped));
    // The server gives up a client after 3 s of silence, and one that sends a pong at once.
    pair.pass(Duration::from_secs(60));
    assert_eq!(pair.server.end_reason(), None);
    assert!(!pair.client.is_aborted());
    assert_eq!(received(&mut pair.client), [b"slow to handle"]);
    pair.client.handle_shut_down(pair.now);
    pair.pass(Duration::from_secs(60));
    assert!(pair.client.is_aborted());
}

#[test]
fn the_first_end_reason_is_kept() {
    let (mut server, now) = server();
    server.end(DisconnectReason::Disconnected, now);
    server.handle_end_of_input(now);
    server.fail(io::Error::from(io::ErrorKind::TimedOut).into(), now);
    assert_eq!(server.end_reason(), Some(&DisconnectReason::Disconnected));
}

#[test]
fn a_decode_error_replaces_the_earlier_end_by_the_peer() {
    let (mut server, now) = server();
    receive(
        &mut server,
        &message(MessageType::ClientToServer, b"invalid"),
        now,
    );
    server.handle_end_of_input(now);
    assert!(server.next_message().is_some());
    let error = <()>::decode(&b"\xff"[..]).unwrap_err();
    server.handle_decode_error(error.clone(), now);
    assert_eq!(
        server.end_reason(),
        Some(&DisconnectReason::MessageDecodeError(error))
    );
}

#[test]
fn no_bytes_are_exchanged_after_a_socket_error() {
    let (mut server, now) = server();
    server.fail(DisconnectReason::ConnectionClosed, now);
    assert_eq!(
        server.end_reason(),
        Some(&DisconnectReason::ConnectionClosed)
    );
    assert!(server.is_aborted());
}

#[test]
fn a_peer_that_never_reads_ends_the_connection_after_the_write_timeout() {
    let (mut client, start) = client();
    let timeout = ConnectionConfig::default().write_timeout;
    send(&mut client, b"hello");
    client.handle_write_blocked(start);
    // Any progress restarts the time.
    let progress = start + timeout - MOMENT;
    client.handle_written(1);
    client.handle_write_blocked(progress);
    let heard = |client: &mut Connection, now| receive(client, &[4, 0, 0, 0], now);
    heard(&mut client, progress);
    client.handle_timeout(start + timeout);
    assert_eq!(client.end_reason(), None);
    heard(&mut client, progress + timeout - MOMENT);
    client.handle_timeout(progress + timeout);
    assert_eq!(client.end_reason(), Some(&DisconnectReason::SlowConsumer));
    assert!(client.is_aborted());
}

#[test]
fn closing_is_aborted_after_its_time_limit() {
    let (mut client, now) = client();
    send(&mut client, b"goodbye");
    client.end(DisconnectReason::Stopped, now);
    assert_eq!(client.poll_timeout(), Some(now + CLOSE_TIMEOUT));
    assert!(!client.is_aborted());
    client.handle_timeout(now + CLOSE_TIMEOUT);
    assert!(client.is_aborted());
    assert_eq!(client.poll_timeout(), None);
}

#[test]
fn a_flood_of_pings_queues_one_pong() {
    let (mut server, now) = server();
    for _ in 0..1_000 {
        receive(&mut server, &b"\x03\0\0\0".repeat(1_000), now);
    }
    assert_eq!(server.remaining_output(), b"\x04\0\0\0");
    received(&mut server);
    server.release(server.recv_capacity_limit(), server.send_capacity_limit());
    assert_eq!(server.recv_buffer.unhandled(), 0);
}

#[test]
fn the_other_side_receives_an_encoded_message() {
    let mut buffer = Vec::new();
    let text = "hello".to_string();
    append_frame(&mut buffer, MessageType::ClientToServer, &text, 7).unwrap();
    assert_eq!(buffer.len(), HEADER_SIZE + 7);
    let (mut server, now) = server();
    receive(&mut server, &buffer, now);
    assert_eq!(received(&mut server), [b"\x0a\x05hello"]);
}
