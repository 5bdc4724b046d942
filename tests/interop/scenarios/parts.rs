//! Frames of a server that arrive in parts, or only in part.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::party::ClientKind;
use crate::prepare::Peers;
use crate::wire::{
    CONNECT_REQ, CONNECT_RSP, PING, RawServer, SERVER_TO_CLIENT, expect_bytes, frame, hex,
};

/// `MessageInd { user: "Erik", text: "hi" }` in a frame.
const MESSAGE_IND: &str = "0200000c 120a 0a044572696b 12026869";

/// The header of the largest frame that there is.
const TOO_BIG: &str = "02ffffff";

/// A client takes frames that arrive byte by byte.
pub(super) fn frames_may_arrive_byte_by_byte(peers: &Peers, kind: ClientKind) {
    let server = RawServer::start();
    let mut client = kind.start(peers, server.port(), "Erik");
    let mut stream = accept(&server);

    for byte in [hex(CONNECT_RSP), hex("04000000"), hex(MESSAGE_IND)].concat() {
        stream.write_all(&[byte]).expect("the client reads");
    }

    client.events().expect("connected");
    client.events().expect("connect_rsp");
    client.events().expect("message Erik hi");
}

/// A client does not wait for a frame above its limit, except for the original in Python, which has no limit.
pub(super) fn too_big_is_refused_at_its_header(peers: &Peers, kind: ClientKind) {
    let server = RawServer::start();
    let mut client = kind.start(peers, server.port(), "Erik");
    let mut stream = accept(&server);

    stream.write_all(&hex(TOO_BIG)).expect("the client reads");

    assert_eq!(
        pings_before_the_end(stream),
        kind == ClientKind::OriginalPython
    );
    client.events().expect("connected");

    if kind != ClientKind::OriginalPython {
        client.events().expect_kind("disconnected");
    }
}

/// However a connection ends, its last bytes do not disturb the next one.
pub(super) fn nothing_is_left_for_the_next_connection(peers: &Peers, kind: ClientKind) {
    let ends = [
        ("a part of a header", hex("0200")),
        ("a part of a frame", hex("0200000c 120a 0a04")),
        (
            "a message before a part",
            [&hex(MESSAGE_IND)[..], &[2]].concat(),
        ),
        (
            "a frame above the limit",
            [hex(TOO_BIG), vec![0; 1000]].concat(),
        ),
        (
            "an undecodable message",
            frame(SERVER_TO_CLIENT, &hex("1205 61")),
        ),
    ];

    for (name, end) in ends {
        let server = RawServer::start();
        let mut client = kind.start(peers, server.port(), "Erik");
        let mut first = accept(&server);
        // Fails if the client has closed the connection already.
        let _ = first.write_all(&end);
        drop(first);
        client.events().wait_for_kind("disconnected");

        let mut second = accept(&server);
        let frames = [hex(CONNECT_RSP), hex(MESSAGE_IND)].concat();
        second.write_all(&frames).expect("the client reads");

        for expected in ["connected", "connect_rsp", "message Erik hi"] {
            let event = client.events().next();
            assert_eq!(event, expected, "after {name}");
        }
    }
}

/// Accepts a client, and reads its first message.
fn accept(server: &RawServer) -> TcpStream {
    let mut stream = server.accept();
    expect_bytes(&mut stream, &hex(CONNECT_REQ));
    stream
}

/// Returns whether the client sends a ping, which is due after 2 s, before it closes the connection.
fn pings_before_the_end(mut stream: TcpStream) -> bool {
    let mut header = [0; 4];

    match stream.read_exact(&mut header) {
        Ok(()) => {
            assert_eq!(header[0], PING);
            true
        }
        Err(error) => {
            let closed = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
            assert!(closed.contains(&error.kind()), "{error}");
            false
        }
    }
}
