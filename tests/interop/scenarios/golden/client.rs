//! The effects of a server's bytes on clients.

use std::io::Write;

use super::{Case, assert_none};
use crate::party::{ClientKind, Party};
use crate::prepare::Peers;
use crate::wire::{
    CLIENT_TO_SERVER, CONNECT_REQ, CONNECT_RSP, RawServer, SERVER_TO_CLIENT, expect_bytes, frame,
    hex,
};

/// The events that a client reports, and whether the connection stays open.
#[derive(Clone, Debug)]
enum Outcome {
    /// It reports these events, and the connection stays open.
    Open(&'static [&'static str]),
    /// It reports these events, and closes the connection.
    Closed(&'static [&'static str]),
}

use Outcome::{Closed, Open};

/// Sends each row to a client, and compares the effects.
pub(crate) fn bytes_have_the_documented_effect(peers: &Peers, kind: ClientKind) {
    let mistakes: Vec<_> = cases()
        .iter()
        .filter_map(|case| try_case(peers, kind, case))
        .collect();

    assert_none(&mistakes);
}

/// Sends a row and a `ConnectRsp`, which is reported only if the connection stays open.
///
/// Each row has a client of its own: some clients keep received bytes for the next connection.
fn try_case(peers: &Peers, kind: ClientKind, case: &Case<ClientKind, Outcome>) -> Option<String> {
    let server = RawServer::start();
    let mut client = kind.start(peers, server.port(), "Erik");
    let mut stream = server.accept();

    expect_bytes(&mut stream, &hex(CONNECT_REQ));
    stream
        .write_all(&[&case.sent[..], &hex(CONNECT_RSP)].concat())
        .expect("a connected socket");
    let (reported, open) = reports(&mut *client);
    let (expected, expected_open) = match case.expected(&kind) {
        Open(events) => (*events, true),
        Closed(events) => (*events, false),
    };

    (reported != expected || open != expected_open).then(|| {
        format!(
            "{}: reported {reported:?}, stayed open: {open}; {:?}",
            case.name,
            case.expected(&kind)
        )
    })
}

/// Returns the events before the `ConnectRsp` or a disconnect, and whether the `ConnectRsp` came.
fn reports(client: &mut dyn Party) -> (Vec<String>, bool) {
    client.events().expect("connected");
    let mut reported = Vec::new();

    loop {
        match client.events().next() {
            event if event == "connect_rsp" => return (reported, true),
            event if event.starts_with("disconnected") => return (reported, false),
            event => reported.push(event),
        }
    }
}

fn cases() -> Vec<Case<ClientKind, Outcome>> {
    [frames(), messages(), bad_messages()].concat()
}

fn frames() -> Vec<Case<ClientKind, Outcome>> {
    let hi = &["message Erik hi"];

    vec![
        Case::new("nothing", vec![], Open(&[])),
        Case::new("empty message", hex("02000000"), Open(&[])),
        Case::new("pong without a ping", hex("04000000"), Open(&[])),
        Case::new("pong with a payload", hex("04000002 abcd"), Open(&[])),
        Case::new("type 0", hex("00000000"), Open(&[])),
        Case::new("type 5", hex("05000000"), Open(&[])),
        Case::new("type 255 with a payload", hex("ff000003 010203"), Open(&[])),
        Case::new("ping", hex("03000000"), Open(&[])),
        Case::new(
            "message of a client",
            frame(CLIENT_TO_SERVER, &hex(MESSAGE_IND)),
            Open(&[]),
        ),
        Case::new("message", message(MESSAGE_IND), Open(hi)),
        Case::new(
            "several frames at once",
            [
                message(MESSAGE_IND),
                hex("04000000"),
                hex("05000000"),
                message("1200"),
            ]
            .concat(),
            Open(&["message Erik hi", "message  "]),
        ),
    ]
}

fn messages() -> Vec<Case<ClientKind, Outcome>> {
    vec![
        Case::new("unknown member alone", message("7a0100"), Open(&[])),
        Case::new(
            "unknown fields around and in a known member",
            message("7a0100 1206 7a0100 0a0161 7001"),
            Open(&["message a "]),
        ),
        Case::new(
            "two members",
            message("0a00 1203 0a0161"),
            Open(&["message a "]),
        ),
        Case::new(
            "a member twice, with different fields",
            message("1203 0a0161 1203 120162"),
            Open(&["message a b"]),
        )
        .except(
            [ClientKind::OriginalC],
            Open(&["message  b"]),
            "drops the first, and never merges",
        ),
        Case::new(
            "unknown group",
            message("7b7c 1203 0a0161"),
            Open(&["message a "]),
        )
        .except(
            [ClientKind::OriginalC],
            Closed(&[]),
            "does not support groups",
        ),
        Case::new(
            "NUL in a string",
            message("1205 0a03610062"),
            Open(&["message a\0b "]),
        )
        .except(
            [ClientKind::OriginalC, ClientKind::C],
            Open(&["message a "]),
            "strings end there in C",
        ),
    ]
}

fn bad_messages() -> Vec<Case<ClientKind, Outcome>> {
    vec![
        Case::new("length beyond the end", message("120561"), Closed(&[])),
        Case::new("garbage at the end", message("1200ff"), Closed(&[])),
        Case::new(
            "a message before",
            [message(MESSAGE_IND), message("120561")].concat(),
            Closed(&["message Erik hi"]),
        ),
        Case::new("member as a number", message("1001"), Closed(&[])).except(
            [ClientKind::OriginalPython, ClientKind::Python],
            Open(&[]),
            "treats it as an unknown field",
        ),
        Case::new("invalid UTF-8", message("1203 0a01ff"), Closed(&[])).except(
            [ClientKind::OriginalC, ClientKind::C],
            // The harness replaces bytes that are not UTF-8.
            Open(&["message \u{fffd} "]),
            "strings are just bytes in C",
        ),
    ]
}

/// `MessageInd { user: "Erik", text: "hi" }` as the member of either direction.
const MESSAGE_IND: &str = "120a 0a044572696b 12026869";

fn message(payload: &str) -> Vec<u8> {
    frame(SERVER_TO_CLIENT, &hex(payload))
}
