//! The responses of servers to a client's bytes.

mod cases;
mod chat;

use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use super::{Case, assert_none};
use crate::party::ServerKind;
use crate::prepare::Peers;
use crate::programs::MAX_MESSAGE_SIZE;
use crate::wire::{
    CLIENT_TO_SERVER, CONNECT_REQ, CONNECT_RSP, PING, connect, exchange, frame, hex, read_to_close,
    take_pongs,
};

use chat::{broadcast, chat};

/// The bytes that a server sends, and whether the connection stays open.
#[derive(Clone, Debug)]
enum Outcome {
    /// It sends these bytes, and the connection stays open.
    Open(Vec<u8>),
    /// It sends these bytes, and closes the connection.
    Closed(Vec<u8>),
}

/// Sends each row to a server, and compares the responses.
pub(crate) fn bytes_get_the_documented_responses(peers: &Peers, kind: ServerKind) {
    let (_server, port) = kind.start(peers);
    let mistakes: Vec<_> = cases::cases()
        .iter()
        .filter_map(|case| try_case(port, kind, case))
        .collect();

    assert_none(&mistakes);
}

/// Sends frames byte by byte.
pub(crate) fn frames_may_arrive_byte_by_byte(peers: &Peers, kind: ServerKind) {
    let (_server, port) = kind.start(peers);
    let mut stream = connect(port);

    for byte in [hex(CONNECT_REQ), hex("03000000"), chat("Erik", "hi")].concat() {
        stream.write_all(&[byte]).expect("the server reads");
    }

    stream
        .shutdown(Shutdown::Write)
        .expect("a connected socket");
    let received = read_to_close(&mut stream);
    let expected = [hex(CONNECT_RSP), hex("04000000"), broadcast("Erik", "hi")].concat();
    assert!(
        is_the_same(kind, &received, &expected),
        "{}",
        show(&received)
    );
}

/// A frame above the limit is refused at its header, whatever its type.
pub(crate) fn too_big_is_refused_at_its_header(peers: &Peers, kind: ServerKind) {
    let (_server, port) = kind.start(peers);

    for too_big in [
        too_big_header(CLIENT_TO_SERVER),
        too_big_header(PING),
        hex("01ffffff"),
    ] {
        let mut stream = connect(port);
        // A server that waited for the rest would disconnect the client too, but only after 3 s.
        stream
            .set_read_timeout(Some(Duration::from_secs(2)))
            .expect("a time limit above zero");
        stream.write_all(&too_big).expect("the server reads");
        assert_eq!(read_to_close(&mut stream), []);
    }
}

/// Sends a row and a `ConnectReq`, which gets a response only if the connection stays open.
fn try_case(port: u16, kind: ServerKind, case: &Case<ServerKind, Outcome>) -> Option<String> {
    let received = exchange(port, &[&case.sent[..], &hex(CONNECT_REQ)].concat());
    let expected = match case.expected(&kind) {
        Outcome::Open(answer) => [answer, &hex(CONNECT_RSP)[..]].concat(),
        Outcome::Closed(answer) => answer.clone(),
    };

    (!is_the_same(kind, &received, &expected)).then(|| {
        format!(
            "{}: received {}, expected {}",
            case.name,
            show(&received),
            show(&expected)
        )
    })
}

/// Compares responses byte for byte, except for an intended difference: our servers send a pong ahead
/// of queued messages, and a single one for several pings.
fn is_the_same(kind: ServerKind, received: &[u8], expected: &[u8]) -> bool {
    match kind {
        ServerKind::OriginalC => received == expected,
        ServerKind::Rust | ServerKind::RustWithSessions | ServerKind::C | ServerKind::Python => {
            let (pongs, messages) = take_pongs(received);
            let (most_pongs, expected_messages) = take_pongs(expected);
            let least_pongs = most_pongs.min(1);

            messages == expected_messages && (least_pongs..=most_pongs).contains(&pongs)
        }
    }
}

/// Returns the header of a frame one byte above the limit.
fn too_big_header(kind: u8) -> Vec<u8> {
    frame(kind, &vec![0; MAX_MESSAGE_SIZE + 1])[..4].to_vec()
}

fn show(bytes: &[u8]) -> String {
    let digits: String = bytes
        .iter()
        .take(40)
        .map(|byte| format!("{byte:02x}"))
        .collect();

    if bytes.len() > 40 {
        format!("{digits}… ({} bytes)", bytes.len())
    } else {
        digits
    }
}
