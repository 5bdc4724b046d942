//! Bytes that no honest peer sends, to either side's state. `MESSI_FRAMES` sets how many frames.

use std::env;

use fastrand::Rng;

use super::*;
use crate::frame::{HEADER_SIZE, Header, MessageType};

/// Messages above this end a connection.
const MAX_SIZE: usize = 256;

/// Whole messages that may wait before reading stops, in bytes.
const MAX_UNHANDLED: usize = 1024;

/// The largest part in which bytes come.
const MAX_PART: usize = 512;

/// How many frames are tried, unless the environment says so.
const FRAMES: usize = 1_000_000;

/// Frames in one stream.
const FRAMES_A_STREAM: usize = 20;

fn config() -> ConnectionConfig {
    ConnectionConfig {
        max_received_size: MAX_SIZE,
        max_unhandled_bytes: MAX_UNHANDLED,
        ..ConnectionConfig::default()
    }
}

fn connection(role: Role, now: Instant) -> Connection {
    Connection::new(role, Arc::new(config()), now)
}

/// Frames as the other side may send them.
fn honest_stream(role: Role, random: &mut Rng) -> Vec<u8> {
    let other = match role {
        Role::Client => [MessageType::ServerToClient, MessageType::Pong],
        Role::Server => [MessageType::ClientToServer, MessageType::Ping],
    };
    let mut stream = Vec::new();
    for _ in 0..FRAMES_A_STREAM {
        let is_message = random.u8(0..4) > 0;
        let size = if is_message { random.usize(0..=64) } else { 0 };
        let header = Header::new(other[usize::from(!is_message)], size);
        stream.extend_from_slice(&header.encode());
        stream.extend(std::iter::repeat_with(|| random.u8(..)).take(size));
    }
    stream
}

/// The same with some bytes changed, put in or left out.
fn hostile_stream(role: Role, random: &mut Rng) -> Vec<u8> {
    let mut stream = honest_stream(role, random);
    for _ in 0..random.usize(0..4) {
        let place = random.usize(0..stream.len());
        match random.u8(0..4) {
            0 => stream[place] ^= 1 << random.u8(0..8),
            1 => {
                stream[place] = *random
                    .choice(&[0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff])
                    .unwrap()
            }
            2 => stream.insert(place, random.u8(..)),
            _ => stream.truncate(place.max(1)),
        }
    }
    stream
}

/// The result of a stream: the messages, and the reason for its end, if it ended.
type Outcome = (Vec<Vec<u8>>, Option<DisconnectReason>);

/// Gives a stream to a connection in parts that end at these places.
fn outcome(role: Role, stream: &[u8], ends: &[usize]) -> Outcome {
    let now = Instant::now();
    let mut connection = connection(role, now);
    let mut messages = Vec::new();
    let mut start = 0;
    for &end in ends.iter().chain([&stream.len()]) {
        connection.handle_input(&stream[start..end], usize::MAX, now, |_| false);
        start = end;
        while let Some(payload) = connection.next_message() {
            messages.push(payload.to_vec());
        }
    }
    (messages, connection.end_reason().cloned())
}

#[test]
fn every_split_gives_the_same() {
    let mut random = Rng::with_seed(1);
    for _ in 0..200 {
        for role in [Role::Client, Role::Server] {
            let stream = hostile_stream(role, &mut random);
            let whole = outcome(role, &stream, &[]);
            for split in 0..=stream.len() {
                assert_eq!(
                    outcome(role, &stream, &[split]),
                    whole,
                    "{stream:?} at {split}"
                );
            }
            let bytes: Vec<usize> = (0..stream.len()).collect();
            assert_eq!(
                outcome(role, &stream, &bytes),
                whole,
                "{stream:?} by the byte"
            );
        }
    }
}

/// Gives a stream to a connection in random parts, while time passes and messages are handled or
/// not, for as long as input is welcome.
fn play(role: Role, random: &mut Rng) {
    let stream = hostile_stream(role, random);
    let mut now = Instant::now();
    let mut connection = connection(role, now);
    let mut rest = &stream[..];
    while !rest.is_empty() && connection.end_reason().is_none() {
        if connection.wants_input() {
            let (part, others) = rest.split_at(random.usize(1..=rest.len().min(MAX_PART)));
            connection.handle_input(part, usize::MAX, now, |_| false);
            rest = others;
        }
        now += Duration::from_millis(random.u64(0..100));
        connection.handle_timeout(now);
        if random.bool() {
            while connection.next_message().is_some() {}
        }
        let output = connection.output_len();
        assert!(output <= HEADER_SIZE, "{output} bytes are to be written");
        let held = connection.input_memory();
        let bound = MAX_UNHANDLED + MAX_SIZE + HEADER_SIZE + MAX_PART;
        assert!(held <= 2 * bound, "{held} bytes are held");
    }
}

#[test]
fn hostile_frames_do_no_harm() {
    let frames = env::var("MESSI_FRAMES").map_or(FRAMES, |frames| frames.parse().unwrap());
    let mut random = Rng::with_seed(2);
    for _ in 0..frames / FRAMES_A_STREAM / 2 {
        play(Role::Client, &mut random);
        play(Role::Server, &mut random);
    }
}
