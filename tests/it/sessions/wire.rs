//! The bytes of sessions, and peers that do not know them.

use async_std::net::TcpListener;
use futures::AsyncReadExt;

use super::*;

/// The first ping of a client that asks for a session.
const HELLO: &[u8] = b"\x03\0\0\x02\x01\x01";

#[test]
fn a_server_of_the_original_sees_a_payload_in_the_first_ping_alone() {
    run(async {
        let (listener, uri) = raw_server().await;
        let builder = ChatClient::builder(uri)
            .session(Session::default())
            .keep_alive_interval(Duration::from_millis(200))
            // The second ping has no answer.
            .keep_alive_timeout(HOUR);
        let (client, mut events) = start_client(builder);
        let mut peer = RawPeer::accept(&listener).await;
        peer.expect(HELLO).await;
        assert_eq!(events.next().await, Event::Connected);
        peer.send(b"\x04\0\0\0").await;
        peer.expect(b"\x03\0\0\0").await;
        peer.send(b"\x04\0\0\0\x02\0\0\x0d\x12\x0b\x0a\x04Erik\x12\x03one")
            .await;
        assert_eq!(events.next().await, Event::Message("one".into()));
        peer.expect(b"\x03\0\0\0").await;
        drop(peer);
        // Without a session, there is no interruption.
        assert_eq!(events.next().await, CLOSED);
        client.stop().await;
    });
}

#[test]
fn a_lifetime_that_ends_after_all_times_is_no_limit() {
    run(async {
        let (listener, uri) = raw_server().await;
        let (client, mut events) =
            start_client(ChatClient::builder(uri).session(Session::default()));
        let mut peer = RawPeer::accept(&listener).await;
        peer.expect(HELLO).await;
        let largest = [&[0xff; 9][..], b"\x01"].concat();
        let accept = [b"\x01\x01", &[7; 32][..], &largest, &largest, b"\0\0"].concat();
        peer.send(&[b"\x04\0\0", &[accept.len() as u8][..], &accept].concat())
            .await;
        peer.send(b"\x02\0\0\x0d\x12\x0b\x0a\x04Erik\x12\x03one")
            .await;
        drop(peer);
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(events.next().await, Event::Message("one".into()));
        assert!(is_interruption(&events.next().await));
        let mut peer = RawPeer::accept(&listener).await;
        let resume = [b"\x03\0\0\x23\x02\x01", &[7; 32][..], b"\x01"].concat();
        peer.expect(&resume).await;
        peer.send(b"\x04\0\0\x02\x02\0").await;
        assert!(is_resumption(&events.next().await));
        client.stop().await;
    });
}

/// Returns a pong that grants a session for a minute.
fn accept() -> Vec<u8> {
    let (lifetime, window) = (&[60], b"\x80\x80\x80\x01");
    let accept = [b"\x01\x01", &[7; 32][..], lifetime, window, b"\0\0"].concat();
    [b"\x04\0\0", &[accept.len() as u8][..], &accept].concat()
}

/// Starts a client of a raw server, grants it a session, and ends the connection.
async fn interrupt(listener: &TcpListener, uri: &str) -> (ChatClient, Events) {
    let builder = ChatClient::builder(uri)
        .session(Session::default())
        .reconnect_delay(Duration::from_millis(100), Duration::from_millis(100));
    let (client, mut events) = start_client(builder);
    let mut peer = RawPeer::accept(listener).await;
    peer.expect(HELLO).await;
    peer.send(&accept()).await;
    assert_eq!(events.next().await, Event::Connected);
    drop(peer);
    assert!(is_interruption(&events.next().await));
    (client, events)
}

/// The first ping of a client that goes on with the session of [`accept`], in which it has received no message.
fn resume() -> Vec<u8> {
    [b"\x03\0\0\x23\x02\x01", &[7; 32][..], b"\0"].concat()
}

#[test]
fn a_server_that_has_counted_differently_ends_the_session() {
    run(async {
        let (listener, uri) = raw_server().await;
        let (client, mut events) = interrupt(&listener, &uri).await;
        let mut peer = RawPeer::accept(&listener).await;
        peer.expect(&resume()).await;
        // It has received a message that was never sent.
        peer.send(b"\x04\0\0\x02\x02\x01").await;
        let lost = find_lost(&mut events).await;
        assert_eq!(lost.why, SessionLost::Mismatch);
        client.stop().await;
    });
}

#[test]
fn a_client_that_has_counted_differently_ends_the_session() {
    run(async {
        let builder = ChatServer::builder(LOOPBACK).sessions(Sessions::default());
        let (server, mut events) = serve(builder).await;
        let mut peer = RawPeer::connect(server.local_addr()).await;
        peer.send(HELLO).await;
        let grant = read_grant(&mut peer).await;
        assert_eq!(events.next().await, Event::Connected);
        drop(peer);
        assert!(is_interruption(&events.next().await));
        let mut peer = RawPeer::connect(server.local_addr()).await;
        // It has received a message that was never sent.
        peer.send(&[b"\x03\0\0\x23\x02\x01", &grant[6..38], b"\x01"].concat())
            .await;
        let lost = find_lost(&mut events).await;
        assert_eq!(lost.why, SessionLost::Mismatch);
        server.stop().await;
    });
}

#[test]
fn a_client_of_the_original_sees_nothing_of_sessions() {
    run(async {
        let builder = ChatServer::builder(LOOPBACK).sessions(Sessions::default());
        let (server, mut events) = serve(builder).await;
        let mut peer = RawPeer::connect(server.local_addr()).await;
        peer.send(b"\x01\0\0\x0d\x12\x0b\x0a\x04Erik\x12\x03one\x03\0\0\0")
            .await;
        peer.expect(b"\x04\0\0\0").await;
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(events.next().await, Event::Message("one".into()));
        drop(peer);
        assert_eq!(events.next().await, CLOSED);
        server.stop().await;
    });
}

#[test]
fn a_client_that_waits_for_a_greeting_gets_it_a_little_later() {
    run(async {
        let builder = ChatServer::builder(LOOPBACK).sessions(Sessions::default());
        let (server, mut events) = serve(builder).await;
        let mut peer = RawPeer::connect(server.local_addr()).await;
        assert_eq!(events.next().await, Event::Connected);
        server.broadcast(message("one"));
        peer.expect(b"\x02\0\0\x0d\x12\x0b\x0a\x04Erik\x12\x03one")
            .await;
        server.stop().await;
    });
}

/// Reads the pong with which a server grants a session.
async fn read_grant(peer: &mut RawPeer) -> [u8; 45] {
    let mut grant = [0; 45];
    within("a grant", peer.0.read_exact(&mut grant))
        .await
        .unwrap();
    grant
}

#[test]
fn a_wrong_secret_is_refused_and_takes_nothing_over() {
    run(async {
        let builder = ChatServer::builder(LOOPBACK).sessions(Sessions::default());
        let (server, mut events) = serve(builder).await;
        let mut peer = RawPeer::connect(server.local_addr()).await;
        peer.send(HELLO).await;
        assert_eq!(events.next().await, Event::Connected);
        let accept = read_grant(&mut peer).await;
        assert_eq!(accept[..6], *b"\x04\0\0\x29\x01\x01");
        let mut resume = b"\x03\0\0\x23\x02\x01".to_vec();
        resume.extend_from_slice(&accept[6..38]);
        resume.push(0);
        // The last byte of the secret.
        resume[37] ^= 1;
        let mut thief = RawPeer::connect(server.local_addr()).await;
        thief.send(&resume).await;
        let answer = read_grant(&mut thief).await;
        assert_eq!(answer[43..], [7, 0], "refused");
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(server.client_count(), 2);
        assert_eq!(server.stats().refused_sessions, 1);
        // The first one goes on.
        peer.send(b"\x03\0\0\0").await;
        peer.expect(b"\x04\0\0\0").await;
        server.stop().await;
    });
}
