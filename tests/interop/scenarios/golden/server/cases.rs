//! The rows of the table for servers.

use super::Outcome::{self, Closed, Open};
use super::chat::{broadcast, chat};
use crate::party::ServerKind;
use crate::programs::MAX_MESSAGE_SIZE;
use crate::scenarios::golden::Case;
use crate::wire::{CLIENT_TO_SERVER, CONNECT_REQ, CONNECT_RSP, SERVER_TO_CLIENT, frame, hex};

/// Every row.
pub(super) fn cases() -> Vec<Case<ServerKind, Outcome>> {
    [frames(), refused_frames(), messages(), bad_messages()].concat()
}

/// Valid frames.
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
        after_others("messages before", hex("05000000")),
        after_others("messages before one above the limit", hex("01ffffff")),
        after_others("messages before an undecodable one", message("0a0561")),
    ]
}

/// Valid messages, also with unusual encodings.
fn messages() -> Vec<Case<ServerKind, Outcome>> {
    // The bytes around the text: two tags, and two sizes of three bytes each.
    let largest = "x".repeat(MAX_MESSAGE_SIZE - 8);

    vec![
        Case::new("message", chat("Erik", "hi"), Open(broadcast("Erik", "hi"))),
        Case::new(
            "largest message",
            chat("", &largest),
            Open(broadcast("", &largest)),
        ),
        Case::new(
            "message with empty strings",
            message("1200"),
            Open(response("1200")),
        ),
        Case::new(
            "text before user",
            message("1206 120162 0a0161"),
            Open(broadcast("a", "b")),
        ),
        Case::new(
            "a string twice",
            message("1206 0a0161 0a0162"),
            Open(response("1203 0a0162")),
        ),
        Case::new("unknown member alone", message("7a0100"), Open(vec![])),
        Case::new(
            "unknown member before a known one",
            message("7a0100 0a00"),
            rsp(),
        ),
        Case::new(
            "unknown member after a known one",
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
        Case::new("unknown field in a member", message("0a03 7a0100"), rsp()),
        Case::new(
            "two members",
            message("0a00 1203 0a0161"),
            Open(response("1203 0a0161")),
        ),
        Case::new(
            "two members, in the other order",
            message("1203 0a0161 0a00"),
            rsp(),
        ),
        Case::new("length longer than needed", message("0a8000"), rsp()),
        Case::new(
            "a member twice, with different fields",
            message("1203 0a0161 1203 120162"),
            Open(broadcast("a", "b")),
        )
        .except(
            [ServerKind::OriginalC],
            Open(response("1203 120162")),
            "drops the first, and never merges",
        ),
        Case::new("unknown group", message("7b7c 0a00"), rsp()).except(
            [ServerKind::OriginalC],
            Closed(vec![]),
            "does not support groups",
        ),
        Case::new(
            "NUL in a string",
            message("1205 0a03610062"),
            Open(response("1205 0a03610062")),
        )
        .except(
            [ServerKind::OriginalC, ServerKind::C],
            Open(response("1203 0a0161")),
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
        Case::new("member as a number", message("0801"), Closed(vec![])).except(
            [ServerKind::Python],
            Open(vec![]),
            "treats it as an unknown field",
        ),
        Case::new("string as a number", message("0a02 0801"), Closed(vec![])).except(
            [ServerKind::Python],
            rsp(),
            "treats it as an unknown field",
        ),
        Case::new(
            "number without an end",
            message("70 ffffffffffffffffffffff01"),
            Closed(vec![]),
        ),
        Case::new("invalid UTF-8", message("1203 0a01ff"), Closed(vec![])).except(
            [ServerKind::OriginalC, ServerKind::C],
            Open(response("1203 0a01ff")),
            "strings are just bytes in C",
        ),
    ]
}

/// Returns a row with requests before a frame for which the server closes the connection. They get
/// their responses.
fn after_others(name: &'static str, frame: Vec<u8>) -> Case<ServerKind, Outcome> {
    let requests = [hex(CONNECT_REQ), hex("03000000"), chat("a", "b")];
    let responses = [hex(CONNECT_RSP), hex("04000000"), broadcast("a", "b")];

    Case::new(
        name,
        [requests.concat(), frame].concat(),
        Closed(responses.concat()),
    )
}

fn message(payload: &str) -> Vec<u8> {
    frame(CLIENT_TO_SERVER, &hex(payload))
}

fn response(payload: &str) -> Vec<u8> {
    frame(SERVER_TO_CLIENT, &hex(payload))
}

fn rsp() -> Outcome {
    Open(hex(CONNECT_RSP))
}
