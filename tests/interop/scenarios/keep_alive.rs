//! Connections without messages, and peers that hang.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::party::{ClientKind, Party, ServerKind};
use crate::prepare::Peers;
use crate::programs::{c_client, c_server, on_free_port};
use crate::rust::{RustClient, RustServer, SLOW};
use crate::wire::{CONNECT_REQ, RawServer, connect, expect_bytes, hex, read_to_close, take_pongs};

/// Longer than every keep-alive time. The longest is 4 s.
const IDLE: Duration = Duration::from_secs(7);

/// Less than every time after which a silent peer is given up. The shortest is 3 s.
const LEAST_SILENCE: Duration = Duration::from_millis(2500);

/// A connection without messages stays open, and can be used afterwards.
pub(super) fn idle_connection_lives(peers: &Peers, server: ServerKind, client: ClientKind) {
    let (mut server, port) = server.start(peers);
    let mut client = client.join(peers, port, "erik");

    client.events().expect_silence(IDLE);
    client.send("still there");

    client.events().expect("message erik still there");
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");
    server.events().expect("message erik still there");
}

/// Our client in Rust disconnects from an original server that hangs, and reconnects when it runs again.
pub(super) fn rust_client_disconnects_from_a_suspended_server(peers: &Peers) {
    let (mut server, port) = on_free_port(|port| c_server(&peers.originals, port));
    let mut client = RustClient::start(port, "erik");
    client.events().expect("connected");
    client.events().expect("connect_rsp");

    server.suspend();
    client.events().expect("disconnected KeepAliveTimeout");
    server.resume();

    client.events().expect("connected");
    client.events().expect("connect_rsp");
    client.send("awake?");
    client.events().expect("message erik awake?");
    server.events().wait_for_kind("message");
}

/// Our server in Rust disconnects an original client that hangs, and serves it again when it runs again.
pub(super) fn rust_server_disconnects_a_suspended_client(peers: &Peers) {
    let mut server = RustServer::start(0);
    let mut client = c_client(&peers.originals, server.port(), "erik");
    client.events().expect("connected");
    client.events().expect("connect_rsp");

    client.suspend();
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");
    server
        .events()
        .expect("client_disconnected KeepAliveTimeout");
    client.resume();

    client.events().expect_kind("disconnected");
    client.events().expect("connected");
    client.events().expect("connect_rsp");
    server.events().expect("client_connected");
    server.events().expect("connect_req erik");
}

/// A client gives up a server that is silent from the beginning, or within a frame, and connects again.
pub(super) fn silent_server_is_given_up(peers: &Peers, kind: ClientKind) {
    for sent in ["", "0200"] {
        let server = RawServer::start();
        let mut client = kind.start(peers, server.port(), "Erik");
        let mut stream = server.accept();
        let begin = Instant::now();
        stream.write_all(&hex(sent)).expect("the client reads");

        expect_bytes(&mut stream, &hex(CONNECT_REQ));
        expect_bytes(&mut stream, &hex("03000000"));
        // Some clients send a second ping before they give up.
        let _ = read_to_close(&mut stream);

        assert!(begin.elapsed() > LEAST_SILENCE, "{:?}", begin.elapsed());
        client.events().expect("connected");
        let reason = client.events().expect_kind("disconnected");
        assert_eq!(reason, keep_alive_timeout(kind));
        expect_bytes(&mut server.accept(), &hex(CONNECT_REQ));
    }
}

/// A server disconnects a client that is silent from the beginning, or within a frame.
pub(super) fn silent_client_is_disconnected(peers: &Peers, kind: ServerKind) {
    let (mut server, port) = kind.start(peers);
    let begin = Instant::now();
    let mut streams = ["", "0100"].map(|sent| {
        let mut stream = connect(port);
        stream.write_all(&hex(sent)).expect("the server reads");
        stream
    });

    for stream in &mut streams {
        let received = read_to_close(stream);
        // Our servers may send pongs without a ping, while bytes of a client arrive.
        let (_, others) = take_pongs(&received);
        assert_eq!(others, []);
    }

    assert!(begin.elapsed() > LEAST_SILENCE, "{:?}", begin.elapsed());
    server.events().expect("client_connected");
    server.events().expect("client_connected");
    server.events().expect_kind("client_disconnected");
    server.events().expect_kind("client_disconnected");
}

/// Returns the reported reason. The programs in Python report no reason.
fn keep_alive_timeout(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::OriginalC | ClientKind::C => "Keep alive timeout.",
        ClientKind::Rust | ClientKind::RustWithSession => "KeepAliveTimeout",
        ClientKind::OriginalPython | ClientKind::Python => "",
    }
}

/// While a handler of our server in Rust is slow, no client is lost.
pub(super) fn slow_handler_in_rust_disconnects_no_client(peers: &Peers, kind: ClientKind) {
    slow_handler_disconnects_no_client(peers, ServerKind::Rust, kind);
}

/// While a handler of our server in Python is slow, no client is lost.
pub(super) fn slow_handler_in_python_disconnects_no_client(peers: &Peers, kind: ClientKind) {
    slow_handler_disconnects_no_client(peers, ServerKind::Python, kind);
}

/// While a handler is slow, all clients stay connected, and their messages are handled afterwards.
fn slow_handler_disconnects_no_client(peers: &Peers, server: ServerKind, client: ClientKind) {
    let (_server, port) = server.start(peers);
    let mut slow = client.join(peers, port, "slow");
    let mut other = client.join(peers, port, "other");

    slow.send(SLOW);
    slow.burst(3);
    let expected = [SLOW, "1", "2", "3"].map(|text| format!("message slow {text}"));

    for event in &expected {
        slow.events().expect(event);
        other.events().expect(event);
    }
}
