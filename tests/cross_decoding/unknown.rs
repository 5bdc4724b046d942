//! Fields, members and enum values that only one side knows.

use messi::prost::Message;

use crate::Test;
use crate::both_ways::assert_same;
use crate::google::Google;
use crate::kitchen::{
    ClientToServer, Color, Lists, Maps, Scalars, ServerToClient, client_to_server, server_to_client,
};
use crate::listing::list;
use crate::sample::sample;

pub(crate) const TESTS: &[Test] = &[
    ("unknown_fields_are_skipped", fields_are_skipped),
    (
        "unknown_fields_of_submessages_are_skipped",
        fields_of_submessages_are_skipped,
    ),
    (
        "an_unknown_member_is_decoded_as_none",
        an_unknown_member_is_none,
    ),
    (
        "unknown_enum_values_keep_their_number",
        values_of_enums_keep_their_number,
    ),
];

/// Field 2000 in each wire type: a varint, 8 bytes, a string, a group with a group and a varint in it,
/// and 4 bytes.
const UNKNOWN: &[&[u8]] = &[
    b"\x80\x7d\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x81\x7d\x01\x02\x03\x04\x05\x06\x07\x08",
    b"\x82\x7d\x03abc",
    b"\x83\x7d\x0b\x0c\x08\x01\x84\x7d",
    b"\x85\x7d\x01\x02\x03\x04",
];

fn fields_are_skipped(google: &mut Google) {
    for seed in 0..20 {
        let message: ServerToClient = sample(seed);
        let known = message.encode_to_vec();
        for unknown in UNKNOWN {
            for bytes in [[&known, *unknown].concat(), [*unknown, &known].concat()] {
                let ours = ServerToClient::decode(&*bytes).expect("a valid encoding");
                assert_same(&list(&ours), &list(&message), &message);
                let theirs = google.read::<ServerToClient>(&bytes);
                assert_same(&list(&ours), &theirs.lines, &message);
                assert!(
                    theirs.encoded.len() > known.len() && ours.encoded_len() == known.len(),
                    "Google keeps unknown fields, and prost does not"
                );
            }
        }
    }
}

fn fields_of_submessages_are_skipped(google: &mut Google) {
    let scalars: Scalars = sample(1);
    let message: ClientToServer = client_to_server::Messages::Scalars(scalars.clone()).into();
    let within = [scalars.encode_to_vec(), UNKNOWN.concat()].concat();
    // The member 3 is of the type bytes. Here it has the wire type of member 1.
    let mut bytes = ClientToServer::from(client_to_server::Messages::Blob(within)).encode_to_vec();
    bytes[0] = 0x0a;
    let ours = ClientToServer::decode(&*bytes).expect("a valid encoding");
    assert_same(&list(&ours), &list(&message), &message);
    assert_same(
        &list(&ours),
        &google.read::<ClientToServer>(&bytes).lines,
        &message,
    );
}

fn an_unknown_member_is_none(google: &mut Google) {
    for bytes in UNKNOWN {
        let ours = ServerToClient::decode(*bytes).expect("a valid encoding");
        assert_eq!(ours.messages, None);
        let theirs = google.read::<ServerToClient>(bytes);
        assert_same(&list(&ours), &theirs.lines, &ours);
    }
}

fn values_of_enums_keep_their_number(google: &mut Google) {
    for number in [77, i32::MAX, i32::MIN, -1] {
        assert!(
            Color::try_from(number).is_err(),
            "{number} is a known value"
        );
        let lists = Lists {
            colors: vec![number, 1],
            unpacked_colors: vec![number],
            ..Lists::default()
        };
        let message: ClientToServer = client_to_server::Messages::First(lists).into();
        let theirs = google.read::<ClientToServer>(&message.encode_to_vec());
        assert_same(&list(&message), &theirs.lines, &message);
        assert_eq!(ClientToServer::decode(&*theirs.encoded), Ok(message));

        let maps = Maps {
            colors: [(true, number)].into(),
            ..Maps::default()
        };
        let message: ServerToClient = server_to_client::Messages::Maps(maps).into();
        let theirs = google.read::<ServerToClient>(&message.encode_to_vec());
        assert_same(&list(&message), &theirs.lines, &message);
        assert_eq!(ServerToClient::decode(&*theirs.encoded), Ok(message));
    }
}
