//! Fuzzes the session data of pings and pongs, with any payload and any first bytes of a connection.

use std::fmt::Debug;

use messi_wire::DisconnectReason;
use messi_wire::resumption::{Answer, ClientControl, FirstPing, FirstPong, Opening, ServerControl};

use crate::input::Input;

/// The most bytes that a server may send before its pong.
const MAX_EARLY: usize = 64;

/// Decodes a payload, and reads the first bytes of both sides in parts. The first byte is the size of a part minus one,
/// the rest is the payload and the bytes. Returns whether the payload is known.
#[must_use]
pub fn controls(data: &[u8]) -> bool {
    let mut input = Input(data);
    let part = usize::from(input.next().unwrap_or_default()) + 1;
    let bytes = input.0;
    let ping = stays_the_same(bytes, ClientControl::decode, ClientControl::encode);
    let pong = stays_the_same(bytes, ServerControl::decode, ServerControl::encode);
    assert_eq!(read_ping(bytes, part), read_ping(bytes, usize::MAX));
    assert_eq!(read_pong(bytes, part), read_pong(bytes, usize::MAX));
    ping || pong
}

/// Checks that a decoded payload is the same after it is encoded and decoded again. Returns whether it is known.
fn stays_the_same<T: PartialEq + Debug>(
    payload: &[u8],
    decode: impl Fn(&[u8]) -> Option<T>,
    encode: impl Fn(&T) -> Vec<u8>,
) -> bool {
    let Some(control) = decode(payload) else {
        return false;
    };
    assert_eq!(decode(&encode(&control)).as_ref(), Some(&control));
    true
}

/// Returns the interpretation of a client's first bytes by a server, and the bytes for the connection.
fn read_ping(bytes: &[u8], part: usize) -> (Option<Opening>, Vec<u8>) {
    let mut first_ping = FirstPing::default();
    let (result, rest) = feed(bytes, part, |part| first_ping.read(part));
    (result, [&first_ping.into_rest(), rest].concat())
}

/// Returns the interpretation of a server's first bytes by a client, and the bytes for the connection, if there is one.
fn read_pong(bytes: &[u8], part: usize) -> (Option<Result<Answer, DisconnectReason>>, Vec<u8>) {
    let mut first_pong = FirstPong::new(MAX_EARLY);
    let (result, rest) = feed(bytes, part, |part| first_pong.read(part).transpose());
    let is_refused = matches!(result, Some(Err(_)));
    let input = [&first_pong.into_rest(), rest].concat();
    (result, if is_refused { Vec::new() } else { input })
}

/// Calls `read` with parts of the bytes until it returns a result. Returns that with the remaining bytes.
fn feed<T>(
    mut bytes: &[u8],
    part: usize,
    mut read: impl FnMut(&[u8]) -> Option<T>,
) -> (Option<T>, &[u8]) {
    while !bytes.is_empty() {
        let (part, rest) = bytes.split_at(part.min(bytes.len()));
        bytes = rest;
        if let Some(result) = read(part) {
            return (Some(result), bytes);
        }
    }
    (None, bytes)
}
