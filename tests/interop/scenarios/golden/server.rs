//! What a server makes of bytes of a client.

use std::io::Write;
use std::net::Shutdown;

use super::{Case, assert_none};
use crate::party::ServerKind;
use crate::prepare::Peers;
use crate::wire::{
    CLIENT_TO_SERVER, CONNECT_REQ, CONNECT_RSP, PING, PONG, SERVER_TO_CLIENT, connect, exchange,
    frame, hex, read_to_close,
};

/// The largest payload that the C server takes. Ours is given the same limit.
pub(crate) const MAX_PAYLOAD: usize = 64 * 1024 - 4;

/// What a server does, and with the connection afterwards.
#[derive(Debug)]
enum Outcome {
    /// Sends this, and goes on.
    Open(Vec<u8>),
    /// Sends this, and closes.
    Closed(Vec<u8>),
}

use Outcome::{Closed, Open};

/// Bytes of a client get the documented answers.
pub(crate) fn bytes_get_the_documented_answers(peers: &Peers, kind: ServerKind) {
    let (_server, port) = kind.start(peers);
    let mistakes: Vec<_> = cases()
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
    let expected = [hex(CONNECT_RSP), hex("04000000"), broadcast("Erik", "hi")].concat();
    assert_eq!(read_to_close(&mut stream), expected);
}

/// Sends a row, with a ping behind it that is answered only if the connection was left open.
fn try_case(port: u16, kind: ServerKind, case: &Case<ServerKind, Outcome>) -> Option<String> {
    let received = exchange(port, &[&case.sent[..], &frame(PING, &[])].concat());
    let expected = match case.expected(&kind) {
        Open(answer) => [answer, &frame(PONG, &[])[..]].concat(),
        Closed(answer) => answer.clone(),
    };

    (received != expected).then(|| {
        format!(
            "{}: received {}, expected {}",
            case.name,
            show(&received),
            show(&expected)
        )
    })
}

fn cases() -> Vec<Case<ServerKind, Outcome>> {
    [
        frames(),
        refused_frames(),
        messages(),
        bad_messages(),
        sizes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Frames that are all right, whatever is in them.
fn frames() -> Vec<Case<ServerKind, Outcome>> {
    vec![
        Case::new("connect request", hex(CONNECT_REQ), Open(hex(CONNECT_RSP))),
        Case::new("ping", hex("03000000"), Open(hex("04000000"))),
        Case::new(
            "ping with a payload",
            hex("03000002 abcd"),
            Open(hex("04000000")),
        ),
        Case::new("empty message", hex("01000000"), Open(vec![])),
        Case::new(
            "several frames at once",
            [
                hex(CONNECT_REQ),
                hex("03000000"),
                chat("a", "b"),
                hex("03000000"),
            ]
            .concat(),
            Open(
                [
                    hex(CONNECT_RSP),
                    hex("04000000"),
                    broadcast("a", "b"),
                    hex("04000000"),
                ]
                .concat(),
            ),
        ),
    ]
}

/// Frames that no client may send.
fn refused_frames() -> Vec<Case<ServerKind, Outcome>> {
    vec![
        Case::new("type 0", hex("00000000"), Closed(vec![])),
        Case::new("type 5", hex("05000000"), Closed(vec![])),
        Case::new("type 255", hex("ff000000"), Closed(vec![])),
        Case::new(
            "type 5 with a payload",
            hex("05000003 010203"),
            Closed(vec![]),
        ),
        Case::new(
            "message of a server",
            frame(SERVER_TO_CLIENT, &hex("0a00")),
            Closed(vec![]),
        ),
        Case::new("pong", hex("04000000"), Closed(vec![])),
        Case::new(
            "answers to what came before",
            [hex(CONNECT_REQ), hex("03000000"), hex("05000000")].concat(),
            Closed([hex(CONNECT_RSP), hex("04000000")].concat()),
        ),
    ]
}

/// Messages that are valid, however odd.
fn messages() -> Vec<Case<ServerKind, Outcome>> {
    vec![
        Case::new("message", chat("Erik", "hi"), Open(broadcast("Erik", "hi"))),
        Case::new(
            "message with empty strings",
            message("1200"),
            Open(answer("1200")),
        ),
        Case::new(
            "text before user",
            message("1206 120162 0a0161"),
            Open(broadcast("a", "b")),
        ),
        Case::new(
            "a string twice",
            message("1206 0a0161 0a0162"),
            Open(answer("1203 0a0162")),
        ),
        Case::new("unknown choice alone", message("7a0100"), Open(vec![])),
        Case::new(
            "unknown choice before a known one",
            message("7a0100 0a00"),
            rsp(),
        ),
        Case::new(
            "unknown choice after a known one",
            message("0a00 7a0100"),
            rsp(),
        ),
        Case::new("unknown varint", message("7001 0a00"), rsp()),
        Case::new(
            "unknown 64-bit number",
            message("71 0102030405060708 0a00"),
            rsp(),
        ),
        Case::new("unknown 32-bit number", message("75 01020304 0a00"), rsp()),
        Case::new("unknown field in a choice", message("0a03 7a0100"), rsp()),
        Case::new(
            "two choices",
            message("0a00 1203 0a0161"),
            Open(answer("1203 0a0161")),
        ),
        Case::new(
            "two choices, the other way",
            message("1203 0a0161 0a00"),
            rsp(),
        ),
        Case::new("length longer than needed", message("0a8000"), rsp()),
        Case::new(
            "a choice twice, with different fields",
            message("1203 0a0161 1203 120162"),
            Open(broadcast("a", "b")),
        )
        .except(
            ServerKind::C,
            Open(answer("1203 120162")),
            "forgets the first, and never merges",
        ),
        Case::new("unknown group", message("7b7c 0a00"), rsp()).except(
            ServerKind::C,
            Closed(vec![]),
            "knows no groups",
        ),
        Case::new(
            "NUL in a string",
            message("1205 0a03610062"),
            Open(answer("1205 0a03610062")),
        )
        .except(
            ServerKind::C,
            Open(answer("1203 0a0161")),
            "strings end there in C",
        ),
    ]
}

/// Messages that can't be decoded.
fn bad_messages() -> Vec<Case<ServerKind, Outcome>> {
    vec![
        Case::new("length beyond the end", message("0a0561"), Closed(vec![])),
        Case::new(
            "length beyond the end, inside",
            message("0a03 0a0561"),
            Closed(vec![]),
        ),
        Case::new("garbage at the end", message("0a00ff"), Closed(vec![])),
        Case::new("field number 0", message("0000"), Closed(vec![])),
        Case::new("choice as a number", message("0801"), Closed(vec![])),
        Case::new("string as a number", message("0a02 0801"), Closed(vec![])),
        Case::new(
            "number without an end",
            message("70 ffffffffffffffffffffff01"),
            Closed(vec![]),
        ),
        Case::new("invalid UTF-8", message("1203 0a01ff"), Closed(vec![])).except(
            ServerKind::C,
            Open(answer("1203 0a01ff")),
            "strings are just bytes in C",
        ),
    ]
}

/// Payloads around the limit.
fn sizes() -> Vec<Case<ServerKind, Outcome>> {
    // What is around the text: two tags and lengths, the latter of three bytes each.
    let largest = "x".repeat(MAX_PAYLOAD - 8);

    vec![
        Case::new(
            "largest message",
            chat("", &largest),
            Open(broadcast("", &largest)),
        ),
        Case::new(
            "a byte above the limit",
            oversized(CLIENT_TO_SERVER),
            Closed(vec![]),
        ),
        Case::new("ping above the limit", oversized(PING), Closed(vec![])),
        Case::new("largest size there is", hex("01ffffff"), Closed(vec![])),
    ]
}

/// A header alone: a server closes without waiting for what it announces.
fn oversized(kind: u8) -> Vec<u8> {
    frame(kind, &vec![0; MAX_PAYLOAD + 1])[..4].to_vec()
}

fn message(payload: &str) -> Vec<u8> {
    frame(CLIENT_TO_SERVER, &hex(payload))
}

fn answer(payload: &str) -> Vec<u8> {
    frame(SERVER_TO_CLIENT, &hex(payload))
}

fn rsp() -> Outcome {
    Open(hex(CONNECT_RSP))
}

fn chat(user: &str, text: &str) -> Vec<u8> {
    frame(CLIENT_TO_SERVER, &message_ind(user, text))
}

fn broadcast(user: &str, text: &str) -> Vec<u8> {
    frame(SERVER_TO_CLIENT, &message_ind(user, text))
}

/// `MessageInd` as the choice of either message, where it has the same number.
fn message_ind(user: &str, text: &str) -> Vec<u8> {
    let fields = [string(0x0a, user), string(0x12, text)].concat();

    delimited(0x12, &fields)
}

/// A string field, which proto3 leaves out if it's empty.
fn string(tag: u8, value: &str) -> Vec<u8> {
    if value.is_empty() {
        vec![]
    } else {
        delimited(tag, value.as_bytes())
    }
}

fn delimited(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag], &varint(content.len())[..], content].concat()
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();

    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }

    bytes.push(value as u8);
    bytes
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
