//! Messages of the chat, encoded by hand.

use crate::wire::{CLIENT_TO_SERVER, SERVER_TO_CLIENT, frame};

/// Returns a frame of a client with a `MessageInd`.
pub(super) fn chat(user: &str, text: &str) -> Vec<u8> {
    frame(CLIENT_TO_SERVER, &message_ind(user, text))
}

/// Returns a frame of a server with a `MessageInd`.
pub(super) fn broadcast(user: &str, text: &str) -> Vec<u8> {
    frame(SERVER_TO_CLIENT, &message_ind(user, text))
}

/// Encodes a `MessageInd` as a member, which has the same number in both directions.
fn message_ind(user: &str, text: &str) -> Vec<u8> {
    let fields = [string(0x0a, user), string(0x12, text)].concat();

    delimited(0x12, &fields)
}

/// Encodes a string field, which proto3 omits if it is empty.
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
