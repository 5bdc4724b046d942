//! The generated types: their encoding and their methods.

use std::collections::HashMap;
use std::fmt::Debug;

use messi::prost::Message;
use messi::prost_types::{Duration, NullValue, Struct, Timestamp};

mod chat {
    messi::protocol!("../../../examples/chat/chat.proto");
}
mod gallery {
    messi::protocol!("../../proto/imports.proto");
}
mod kitchen {
    messi::protocol!("../../proto/kitchen_sink.proto");
}

use kitchen::client_to_server::Messages;
use kitchen::{
    ClientToServer, Color, Forest, Keywords, Lists, Maps, Outer, Presence, Scalars, Tree,
    WellKnown, keywords, outer, tree,
};

#[test]
fn messages_have_the_encoding_of_the_original() {
    let request = chat::ConnectReq {
        user: "Erik".into(),
    };
    let request = chat::ClientToServer::from(request).encode_to_vec();
    assert_eq!(request, b"\x0a\x06\x0a\x04Erik");
    let response = chat::ServerToClient::from(chat::ConnectRsp {}).encode_to_vec();
    assert_eq!(response, b"\x0a\x00");
}

#[test]
fn scalars_have_the_encoding_of_their_type() {
    let scalars = Scalars {
        double: 1.0,
        float: -2.0,
        int32: -1,
        uint64: 300,
        sint32: -1,
        fixed32: 1,
        sfixed64: -1,
        bool: true,
        bytes: vec![0xff, 0x00],
        color: Color::Blue.into(),
        ..Scalars::default()
    };
    let expected: &[&[u8]] = &[
        b"\x09\x00\x00\x00\x00\x00\x00\xf0\x3f",
        b"\x15\x00\x00\x00\xc0",
        b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x30\xac\x02",
        b"\x38\x01",
        b"\x4d\x01\x00\x00\x00",
        b"\x61\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x68\x01",
        b"\x7a\x02\xff\x00",
        b"\x80\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ];
    assert_eq!(scalars.encode_to_vec(), expected.concat());
    assert_round_trip(&scalars);
}

#[test]
fn scalars_of_all_types_are_decoded_as_they_were_encoded() {
    assert_round_trip(&Scalars {
        double: f64::MIN,
        float: f32::MAX,
        int32: i32::MIN,
        int64: i64::MIN,
        uint32: u32::MAX,
        uint64: u64::MAX,
        sint32: i32::MIN,
        sint64: i64::MIN,
        fixed32: u32::MAX,
        fixed64: u64::MAX,
        sfixed32: i32::MIN,
        sfixed64: i64::MIN,
        bool: true,
        string: "grüß".into(),
        bytes: vec![0; 300],
        color: Color::Red.into(),
    });
}

#[test]
fn an_optional_field_distinguishes_zero_from_absent() {
    let absent = Presence::default();
    assert_eq!(absent.encode_to_vec(), b"");
    let zero = Presence {
        number: Some(0),
        text: Some(String::new()),
        blob: Some(Vec::new()),
        color: Some(0),
        message: Some(Scalars::default()),
    };
    assert_eq!(
        zero.encode_to_vec(),
        b"\x08\x00\x12\x00\x1a\x00\x20\x00\x2a\x00"
    );
    assert_round_trip(&zero);
}

#[test]
fn repeated_numbers_are_packed_unless_the_schema_says_otherwise() {
    let lists = Lists {
        packed: vec![1, 2],
        unpacked: vec![1, 2],
        colors: vec![1, 0],
        unpacked_colors: vec![1, 0],
        ..Lists::default()
    };
    let expected: &[&[u8]] = &[
        b"\x0a\x02\x01\x02",
        b"\x10\x01\x10\x02",
        b"\x2a\x02\x01\x00",
        b"\x30\x01\x30\x00",
    ];
    assert_eq!(lists.encode_to_vec(), expected.concat());
    assert_round_trip(&Lists {
        texts: vec![String::new(), "a".into()],
        blobs: vec![vec![1], vec![]],
        messages: vec![Scalars::default()],
        ..lists
    });
}

#[test]
fn maps_are_hash_maps() {
    let time = Timestamp {
        seconds: 1,
        nanos: 2,
    };
    let maps = Maps {
        numbers: HashMap::from([("one".into(), 1), (String::new(), 0)]),
        texts: HashMap::from([(-1, "minus".into())]),
        colors: HashMap::from([(true, Color::Blue.into())]),
        messages: HashMap::from([(i64::MIN, Scalars::default())]),
        blobs: HashMap::from([(7, vec![1, 2, 3])]),
        times: HashMap::from([("now".into(), time)]),
    };
    assert_round_trip(&maps);
    let one = Maps {
        numbers: HashMap::from([("a".into(), 1)]),
        ..Maps::default()
    };
    assert_eq!(one.encode_to_vec(), b"\x0a\x05\x0a\x01a\x10\x01");
}

#[test]
fn a_message_may_contain_itself() {
    let leaf = |name: &str| Tree {
        name: name.into(),
        ..Tree::default()
    };
    let forest = Forest {
        tallest: Some(Box::new(leaf("tallest"))),
    };
    assert_round_trip(&Tree {
        name: "root".into(),
        left: Some(Box::new(leaf("left"))),
        children: vec![leaf("child")],
        named: HashMap::from([("name".into(), leaf("named"))]),
        more: Some(tree::More::Forest(Box::new(forest))),
    });
}

#[test]
fn types_of_google_protobuf_are_those_of_prost_types() {
    let structure = Struct::default();
    assert_round_trip(&WellKnown {
        timestamp: Some(Timestamp {
            seconds: -1,
            nanos: 5,
        }),
        duration: Some(Duration {
            seconds: 60,
            nanos: 0,
        }),
        empty: Some(()),
        string: Some("wrapped".into()),
        number: Some(0),
        structure: Some(structure),
        null: NullValue::NullValue.into(),
        numbers: vec![1, 0, -1],
    });
    let wrapped = WellKnown {
        string: Some("a".into()),
        number: Some(0),
        ..WellKnown::default()
    };
    assert_eq!(wrapped.encode_to_vec(), b"\x22\x03\x0a\x01a\x2a\x00");
}

#[test]
fn nested_types_are_in_the_module_of_their_message() {
    let color = outer::inner::Color { rgb: 0x00ff_0000 };
    let inner = outer::Inner {
        state: outer::inner::State::Ready.into(),
        color: Some(color.clone()),
    };
    assert_round_trip(&Outer {
        inner: Some(inner.clone()),
        state: 1,
        colors: vec![color],
        outermost: Color::Red.into(),
        value: Some(outer::Value::ByInner(inner)),
        other: Some(outer::Other::Flag(false)),
    });
}

#[test]
fn an_enum_field_is_a_number_with_a_typed_getter() {
    let mut outer = Outer::default();
    assert_eq!(outer.outermost(), Color::Unspecified);
    outer.set_outermost(Color::Red);
    assert_eq!(outer.outermost, 1);
    outer.outermost = 77;
    assert_eq!(outer.outermost(), Color::default());
    assert!(Color::try_from(77).is_err());
    assert_round_trip(&outer);
}

#[test]
fn an_enum_converts_to_and_from_the_names_of_the_schema() {
    assert_eq!(Color::Blue.as_str_name(), "COLOR_BLUE");
    assert_eq!(Color::Crimson.as_str_name(), "COLOR_RED");
    assert_eq!(Color::from_str_name("COLOR_CRIMSON"), Some(Color::Red));
    assert_eq!(Color::from_str_name("Blue"), None);
    assert!(Color::Blue < Color::Red);
}

#[test]
fn rust_keywords_become_raw_identifiers_or_get_an_underscore() {
    assert_round_trip(&Keywords {
        r#type: "type".into(),
        self_: "self".into(),
        r#match: "match".into(),
        r#async: true,
        crate_: vec![1],
        super_: Some(Box::default()),
        camel_case: "camelCase".into(),
        r#impl: Some(keywords::Impl::Self_(1)),
    });
}

#[test]
fn a_member_converts_into_the_message_of_its_direction() {
    let tree = ClientToServer::from(Tree::default());
    assert_eq!(tree.messages, Some(Messages::Tree(Tree::default())));
    let text = ClientToServer::from(Messages::Text("hi".into()));
    assert_eq!(text.encode_to_vec(), b"\x12\x02hi");
    assert_round_trip(&text);
    let now = ClientToServer::from(Timestamp::default());
    assert_eq!(now.messages, Some(Messages::Now(Timestamp::default())));
}

#[test]
fn fields_beside_the_oneof_have_their_defaults_after_a_conversion() {
    let message = ClientToServer::from(Messages::Nothing(()));
    assert_eq!(message.trace, 0);
    let traced = ClientToServer {
        trace: 7,
        ..Messages::Nothing(()).into()
    };
    assert_eq!(traced.encode_to_vec(), b"\x32\x00\xa0\x06\x07");
    assert_round_trip(&traced);
}

#[test]
fn the_message_of_a_direction_may_contain_itself() {
    let inner = ClientToServer::from(Messages::Color(Color::Red.into()));
    assert_round_trip(&ClientToServer::from(Messages::Again(Box::new(inner))));
}

#[test]
fn imported_packages_are_modules_beside_the_types_of_the_schema() {
    use gallery::packages::acme::shapes::{Pair, Shape, colors, shape};
    let shape = Shape {
        kind: shape::Kind::Circle.into(),
        color: colors::Color::Red.into(),
        size: Some(shape::Size::Sides(Pair {
            width: 2,
            height: 3,
        })),
    };
    assert_round_trip(&gallery::ClientToServer::from(shape.clone()));
    assert_round_trip(&gallery::Exhibit {
        place: Some(gallery::Place { room: 12 }),
        shapes: vec![shape],
        kind: shape::Kind::Circle.into(),
        colors: HashMap::from([("wall".into(), colors::Color::Red.into())]),
    });
}

#[track_caller]
fn assert_round_trip<M: Message + Default + PartialEq + Debug>(message: &M) {
    let bytes = message.encode_to_vec();
    assert_eq!(bytes.len(), message.encoded_len());
    assert_eq!(M::decode(&*bytes).as_ref(), Ok(message));
}
