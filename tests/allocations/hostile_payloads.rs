//! Payloads made to do harm when they are decoded: deeply nested ones, and small ones that take much
//! memory.

use std::thread;

use crate::common::{RawPeer, run};
use allocation_counter::measure;
use futures::StreamExt;
use futures::channel::mpsc;
use messi::DisconnectReason;
use messi::prost::Message;
use messi::prost::encoding::encode_varint;

mod kitchen {
    messi::protocol!("../proto/kitchen_sink.proto");
}

use kitchen::{
    ClientToServer, KitchenSinkServer, KitchenSinkServerClient, KitchenSinkServerHandler,
    ServerToClient,
};

/// The stack of the decoding thread: the default of Rust and of async-std.
const STACK: usize = 2 * 1024 * 1024;

/// The default of `max_message_size`.
const MAX_SIZE: usize = 1024 * 1024;

/// The maximum number of nested levels below a message.
const MAX_DEPTH: usize = 100;

// --- Depth ---

/// Paths of fields from a `ClientToServer` into recursive messages: a name, the fields before the
/// recursion, and the fields that repeat. A map takes two fields, its entry and the value.
const RECURSIONS: [(&str, &[u8], &[u8]); 8] = [
    ("the message itself", &[], &[12]),
    ("a field", &[8], &[2]),
    ("a list", &[8], &[3]),
    ("a map", &[8], &[4, 2]),
    ("a oneof", &[8], &[5]),
    ("a field of another message", &[8], &[6, 1]),
    ("google.protobuf.Struct", &[13, 6], &[1, 2, 5]),
    ("google.protobuf.ListValue", &[13, 6, 1, 2], &[6, 1]),
];

/// Encodes nested messages along a path, the innermost with the given content.
fn nested(path: &[u8], cycle: &[u8], depth: usize, content: &[u8]) -> Vec<u8> {
    let fields = path.iter().chain(cycle.iter().cycle());
    let mut fields: Vec<u8> = fields.take(depth).copied().collect();
    fields.reverse();
    // Each message is put around the one before, so the bytes are written from the end.
    let mut reversed: Vec<u8> = content.iter().rev().copied().collect();
    for field in fields {
        let mut head = vec![field << 3 | 2];
        encode_varint(reversed.len() as u64, &mut head);
        reversed.extend(head.iter().rev());
    }
    reversed.reverse();
    reversed
}

/// Encodes nested groups of an unknown field.
fn groups(depth: usize) -> Vec<u8> {
    [[0x7b].repeat(depth), [0x7c].repeat(depth)].concat()
}

/// Runs a test on a thread with a stack of [`STACK`] bytes. An overflow would abort the process.
fn on_a_thread(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK).spawn(test);
    thread.expect("a thread starts").join().unwrap();
}

fn assert_too_deep(name: &str, payload: &[u8]) {
    let error = ClientToServer::decode(payload).expect_err(name).to_string();
    assert!(error.contains("recursion limit"), "{name}: {error}");
}

#[test]
fn messages_up_to_the_depth_limit_are_decoded_and_deeper_ones_refused() {
    on_a_thread(|| {
        for (name, path, cycle) in RECURSIONS {
            let deepest = nested(path, cycle, MAX_DEPTH, &[]);
            let message = ClientToServer::decode(&*deepest).expect(name);
            assert_eq!(
                ClientToServer::decode(&*message.encode_to_vec()),
                Ok(message)
            );
            assert_too_deep(name, &nested(path, cycle, MAX_DEPTH + 1, &[]));
        }
    });
}

#[test]
fn an_extremely_deep_message_is_an_error() {
    on_a_thread(|| {
        for (name, path, cycle) in RECURSIONS {
            let payload = nested(path, cycle, MAX_SIZE / 5, &[]);
            assert!(payload.len() > MAX_SIZE / 2, "{name} is not large");
            assert_too_deep(name, &payload);
        }
    });
}

#[test]
fn extremely_deep_groups_are_an_error() {
    on_a_thread(|| {
        assert!(ClientToServer::decode(&*groups(MAX_DEPTH)).is_ok());
        for depth in [MAX_DEPTH + 1, MAX_SIZE / 2] {
            assert_too_deep("groups", &groups(depth));
        }
        assert_too_deep("groups without an end", &[0x7b].repeat(MAX_SIZE));
        let mixed = nested(&[8], &[2], MAX_DEPTH / 2, &groups(MAX_DEPTH / 2 + 1));
        assert_too_deep("groups within messages", &mixed);
    });
}

/// A handler that reports why its client was disconnected.
struct Session(mpsc::UnboundedSender<DisconnectReason>);

impl KitchenSinkServerHandler for Session {
    async fn on_client_disconnected(
        &mut self,
        _: &KitchenSinkServerClient,
        reason: DisconnectReason,
    ) {
        let _ = self.0.unbounded_send(reason);
    }
}

#[test]
fn a_server_disconnects_a_client_that_sends_an_extremely_deep_message() {
    run(async {
        let (reporter, mut reasons) = mpsc::unbounded();
        let server = KitchenSinkServer::builder("tcp://127.0.0.1:0")
            .start(move |_| Session(reporter.clone()))
            .await
            .unwrap();
        for (name, path, cycle) in RECURSIONS {
            let payload = nested(path, cycle, MAX_SIZE / 5, &[]);
            let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
            let mut peer = RawPeer::connect(server.local_addr()).await;
            peer.send(&[&[1], &size[1..], &payload].concat()).await;
            assert!(peer.expect_end().await.is_empty());
            drop(peer);
            let reason = reasons.next().await.expect("a disconnect");
            assert!(
                matches!(reason, DisconnectReason::MessageDecodeError(_)),
                "{name}: {reason}"
            );
        }
        server.stop().await;
    });
}

// --- Growth ---

/// Encodes a field that repeats `element` as often as it fits into the largest message.
fn full_of(field: u8, element: &[u8]) -> Vec<u8> {
    nested(
        &[field],
        &[],
        1,
        &element.repeat((MAX_SIZE - 8) / element.len()),
    )
}

/// Encodes nested trees, each in a list of one and with an empty map entry. They are as deep as each
/// size fits into a byte.
fn chain_with_maps() -> Vec<u8> {
    let empty_entry = nested(&[4], &[], 1, &[]);
    let mut chain = Vec::new();
    for _ in 0..31 {
        chain.extend(&empty_entry);
        chain = nested(&[3], &[], 1, &chain);
    }
    chain
}

/// Encodes a map of messages with as many entries as fit. The keys are small numbers.
fn full_map() -> Vec<u8> {
    let mut entries = Vec::new();
    for key in 0.. {
        let mut entry = vec![0x08];
        encode_varint(key, &mut entry);
        let entry = nested(&[4], &[], 1, &entry);
        if entries.len() + entry.len() > MAX_SIZE - 8 {
            break;
        }
        entries.extend(entry);
    }
    nested(&[1], &[], 1, &entries)
}

/// Returns the peak memory of decoding, as a multiple of the payload.
fn growth<M: Message + Default>(payload: &[u8]) -> usize {
    assert!(payload.len() <= MAX_SIZE && payload.len() > MAX_SIZE - 256);
    let taken = measure(|| drop(M::decode(payload).expect("a valid payload")));
    usize::try_from(taken.bytes_max).unwrap() / payload.len()
}

#[track_caller]
fn assert_growth<M: Message + Default>(payload: &[u8], bound: usize) {
    let growth = growth::<M>(payload);
    assert!(growth <= bound, "takes {growth} times its size");
}

#[test]
fn a_decoded_payload_takes_at_most_the_documented_memory() {
    // An empty message in a list of one takes two bytes, and a list allocates room for four.
    let chain = nested(&[], &[3], 60, &[]);
    assert_growth::<ClientToServer>(&full_of(8, &chain), 240);
    assert_growth::<ClientToServer>(&full_of(8, b"\x1a\x02\x1a\x00"), 160);
    // An empty map entry takes two bytes too, and a map allocates room for four.
    assert_growth::<ClientToServer>(&full_of(8, &chain_with_maps()), 270);
    assert_growth::<ClientToServer>(&full_of(8, b"\x1a\x02\x22\x00"), 190);
    // While a list grows, its old and its new memory exist.
    assert_growth::<ClientToServer>(&full_of(9, b"\x3a\x00"), 100);
    assert_growth::<ServerToClient>(&full_map(), 60);
    assert_growth::<ClientToServer>(&full_of(9, b"\x1a\x00"), 20);
}

#[test]
fn numbers_and_strings_take_little_more_memory_than_their_payload() {
    let packed = nested(&[9, 1], &[], 2, &vec![1; MAX_SIZE - 16]);
    assert_growth::<ClientToServer>(&packed, 6);
    assert_growth::<ClientToServer>(&full_of(9, b"\x10\x01"), 3);
    assert_growth::<ClientToServer>(&full_of(2, b"a"), 1);
}

#[test]
fn unknown_fields_take_no_memory() {
    assert_growth::<ClientToServer>(&full_of(9, b"\x78\x01"), 0);
    assert_growth::<ClientToServer>(&full_of(9, b"\x7b\x7c"), 0);
}
