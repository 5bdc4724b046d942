//! A view is compared with the same message of prost: the input that it accepts, and its content.

use std::collections::HashMap;

use prost::Message;
use prost::bytes::Bytes;

use super::*;

#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, boxed, tag = "2")]
    next: Option<Box<Self>>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    blobs: Vec<Vec<u8>>,
    #[prost(map = "string, message", tag = "4")]
    named: HashMap<String, Self>,
    #[prost(oneof = "Kind", tags = "5, 6")]
    kind: Option<Kind>,
    #[prost(string, optional, tag = "7")]
    maybe: Option<String>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(string, tag = "5")]
    Text(String),
    #[prost(message, boxed, tag = "6")]
    Node(Box<Node>),
}

#[derive(Clone, Debug, Default, PartialEq)]
struct NodeView<'a> {
    name: &'a str,
    next: Option<Box<Self>>,
    blobs: Vec<&'a [u8]>,
    named: HashMap<&'a str, Self>,
    kind: Option<KindView<'a>>,
    maybe: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq)]
enum KindView<'a> {
    Text(&'a str),
    Node(Box<NodeView<'a>>),
}

impl<'a> View<'a> for NodeView<'a> {
    fn merge_field(&mut self, field: Field<'_, 'a>) -> Result<(), Malformed> {
        match field.number() {
            1 => field.merge(&mut self.name, string),
            2 => field.optional(&mut self.next, message),
            3 => field.repeated(&mut self.blobs, bytes),
            4 => field.map(&mut self.named, string, message),
            5 | 6 => KindView::merge_member(&mut self.kind, field),
            7 => field.optional(&mut self.maybe, string),
            _ => field.skip(),
        }
    }
}

impl<'a> ViewOneof<'a> for KindView<'a> {
    fn merge_member(oneof: &mut Option<Self>, member: Field<'_, 'a>) -> Result<(), Malformed> {
        match (member.number(), &mut *oneof) {
            (5, Some(Self::Text(value))) => member.merge(value, string),
            (6, Some(Self::Node(value))) => member.merge(value, message),
            (5, _) => {
                let mut value = "";
                member.merge(&mut value, string)?;
                *oneof = Some(Self::Text(value));
                Ok(())
            }
            (6, _) => {
                let mut value = Box::default();
                member.merge(&mut value, message)?;
                *oneof = Some(Self::Node(value));
                Ok(())
            }
            _ => member.skip(),
        }
    }
}

impl NodeView<'_> {
    fn to_message(&self) -> Node {
        Node {
            name: self.name.into(),
            next: self.next.as_ref().map(|it| Box::new(it.to_message())),
            blobs: self.blobs.iter().map(|blob| blob.to_vec()).collect(),
            named: self
                .named
                .iter()
                .map(|(name, node)| ((*name).into(), node.to_message()))
                .collect(),
            kind: self.kind.as_ref().map(|kind| match kind {
                KindView::Text(text) => Kind::Text((*text).into()),
                KindView::Node(node) => Kind::Node(Box::new(node.to_message())),
            }),
            maybe: self.maybe.map(String::from),
        }
    }
}

fn decode(bytes: &[u8]) -> Result<Node, Malformed> {
    let mut view = NodeView::default();
    merge(&mut view, Input::new(bytes))?;
    Ok(view.to_message())
}

fn compare(bytes: &[u8]) {
    assert_eq!(
        decode(bytes),
        Node::decode(bytes).map_err(Malformed::from),
        "{bytes:?}"
    );
}

/// Wraps a message into others, by fields with these keys in turn.
fn wrapped(keys: &[u8], message: &[u8], levels: usize) -> Vec<u8> {
    let mut bytes = message.to_vec();
    for key in keys.iter().cycle().take(levels) {
        let mut around = vec![*key];
        prost::encoding::encode_varint(bytes.len() as u64, &mut around);
        around.append(&mut bytes);
        bytes = around;
    }
    bytes
}

#[test]
fn strings_point_into_the_received_bytes() {
    let bytes = b"\x0a\x02ab\x1a\x01c";
    let mut view = NodeView::default();
    merge(&mut view, Input::new(bytes)).unwrap();
    assert_eq!(view.name.as_ptr(), bytes[2..].as_ptr());
    assert_eq!(view.blobs[0].as_ptr(), bytes[6..].as_ptr());
    assert_eq!((view.name, view.blobs[0]), ("ab", &b"c"[..]));
}

#[test]
fn fields_are_merged_like_in_the_owned_form() {
    for bytes in [
        &b""[..],
        // The last string counts, lists are concatenated.
        b"\x0a\x01a\x0a\x01b\x1a\x01c\x1a\x00\x3a\x00",
        // Messages are merged: `next`, and the member of the oneof.
        b"\x12\x03\x0a\x01a\x12\x03\x1a\x01b",
        b"\x32\x03\x0a\x01a\x32\x03\x1a\x01b",
        // Another member replaces the first.
        b"\x32\x03\x0a\x01a\x2a\x01b",
        b"\x2a\x01a\x32\x03\x0a\x01b",
        // An entry of a map with both parts, without either, and with a second value.
        b"\x22\x08\x0a\x01k\x12\x03\x0a\x01v\x22\x00\x22\x0d\x0a\x01k\x12\x03\x0a\x01v\x12\x03\x1a\x01w",
        // Unknown fields of each wire type, and a group in a group.
        b"\x78\x01\x79\0\0\0\0\0\0\0\0\x7a\x01x\x7d\0\0\0\0\x7b\x7b\x78\x01\x7c\x7c\x0a\x01a",
    ] {
        assert!(Node::decode(bytes).is_ok(), "{bytes:?}");
        compare(bytes);
    }
}

#[test]
fn what_the_owned_form_refuses_is_refused() {
    for bytes in [
        // Not UTF-8: in a string, in a key, in a member, in a message.
        &b"\x0a\x01\xff"[..],
        b"\x22\x03\x0a\x01\xff",
        b"\x2a\x01\xff",
        b"\x12\x03\x0a\x01\xff",
        // Another wire type than that of the field.
        b"\x08\x01",
        b"\x18\x01",
        b"\x10\x01",
        b"\x20\x01",
        b"\x28\x01",
        b"\x38\x01",
        // More than there is, and beyond the end of the message around it.
        b"\x0a\x02a",
        b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x12\x02\x0a\x03abc",
        b"\x12\x05",
        // No number, no wire type, no end of a group, and an end without a group.
        b"\x02\x00",
        b"\x0e",
        b"\x7b",
        b"\x7c",
        b"\x7b\x74",
        b"\x0a",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert!(Node::decode(bytes).is_err(), "{bytes:?}");
        compare(bytes);
    }
}

#[test]
fn messages_are_nested_as_deep_as_in_the_owned_form() {
    // `next`, the member of the oneof, and values of a map, with a string and with a group inside.
    for keys in [&[0x12][..], &[0x32], &[0x12, 0x22]] {
        for inner in [&b"\x0a\x01a"[..], b"\x7b\x7c", b"\x7b\x7b\x7c\x7c"] {
            let accepted = (90..110).filter(|levels| {
                let bytes = wrapped(keys, inner, *levels);
                compare(&bytes);
                decode(&bytes).is_ok()
            });
            let accepted = accepted.count();
            assert!((1..20).contains(&accepted), "{keys:?}: {accepted}");
        }
    }
}

#[test]
fn owned_bytes_share_the_memory_of_a_shared_input() {
    let bytes = Bytes::from_static(b"\x0a\x02ab");
    for (mut input, is_shared) in [(Input::shared(&bytes), true), (Input::new(&bytes), false)] {
        input.field().unwrap();
        let mut value = Bytes::new();
        let wire_type = WireType::LengthDelimited;
        let context = DecodeContext::default();
        prost::encoding::bytes::merge(wire_type, &mut value, &mut input, context).unwrap();
        assert_eq!(value, "ab");
        assert_eq!(value.as_ptr() == bytes[2..].as_ptr(), is_shared);
    }
}

#[test]
fn an_owned_string_can_be_a_field_of_a_view() {
    let mut input = Input::new(b"\x01ab");
    let mut value = String::new();
    let field = Field {
        number: 1,
        wire_type: WireType::LengthDelimited,
        input: &mut input,
    };
    field
        .merge(&mut value, owned(prost::encoding::string::merge))
        .unwrap();
    assert_eq!((value.as_str(), input.rest), ("a", &b"b"[..]));
}
