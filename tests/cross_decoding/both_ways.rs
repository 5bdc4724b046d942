//! Random messages, encoded by one side, decoded by the other, and encoded again.

use std::env;
use std::fmt::Debug;

use messi::prost::Message;
use messi::prost_types::{Value, value};

use crate::Test;
use crate::google::{Google, Root};
use crate::kitchen::client_to_server::Messages;
use crate::kitchen::{ClientToServer, Lists, Scalars, ServerToClient};
use crate::listing::{Listed, list};
use crate::sample::{Sample, sample};

pub(crate) const TESTS: &[Test] = &[
    (
        "our_messages_are_decoded_and_encoded_again_by_google",
        ours_to_google,
    ),
    (
        "googles_messages_are_decoded_and_encoded_again_by_us",
        googles_to_us,
    ),
    ("concatenated_messages_are_merged_as_by_google", merged),
    (
        "packed_and_unpacked_numbers_are_decoded_regardless_of_the_schema",
        packed_or_not,
    ),
    (
        "infinities_and_nan_are_exchanged_both_ways",
        special_numbers,
    ),
    (
        "a_field_without_presence_loses_the_sign_of_zero",
        signs_of_zeros,
    ),
];

/// The number of messages each way, unless `MESSI_MESSAGES` is set.
const MESSAGES: u64 = 2_000;

pub(crate) fn messages() -> u64 {
    env::var("MESSI_MESSAGES").map_or(MESSAGES, |messages| messages.parse().expect("a number"))
}

fn ours_to_google(google: &mut Google) {
    for seed in 0..messages() / 2 {
        offer(google, &sample::<ClientToServer>(seed));
        offer(google, &sample::<ServerToClient>(seed));
    }
}

fn googles_to_us(google: &mut Google) {
    for seed in 0..messages() / 2 {
        take::<ClientToServer>(google, seed);
        take::<ServerToClient>(google, seed);
    }
}

/// Lists are concatenated, submessages are merged, and the last value of each other field wins.
fn merged(google: &mut Google) {
    for seed in 0..messages() / 4 {
        merge::<ClientToServer>(google, seed);
        merge::<ServerToClient>(google, seed);
    }
}

fn merge<M>(google: &mut Google, seed: u64)
where
    M: Message + Default + Debug + Listed + Root + Sample,
{
    let parts = [sample::<M>(seed), sample::<M>(seed + 1)];
    let bytes = [parts[0].encode_to_vec(), parts[1].encode_to_vec()].concat();
    let ours = M::decode(&*bytes).expect("a valid encoding");
    let theirs = google.read::<M>(&bytes);
    assert_same(&list(&ours), &theirs.lines, &parts);
}

fn packed_or_not(google: &mut Google) {
    // In the schema, field 1 is packed and field 2 is not. Here, each occurs in both forms.
    let lists = b"\x08\x01\x0a\x02\x02\x03\x12\x02\x01\x02\x10\x03";
    let bytes = [b"\x4a", &[lists.len() as u8][..], lists].concat();
    let ours = ClientToServer::decode(&*bytes).expect("a valid encoding");
    let expected = Lists {
        packed: vec![1, 2, 3],
        unpacked: vec![1, 2, 3],
        ..Lists::default()
    };
    assert_eq!(ours, Messages::First(expected).into());
    let theirs = google.read::<ClientToServer>(&bytes);
    assert_same(&list(&ours), &theirs.lines, &ours);
}

fn special_numbers(google: &mut Google) {
    for number in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let scalars = Scalars {
            double: number,
            float: number as f32,
            ..Scalars::default()
        };
        offer(google, &ClientToServer::from(Messages::Scalars(scalars)));
    }
}

/// protobuf sends -0, but prost treats it as the default.
fn signs_of_zeros(google: &mut Google) {
    let message = ClientToServer::from(Messages::Scalars(Scalars {
        double: -0.0,
        ..Scalars::default()
    }));
    assert_eq!(message.encode_to_vec(), b"\x0a\x00");

    let minus_zero = b"\x0a\x09\x09\x00\x00\x00\x00\x00\x00\x00\x80";
    assert_eq!(
        google.read::<ClientToServer>(minus_zero).encoded,
        minus_zero
    );
    let message = ClientToServer::decode(&minus_zero[..]).expect("a valid encoding");
    let Some(Messages::Scalars(scalars)) = message.messages else {
        panic!("{message:?}");
    };
    assert!(scalars.double.is_sign_negative());

    let known = Value {
        kind: Some(value::Kind::NumberValue(-0.0)),
    }
    .encode_to_vec();
    assert_eq!(known, b"\x11\x00\x00\x00\x00\x00\x00\x00\x80");
}

/// Has Google decode a message and encode it again, and compares the results.
fn offer<M>(google: &mut Google, message: &M)
where
    M: Message + Default + Debug + Listed + Root,
{
    let lines = list(message);
    let reading = google.read::<M>(&message.encode_to_vec());
    assert_same(&lines, &reading.lines, message);
    let returned = M::decode(&*reading.encoded).expect("a valid encoding of Google's");
    assert_same(&lines, &list(&returned), message);
}

/// Decodes a random message of Google's, has Google decode our encoding of it, and compares the
/// results.
fn take<M>(google: &mut Google, seed: u64)
where
    M: Message + Default + Debug + Listed + Root + Sample,
{
    let made = google.make::<M>(seed);
    let message = M::decode(&*made.encoded).expect("a valid encoding of Google's");
    assert_same(&made.lines, &list(&message), &message);
    let returned = google.read::<M>(&message.encode_to_vec());
    assert_same(&made.lines, &returned.lines, &message);
}

/// Compares two listings, and panics with the first field that differs.
#[track_caller]
pub(crate) fn assert_same(one: &[String], other: &[String], message: &impl Debug) {
    let length = one.len().max(other.len());
    for index in 0..length {
        assert_eq!(one.get(index), other.get(index), "of {message:?}");
    }
}
