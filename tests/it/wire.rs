//! Bytes that servers and clients send and accept, tested with raw peers.

use futures::future::join_all;
use messi::DisconnectReason;

use crate::common::chat::*;
use crate::common::*;

const CONNECT_REQ: &[u8] = b"\x01\x00\x00\x08\x0a\x06\x0a\x04Erik";
const CONNECT_RSP: &[u8] = b"\x02\x00\x00\x02\x0a\x00";
const PING: &[u8] = b"\x03\x00\x00\x00";
const PONG: &[u8] = b"\x04\x00\x00\x00";

async fn raw_client() -> (ChatServer, Events, RawPeer) {
    let (server, mut events) = start_server().await;
    let peer = RawPeer::connect(server.local_addr()).await;
    assert_eq!(events.next().await, Event::Connected);
    (server, events, peer)
}

async fn client_of_raw_server() -> (ChatClient, Events, RawPeer) {
    let (listener, uri) = raw_server().await;
    let (client, mut events) = start_client(ChatClient::builder(uri));
    let peer = RawPeer::accept(&listener).await;
    assert_eq!(events.next().await, Event::Connected);
    (client, events, peer)
}

/// Sends bytes to a server, and returns the reason of the disconnect.
async fn disconnect_reason(bytes: &[u8]) -> DisconnectReason {
    let (_server, mut events, mut peer) = raw_client().await;
    peer.send(bytes).await;
    let event = events.next().await;
    assert!(peer.expect_end().await.is_empty());
    match event {
        Event::Disconnected(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_sends_the_bytes_of_the_original_protocol() {
    run(async {
        let (_server, mut events, mut peer) = raw_client().await;
        peer.send(CONNECT_REQ).await;
        peer.expect(CONNECT_RSP).await;
        assert_eq!(events.next().await, Event::ConnectReq("Erik".into()));
        peer.send(PING).await;
        peer.expect(PONG).await;
    });
}

#[test]
fn a_client_sends_the_bytes_of_the_original_protocol() {
    run(async {
        let (client, mut events, mut peer) = client_of_raw_server().await;
        client.send(ConnectReq {
            user: "Erik".into(),
        });
        peer.expect(CONNECT_REQ).await;
        peer.send(CONNECT_RSP).await;
        assert_eq!(events.next().await, Event::ConnectRsp);
        peer.expect(PING).await;
        peer.send(PONG).await;
        peer.expect(PING).await;
    });
}

#[test]
fn frames_may_arrive_byte_by_byte() {
    run(async {
        let (_server, mut events, mut peer) = raw_client().await;
        for &byte in PING {
            peer.send(&[byte]).await;
        }
        peer.expect(PONG).await;
        for &byte in CONNECT_REQ {
            peer.send(&[byte]).await;
        }
        peer.expect(CONNECT_RSP).await;
        assert_eq!(events.next().await, Event::ConnectReq("Erik".into()));
    });
}

#[test]
fn several_frames_may_arrive_at_once() {
    run(async {
        let (_server, mut events, mut peer) = raw_client().await;
        peer.send(&CONNECT_REQ.repeat(100)).await;
        peer.expect(&CONNECT_RSP.repeat(100)).await;
        for _ in 0..100 {
            assert_eq!(events.next().await, Event::ConnectReq("Erik".into()));
        }
    });
}

#[test]
fn a_client_that_sends_an_invalid_frame_is_disconnected_with_the_reason() {
    // At the same time, since a server waits a second for the end of each peer.
    run(join_all([0, 2, 4, 5].map(async |type_byte| {
        assert_eq!(
            disconnect_reason(&[type_byte, 0, 0, 0]).await,
            DisconnectReason::UnexpectedMessageType(type_byte)
        );
    })));
    let undecodable = [
        &b"\x01\x00\x00\x03\x0a\x06\x0a"[..],
        // A tag without a value after the message.
        b"\x01\x00\x00\x03\x0a\x00\x0a",
        // A string that is not UTF-8.
        b"\x01\x00\x00\x05\x0a\x03\x0a\x01\xff",
    ];
    run(join_all(undecodable.map(async |bytes| {
        let reason = disconnect_reason(bytes).await;
        assert!(
            matches!(reason, DisconnectReason::MessageDecodeError(_)),
            "{reason:?}"
        );
    })));
}

#[test]
fn a_frame_above_the_limit_is_refused_at_its_header() {
    run(async {
        let size = 1024 * 1024;
        assert_eq!(
            disconnect_reason(&[1, 0x10, 0x00, 0x01]).await,
            DisconnectReason::MessageTooBig {
                size: size + 1,
                limit: size
            }
        );
    });
}

#[test]
fn messages_without_a_known_member_are_ignored() {
    run(async {
        let (server, mut events, mut peer) = raw_client().await;
        // An empty message; the unknown field 15; a known member beside an unknown field.
        peer.send(b"\x01\x00\x00\x00").await;
        peer.send(b"\x01\x00\x00\x02\x78\x01").await;
        peer.send(b"\x01\x00\x00\x0a\x78\x01\x0a\x06\x0a\x04Erik")
            .await;
        peer.expect(CONNECT_RSP).await;
        assert_eq!(events.next().await, Event::ConnectReq("Erik".into()));
        assert_eq!(server.clients()[0].stats().ignored_messages, 2);
    });
}

#[test]
fn the_last_of_two_members_wins() {
    run(async {
        let (_server, mut events, mut peer) = raw_client().await;
        // A connect_req, then a message_ind with the text "hi".
        peer.send(b"\x01\x00\x00\x0e\x0a\x06\x0a\x04Erik\x12\x04\x12\x02hi")
            .await;
        assert_eq!(events.next().await, Event::Message("hi".into()));
    });
}

#[test]
fn a_client_that_has_shut_down_writing_receives_its_responses() {
    run(async {
        let (_server, mut events, mut peer) = raw_client().await;
        peer.send(CONNECT_REQ).await;
        peer.0.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(peer.expect_end().await, CONNECT_RSP);
        assert_eq!(events.next().await, Event::ConnectReq("Erik".into()));
        assert_eq!(
            events.next().await,
            Event::Disconnected(DisconnectReason::ConnectionClosed)
        );
    });
}

#[test]
fn a_client_ignores_frames_of_unexpected_types() {
    run(async {
        let (_client, mut events, mut peer) = client_of_raw_server().await;
        peer.send(b"\x01\x00\x00\x01x\x03\x00\x00\x00\x63\x00\x00\x02hi")
            .await;
        peer.send(CONNECT_RSP).await;
        assert_eq!(events.next().await, Event::ConnectRsp);
    });
}

#[test]
fn a_client_disconnects_from_a_server_that_sends_an_invalid_frame() {
    run(async {
        let (_client, mut events, mut peer) = client_of_raw_server().await;
        peer.send(b"\x02\x00\x00\x01\xff").await;
        assert!(matches!(
            events.next().await,
            Event::Disconnected(DisconnectReason::MessageDecodeError(_))
        ));
        let (_client, mut events, mut peer) = client_of_raw_server().await;
        peer.send(&[2, 0xff, 0xff, 0xff]).await;
        assert_eq!(
            events.next().await,
            Event::Disconnected(DisconnectReason::MessageTooBig {
                size: 0xff_ffff,
                limit: 1024 * 1024
            })
        );
    });
}
