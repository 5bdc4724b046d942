//! What a server makes of bytes of a client.

mod cases;
mod chat;

use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use super::{Case, assert_none};
use crate::originals::MAX_MESSAGE_SIZE;
use crate::party::ServerKind;
use crate::prepare::Peers;
use crate::wire::{
    CLIENT_TO_SERVER, CONNECT_REQ, CONNECT_RSP, PING, PONG, connect, exchange, frame, hex,
    read_to_close,
};

use chat::{broadcast, chat};

/// What a server does, and with the connection afterwards.
#[derive(Clone, Debug)]
enum Outcome {
    /// Sends this, and goes on.
    Open(Vec<u8>),
    /// Sends this, and closes.
    Closed(Vec<u8>),
}

/// Bytes of a client get the documented answers.
pub(crate) fn bytes_get_the_documented_answers(peers: &Peers, kind: ServerKind) {
    let (_server, port) = kind.start(peers);
    let mistakes: Vec<_> = cases::cases()
        .iter()
        .filter_map(|case| try_case(port, kind, case))
        .collect();

    assert_none(&mistakes);
}

/// Frames may arrive a byte at a time.
pub(crate) fn bytes_may_come_one_by_one(peers: &Peers, kind: ServerKind) {
    let (_server, port) = kind.start(peers);
    let mut stream = connect(port);

    for byte in [hex(CONNECT_REQ), hex("03000000"), chat("Erik", "hi")].concat() {
        stream.write_all(&[byte]).expect("the server takes it");
    }

    stream.shutdown(Shutdown::Write).expect("is connected");
    let received = read_to_close(&mut stream);
    let expected = [hex(CONNECT_RSP), hex("04000000"), broadcast("Erik", "hi")].concat();
    assert!(
        is_the_same(kind, &received, &expected),
        "{}",
        show(&received)
    );
}

/// A frame that is too big is refused when it is announced, whatever its type.
pub(crate) fn too_big_is_refused_at_once(peers: &Peers, kind: ServerKind) {
    let (_server, port) = kind.start(peers);

    for too_big in [announce(CLIENT_TO_SERVER), announce(PING), hex("01ffffff")] {
        let mut stream = connect(port);
        // A server that waited for the rest would give the client up, but only after 3 s.
        stream
            .set_read_timeout(Some(Duration::from_secs(2)))
            .expect("is not zero");
        stream.write_all(&too_big).expect("the server takes it");
        assert_eq!(read_to_close(&mut stream), []);
    }
}

/// Sends a row, with a `ConnectReq` behind it that is answered only if the connection was left
/// open.
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

/// Compares answers byte for byte, but for a difference that is meant: our server sends a pong
/// ahead of messages that wait, and one for several pings that came while one waits.
fn is_the_same(kind: ServerKind, received: &[u8], expected: &[u8]) -> bool {
    match kind {
        ServerKind::C => received == expected,
        ServerKind::Ours => {
            let (pongs, messages) = take_pongs(received);
            let (most_pongs, expected_messages) = take_pongs(expected);
            let least_pongs = most_pongs.min(1);

            messages == expected_messages && (least_pongs..=most_pongs).contains(&pongs)
        }
    }
}

/// Counts the pongs and gives the rest.
fn take_pongs(mut bytes: &[u8]) -> (usize, Vec<u8>) {
    let mut pongs = 0;
    let mut rest = Vec::new();

    while let [kind, high, middle, low, ..] = *bytes {
        let size = u32::from_be_bytes([0, high, middle, low]) as usize;
        let (frame, others) = bytes.split_at(bytes.len().min(4 + size));
        bytes = others;

        if kind == PONG {
            pongs += 1
        } else {
            rest.extend_from_slice(frame)
        }
    }

    rest.extend_from_slice(bytes);
    (pongs, rest)
}

/// The header of a frame a byte above the limit.
fn announce(kind: u8) -> Vec<u8> {
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
