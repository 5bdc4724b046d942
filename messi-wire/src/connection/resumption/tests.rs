use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::ConnectionConfig;
use crate::resumption::ByeReason;
use crate::resumption::samples::{WINDOW, grant};

fn connection(role: Role) -> (Connection, Instant) {
    let now = Instant::now();
    (
        Connection::new(role, Arc::new(ConnectionConfig::default()), now),
        now,
    )
}

/// Returns a server with a session and a written grant.
fn server() -> (Connection, Instant) {
    let (mut server, now) = connection(Role::Server);
    server.grant_session(grant(), None);
    write(&mut server);
    (server, now)
}

/// Returns a client with a session that was granted.
fn client() -> (Connection, Instant) {
    let (mut client, now) = connection(Role::Client);
    client.request_session(WINDOW as usize);
    write(&mut client);
    let accept = ServerControl::Accept {
        grant: grant(),
        lost: None,
        handled: None,
    };
    receive(&mut client, &pong(&accept.encode()), now);
    (client, now)
}

fn pong(payload: &[u8]) -> Vec<u8> {
    frame::build(MessageType::Pong, payload)
}

fn ping(payload: &[u8]) -> Vec<u8> {
    frame::build(MessageType::Ping, payload)
}

/// Returns a message of the side of the connection.
fn message(connection: &Connection, payload: &[u8]) -> Vec<u8> {
    frame::build(connection.role().sent(), payload)
}

fn receive(connection: &mut Connection, bytes: &[u8], now: Instant) {
    connection.handle_input(bytes, usize::MAX, now, |_| false);
}

fn queue(connection: &mut Connection, payload: &[u8]) {
    let message = message(connection, payload);
    connection.refill_output(|frames| {
        frames.extend_from_slice(&message);
        1
    });
}

/// Writes all output, and the messages to be sent again.
fn write(connection: &mut Connection) -> Vec<u8> {
    let mut written = Vec::new();
    loop {
        if connection.output_len() == 0 {
            connection.refill_output(|_| 0);
        }
        let bytes = connection.remaining_output().to_vec();
        if bytes.is_empty() {
            return written;
        }
        connection.handle_written(bytes.len());
        written.extend(bytes);
    }
}

fn lose(connection: &mut Connection, now: Instant) {
    connection.handle_loss(DisconnectReason::KeepAliveTimeout, now);
}

fn unacknowledged(connection: &Connection) -> u64 {
    connection.delivery().expect("no session").unacknowledged()
}

#[test]
fn a_session_begins_with_these_bytes() {
    let (mut client, _) = connection(Role::Client);
    client.request_session(WINDOW as usize);
    assert_eq!(write(&mut client), b"\x03\0\0\x02\x01\x01");
    let (mut server, _) = connection(Role::Server);
    server.grant_session(grant(), Some((SessionLost::Expired, Some(1))));
    let expected = [
        &b"\x04\0\0\x28\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02"[..],
        &[3; 16],
        b"\x3c\x80\x80\x40\x01\x02",
    ];
    assert_eq!(write(&mut server), expected.concat());
}

#[test]
fn a_server_that_goes_on_says_so_first() {
    let (mut server, now) = server();
    queue(&mut server, b"a");
    let sent = write(&mut server);
    receive(&mut server, b"\x01\0\0\x01b\x01\0\0\x01c", now);
    lose(&mut server, now);
    server.resume(0, now);
    assert_eq!(write(&mut server), [&pong(b"\x02\x02")[..], &sent].concat());
}

#[test]
fn without_a_session_a_lost_connection_ends() {
    for role in [Role::Client, Role::Server] {
        let (mut plain, now) = connection(role);
        lose(&mut plain, now);
        assert!(plain.is_aborted());
        assert_eq!(
            plain.end_reason(),
            Some(&DisconnectReason::KeepAliveTimeout)
        );
    }
}

#[test]
fn a_server_without_sessions_leaves_a_plain_connection() {
    for response in [pong(b""), pong(b"?"), pong(b"\x03\x05")] {
        let (mut client, now) = connection(Role::Client);
        client.request_session(WINDOW as usize);
        write(&mut client);
        queue(&mut client, b"a");
        write(&mut client);
        receive(&mut client, &response, now);
        assert!(client.delivery().is_none());
        lose(&mut client, now);
        assert!(client.end_reason().is_some());
    }
}

#[test]
fn messages_from_before_the_grant_are_of_the_session() {
    let (mut client, now) = connection(Role::Client);
    client.request_session(WINDOW as usize);
    write(&mut client);
    queue(&mut client, b"first");
    let first = write(&mut client);
    let accept = ServerControl::Accept {
        grant: grant(),
        lost: None,
        handled: None,
    };
    receive(&mut client, &pong(&accept.encode()), now);
    lose(&mut client, now);
    client.resume(0, now);
    assert_eq!(write(&mut client), first);
}

#[test]
fn keep_alive_frames_tell_the_count_when_it_has_changed() {
    let (mut server, now) = server();
    receive(&mut server, b"\x01\0\0\x01a\x03\0\0\0", now);
    assert_eq!(write(&mut server), pong(b"\x03\x01"));
    receive(&mut server, b"\x03\0\0\0", now);
    assert_eq!(write(&mut server), pong(b""));
    let (mut client, now) = client();
    receive(&mut client, b"\x02\0\0\x01a\x02\0\0\x01b", now);
    client.handle_timeout(now + Duration::from_secs(2));
    assert_eq!(write(&mut client), ping(b"\x03\x02"));
}

#[test]
fn a_count_is_told_again_if_the_frame_before_is_still_being_written() {
    let (mut server, now) = server();
    receive(&mut server, b"\x01\0\0\x01a\x03\0\0\0", now);
    server.handle_written(1);
    receive(&mut server, b"\x01\0\0\x01b\x03\0\0\0", now);
    assert_eq!(write(&mut server), pong(b"\x03\x01")[1..]);
    receive(&mut server, b"\x03\0\0\0", now);
    assert_eq!(write(&mut server), pong(b"\x03\x02"));
}

#[test]
fn acknowledged_messages_are_not_sent_again() {
    let (mut client, now) = client();
    for payload in [b"a", b"b", b"c"] {
        queue(&mut client, payload);
        write(&mut client);
    }
    receive(&mut client, &pong(b"\x03\x01"), now);
    assert_eq!(unacknowledged(&client), 2);
    lose(&mut client, now);
    client.resume(2, now);
    assert_eq!(write(&mut client), message(&client, b"c"));
}

#[test]
fn a_message_that_is_partly_written_is_sent_again_as_a_whole() {
    let (mut client, now) = client();
    queue(&mut client, b"abc");
    client.handle_written(5);
    lose(&mut client, now);
    assert_eq!(client.output_len(), 0);
    client.resume(0, now);
    assert_eq!(write(&mut client), message(&client, b"abc"));
}

#[test]
fn a_message_that_is_partly_received_is_received_again() {
    let (mut server, now) = server();
    receive(&mut server, b"\x01\0\0\x01a\x01\0\0\x02b", now);
    lose(&mut server, now);
    server.resume(0, now);
    receive(&mut server, b"\x01\0\0\x02bc", now);
    assert_eq!(server.next_message(), Some(&b"a"[..]));
    assert_eq!(server.next_message(), Some(&b"bc"[..]));
    assert_eq!(server.delivery().unwrap().received(), 2);
}

#[test]
fn a_connection_that_is_half_open_is_given_up_for_a_new_one() {
    let (mut server, now) = server();
    queue(&mut server, b"a");
    write(&mut server);
    server.resume(0, now);
    assert_eq!(server.end_reason(), None);
    let expected = [pong(b"\x02\0"), message(&server, b"a")].concat();
    assert_eq!(write(&mut server), expected);
}

#[test]
fn a_count_that_can_t_be_ends_the_session() {
    for received in [0, 3] {
        let (mut client, now) = client();
        queue(&mut client, b"a");
        write(&mut client);
        queue(&mut client, b"b");
        write(&mut client);
        receive(&mut client, &pong(b"\x03\x01"), now);
        lose(&mut client, now);
        client.resume(received, now);
        let Some(DisconnectReason::SessionLost(lost)) = client.end_reason() else {
            panic!("{:?}", client.end_reason());
        };
        assert_eq!(lost.why, SessionLost::Mismatch);
        assert_eq!(lost.unacknowledged, 1);
        assert!(client.is_aborted());
    }
    let (mut client, now) = client();
    receive(&mut client, &pong(b"\x03\x01"), now);
    assert!(client.is_aborted());
}

#[test]
fn nothing_follows_the_end_of_a_session() {
    let (mut server, now) = server();
    let message = frame::build(MessageType::ClientToServer, b"a");
    receive(
        &mut server,
        &[ping(b"\x03\x01"), message.clone()].concat(),
        now,
    );
    assert!(server.is_aborted());
    assert_eq!((server.output_len(), server.poll_timeout()), (0, None));
    assert_eq!(server.next_message(), None);
    let (mut server, now) = self::server();
    receive(
        &mut server,
        &[message.clone(), ping(b"\x04\x01"), message].concat(),
        now,
    );
    assert_eq!(server.next_message(), Some(&b"a"[..]));
    assert_eq!(server.next_message(), None);
}

#[test]
fn an_acknowledgement_does_not_overtake_the_grant() {
    let (mut server, now) = connection(Role::Server);
    server.grant_session(grant(), None);
    let message = frame::build(MessageType::ClientToServer, &[1; 65_000]);
    receive(&mut server, &[message.clone(), message].concat(), now);
    let written = write(&mut server);
    let accept = ServerControl::Accept {
        grant: grant(),
        lost: None,
        handled: None,
    };
    let expected = [pong(&accept.encode()), pong(b"\x03\x02")].concat();
    assert_eq!(written, expected);
}

#[test]
fn a_batch_larger_than_the_window_does_not_stop_the_output_once_most_of_it_is_acknowledged() {
    let (mut server, now) = server();
    let batch = vec![message(&server, &[1; 60_000]); 40].concat();
    server.refill_output(|frames| {
        frames.extend_from_slice(&batch);
        frame::count_messages(frames, 0)
    });
    write(&mut server);
    assert!(server.holds_output());
    // The client acknowledges the last message together with the next ones.
    receive(&mut server, &ping(b"\x03\x27"), now);
    assert!(!server.holds_output());
}

#[test]
fn a_session_that_was_not_interrupted_by_this_side_s_end_does_not_go_on() {
    let (mut server, now) = server();
    server.end(DisconnectReason::Disconnected, now);
    server.resume(0, now);
    assert_eq!(server.end_reason(), Some(&DisconnectReason::Disconnected));
    let (mut server, now) = self::server();
    server.drain(now);
    lose(&mut server, now);
    assert!(server.is_aborted());
}

#[test]
fn an_interrupted_session_ends_without_a_connection_to_close() {
    let ends: [fn(&mut Connection, Instant); 2] = [
        |server, now| server.end(DisconnectReason::Stopped, now),
        |server, now| server.drain(now),
    ];
    for end in ends {
        let (mut server, now) = server();
        lose(&mut server, now);
        end(&mut server, now);
        assert_eq!(server.end_reason(), Some(&DisconnectReason::Stopped));
        assert!(server.is_aborted());
        assert!(server.ending().is_lost);
    }
}

#[test]
fn a_server_may_refuse_a_client_that_asks_for_a_session() {
    let (mut client, now) = connection(Role::Client);
    client.request_session(WINDOW as usize);
    write(&mut client);
    let bye = Bye::new(ByeReason::Refused);
    receive(&mut client, &pong(&bye.encode()), now);
    let reason = DisconnectReason::Bye(Box::new(bye));
    assert_eq!(client.end_reason(), Some(&reason));
}

#[test]
fn a_full_window_holds_the_output_until_the_peer_acknowledges() {
    let (mut client, now) = connection(Role::Client);
    client.request_session(100);
    write(&mut client);
    queue(&mut client, &[1; 60]);
    write(&mut client);
    assert!(!client.holds_output());
    queue(&mut client, &[2; 60]);
    write(&mut client);
    assert!(client.holds_output());
    client.refill_output(|_| panic!("taken in spite of the full window"));
    let accept = ServerControl::Accept {
        grant: grant(),
        lost: None,
        handled: None,
    };
    receive(&mut client, &pong(&accept.encode()), now);
    receive(&mut client, &pong(b"\x03\x02"), now);
    assert!(!client.holds_output());
}

#[test]
fn what_is_sent_again_does_not_wait_for_the_window() {
    let (mut server, now) = connection(Role::Server);
    let grant = Grant {
        window: 100,
        ..grant()
    };
    server.grant_session(grant, None);
    write(&mut server);
    queue(&mut server, &[1; 200]);
    let sent = write(&mut server);
    lose(&mut server, now);
    server.resume(0, now);
    assert!(!server.holds_output());
    assert_eq!(write(&mut server), [&pong(b"\x02\0")[..], &sent].concat());
    assert!(server.holds_output());
}

/// Returns the output of the server while it receives this number of messages, with a payload of 1 KiB
/// each.
fn sent_while_receiving(messages: usize, answers: bool) -> Vec<u8> {
    let (mut server, now) = server();
    let message = frame::build(MessageType::ClientToServer, &[0; 1020]);
    let mut sent = Vec::new();
    for _ in 0..messages {
        receive(&mut server, &message, now);
        server.next_message();
        if answers {
            queue(&mut server, b"");
        }
        sent.extend(write(&mut server));
    }
    sent
}

#[test]
fn a_side_that_only_receives_tells_the_count_every_64_kib() {
    assert_eq!(sent_while_receiving(63, false), b"");
    assert_eq!(sent_while_receiving(64, false), pong(b"\x03\x40"));
    let twice = [pong(b"\x03\x40"), pong(b"\x03\x80\x01")].concat();
    assert_eq!(sent_while_receiving(191, false), twice);
}

#[test]
fn a_side_that_also_sends_tells_the_count_every_16_kib() {
    let empty = b"\x02\0\0\0";
    assert_eq!(sent_while_receiving(15, true), empty.repeat(15));
    let expected = [&empty.repeat(15)[..], &pong(b"\x03\x10"), empty].concat();
    assert_eq!(sent_while_receiving(16, true), expected);
}

#[test]
fn a_small_window_is_told_earlier() {
    let (mut server, now) = connection(Role::Server);
    let grant = Grant {
        window: 400,
        ..grant()
    };
    server.grant_session(grant, None);
    write(&mut server);
    receive(
        &mut server,
        &frame::build(MessageType::ClientToServer, &[0; 96]),
        now,
    );
    assert_eq!(write(&mut server), pong(b"\x03\x01"));
}

#[test]
fn who_leaves_says_why() {
    let bye = Bye {
        text: "maintenance".into(),
        retry_after: Some(Duration::from_secs(1)),
        ..Bye::new(ByeReason::Leaving)
    };
    let (mut server, now) = server();
    server.end(DisconnectReason::Stopped, now);
    server.say_bye(&bye);
    let bytes = write(&mut server);
    assert_eq!(bytes, pong(b"\x04\x01\xe9\x07maintenance"));
    let (mut client, now) = client();
    receive(&mut client, &bytes, now);
    let reason = DisconnectReason::Bye(Box::new(bye));
    assert_eq!(client.end_reason(), Some(&reason));
    assert_eq!(
        reason.to_string(),
        "the peer has ended the connection: it is leaving: maintenance"
    );
    // The end of the stream that follows is no interruption.
    client.handle_end_of_input(now);
    assert_eq!(client.interruption(), None);
}

#[test]
fn a_plain_connection_never_hears_of_sessions() {
    let (mut server, now) = connection(Role::Server);
    receive(&mut server, b"\x01\0\0\x01a\x03\0\0\0", now);
    assert_eq!(write(&mut server), pong(b""));
    receive(&mut server, &ping(b"\x04\x01"), now);
    assert_eq!(server.end_reason(), None);
    assert_eq!(write(&mut server), pong(b""));
    server.say_bye(&Bye::new(ByeReason::Leaving));
    assert_eq!(write(&mut server), b"");
}

#[test]
fn keep_alive_begins_anew_with_the_connection() {
    let (mut client, now) = client();
    lose(&mut client, now);
    assert_eq!(client.poll_timeout(), None);
    let later = now + Duration::from_secs(60);
    client.resume(0, later);
    assert_eq!(client.poll_timeout(), Some(later + Duration::from_secs(2)));
    client.handle_timeout(later + Duration::from_secs(1));
    assert_eq!(client.end_reason(), None);
}
