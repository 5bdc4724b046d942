//! Peers that are refused, and settings that are.

use std::net::Shutdown;

use log::LevelFilter;
use messi::testing::Simulation;
use messi::{ListenError, Report};

use super::headers::{SIGNATURE, of_parts};
use super::*;

/// Sends bytes as a peer that is going to send more, and waits until the server closes.
async fn assert_refused(server: &ChatServer, bytes: &[u8], count: u64) {
    let mut peer = RawPeer::connect(server.local_addr()).await;
    peer.send(bytes).await;
    assert!(peer.expect_end().await.is_empty());
    failed(server, count).await;
}

#[test]
fn a_peer_outside_of_the_networks_is_refused_whatever_it_sends() {
    run(async {
        let networks = ["192.0.2.0/24", "127.0.0.2", "::1"];
        let builder = ChatServer::builder(LOOPBACK).proxy_protocol(networks);
        let (server, events) = serve(builder).await;
        // A header would be spoofed, and a direct client would get around the proxy.
        assert_refused(&server, &header(CLIENT), 1).await;
        assert_refused(&server, CONNECT_REQ, 2).await;
        let stats = server.stats();
        assert_eq!((stats.clients, stats.refused), (0, 0));
        assert_eq!(stats.total.connections, 0);
        server.stop().await;
        drop(server);
        assert!(events.rest().await.is_empty());
    });
}

#[test]
fn a_header_that_is_malformed_is_refused_at_once() {
    let mut signature = SIGNATURE.to_vec();
    signature[11] ^= 1;
    run(async {
        let (server, _events) = serve(behind_proxy()).await;
        let malformed = [
            // Those of other protocols, and of version 1.
            b"\x03\0\0\0".to_vec(),
            b"\x16\x03\x01\x02\0\x01".to_vec(),
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4660 443\r\n".to_vec(),
            signature,
            // Version, command, family and transport.
            of_parts(0x11, 0x11, &[0; 12]),
            of_parts(0x31, 0x11, &[0; 12]),
            of_parts(0x22, 0x11, &[0; 12]),
            of_parts(0x21, 0x41, &[0; 12]),
            of_parts(0x21, 0x13, &[0; 12]),
            // Lengths.
            of_parts(0x21, 0x11, &[0; 11]),
            of_parts(0x21, 0x21, &[0; 35]),
            of_parts(0x21, 0x11, &[0; 4_081])[..16].to_vec(),
            of_parts(0x20, 0x00, &[0; 65_535])[..16].to_vec(),
        ];
        for (bytes, count) in malformed.iter().zip(1..) {
            assert_refused(&server, bytes, count).await;
        }
        // The next one is served as ever.
        assert_eq!(server.stats().total.connections, 0);
        let mut peer = connect_for(CLIENT, &server).await;
        peer.send(CONNECT_REQ).await;
        peer.expect(b"\x02\0\0\x02\x0a\0").await;
        server.stop().await;
    });
}

#[test]
fn a_header_that_ends_anywhere_is_refused() {
    run(async {
        let (server, _events) = serve(behind_proxy()).await;
        let header = header("[2001:db8::7]:4660");
        for size in 0..header.len() {
            let mut peer = RawPeer::connect(server.local_addr()).await;
            peer.send(&header[..size]).await;
            peer.0.shutdown(Shutdown::Write).unwrap();
            assert!(peer.expect_end().await.is_empty());
            failed(&server, size as u64 + 1).await;
        }
        assert_eq!(server.stats().total.connections, 0);
        server.stop().await;
    });
}

#[test]
fn random_bytes_leave_the_server_as_it_was() {
    let mut random = fastrand::Rng::with_seed(1);
    run(async {
        let (server, mut events) = serve(behind_proxy()).await;
        for count in 1..=200 {
            let mut bytes = header(CLIENT);
            // Any change of these bytes is an error.
            let at = random.usize(..12);
            bytes[at] ^= random.u8(1..);
            let size = random.usize(at + 1..=bytes.len());
            assert_refused(&server, &bytes[..size], count).await;
        }
        let _client = connect_for(CLIENT, &server).await;
        assert_eq!(events.next().await, Event::Connected);
        assert_eq!(clients(&server), [address(CLIENT)]);
        server.stop().await;
    });
}

#[test]
fn the_log_has_the_reason_but_no_content_of_messages() {
    recorder::record(LevelFilter::Debug);
    run(async {
        let builder = ChatServer::builder(LOOPBACK).proxy_protocol(["127.0.0.0/8"]);
        let (server, _events) = serve(builder).await;
        assert_refused(&server, b"\x01\0\0\x2asecret", 1).await;
        let builder = ChatServer::builder(LOOPBACK).proxy_protocol(["192.0.2.0/24"]);
        let (other, _events) = serve(builder).await;
        assert_refused(&other, &header(CLIENT), 1).await;
        server.stop().await;
        other.stop().await;
    });
    let reason = r"expected a header of the PROXY protocol, version 2, but got '\x01\x00\x00*…'";
    assert_eq!(recorder::lines_ending_with(reason), 1);
    let reason = "it is not in the networks of proxy_protocol";
    assert!(recorder::lines_ending_with(reason) > 0);
}

async fn error_of(builder: ServerBuilder<Chat>) -> ListenError {
    let (reporter, _events) = reporter();
    builder.start(move |_| reporter.clone()).await.unwrap_err()
}

#[test]
fn networks_that_cant_be_used_are_errors_of_start() {
    let simulation = Simulation::new(1);
    simulation.run(async {
        for (networks, problem) in [
            (vec![], "there is no network"),
            (
                vec!["10.0.0.0/8", "balancer"],
                "expected a network such as 10.0.0.0/8, but got 'balancer': it has no IP address",
            ),
            (
                vec!["10.0.0.1/8"],
                "expected a network such as 10.0.0.0/8, but got '10.0.0.1/8': the address has bits after the prefix",
            ),
        ] {
            let builder = ChatServer::builder(ROOM).runtime(&simulation);
            let error = error_of(builder.proxy_protocol(networks)).await;
            let expected = format!("can't use the PROXY protocol: {problem}");
            assert_eq!(Report(&error).to_string(), expected);
            // The place is free.
            let builder = ChatServer::builder(ROOM).runtime(&simulation);
            let (server, _events) = serve(builder).await;
            server.stop().await;
        }
    });
}

#[cfg(unix)]
#[test]
fn a_unix_socket_has_no_proxies() {
    let name = format!("messi-{}-proxied.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    run(async {
        let builder = ChatServer::builder(format!("unix://{}", path.display()));
        let error = error_of(builder.proxy_protocol(HERE)).await;
        let expected = "can't use the PROXY protocol: a Unix socket has no networks";
        assert_eq!(error.to_string(), expected);
        assert!(!path.exists(), "the file is left");
    });
}
