//! The effects of the macro's options.

use std::collections::HashSet;
use std::hash::Hash;

use messi::prost::Message;
use messi::prost::bytes::Bytes;
use serde::Serialize;
use serde_json::{from_str, json, to_value};

mod side {
    #![allow(dead_code)]

    pub(super) mod client {
        messi::protocol!("../../../examples/chat/chat.proto", side = client);

        // The names of items that are not generated are free.
        struct ChatServer;
        struct ChatServerClient;
        struct ChatServerHandler;
    }

    pub(super) mod server {
        messi::protocol!("../../../examples/chat/chat.proto", side = server);

        struct ChatClient;
        struct ChatClientHandler;
        struct ChatClientRequests;
    }

    pub(super) mod both {
        messi::protocol!("../../../examples/chat/chat.proto", side = both);
    }
}

#[test]
fn a_client_and_a_server_can_be_generated_separately() {
    use side::client::{ChatClient, ChatClientHandler, ChatClientRequests};
    use side::server::{ChatServer, ChatServerClient, ChatServerHandler, ConnectReq, ConnectRsp};

    struct Session;

    impl ChatServerHandler for Session {
        async fn on_connect_req(
            &mut self,
            _: &ChatServerClient,
            _: ConnectReq,
            reply: messi::Reply<ConnectRsp>,
        ) {
            reply.send(ConnectRsp {});
        }
    }

    struct Ui;

    impl ChatClientHandler for Ui {}

    async_std::task::block_on(async {
        let server = ChatServer::builder("tcp://127.0.0.1:0");
        let server = server.start(|_| Session).await.expect("a free port");
        let uri = format!("tcp://{}", server.local_addr());
        let client = ChatClient::builder(uri).start(Ui).expect("a valid address");
        client.connected().await.expect("a server");
        let request = side::client::ConnectReq {
            user: "Kalle".into(),
        };
        let response = client.connect_req(request).await;
        assert_eq!(response, Ok(side::client::ConnectRsp {}));
        client.stop().await;
        server.stop().await;
    });
}

#[test]
fn side_both_generates_clients_and_servers() {
    let _ = side::both::ChatClient::builder("tcp://127.0.0.1:1");
    let _ = side::both::ChatServer::builder("tcp://127.0.0.1:1");
}

mod included {
    messi::protocol!(
        "gallery.proto",
        include = ["../../proto/include", "../../proto"]
    );
}

#[test]
fn a_schema_and_its_imports_are_found_in_included_directories() {
    let shape = included::packages::acme::shapes::Shape::default();
    let message = included::ClientToServer::from(shape);
    assert_eq!(message.encoded_len(), 2);
}

mod derived {
    messi::protocol!(
        "../../proto/kitchen_sink.proto",
        derive(
            Copy,
            Eq,
            Hash,
            Outer: PartialOrd + ::serde::Serialize,
            outer::Inner: PartialOrd + ::serde::Serialize,
            outer::inner::Color: PartialOrd + ::serde::Serialize,
            Color: ::serde::Serialize,
        )
    );
}

#[test]
fn derives_for_all_types_skip_types_that_do_not_support_them() {
    fn is_copy<T: Copy>() {}
    fn is_hash<T: Eq + Hash>() {}
    fn is_eq<T: Eq>() {}

    is_copy::<(derived::outer::Inner, derived::outer::Value)>();
    is_hash::<(derived::Outer, derived::outer::Value)>();
    is_hash::<derived::outer::inner::Color>();
    is_eq::<derived::Tree>(); // It holds a map.
    let mut seen = HashSet::new();
    let keywords = derived::Keywords {
        r#type: "x".into(),
        ..Default::default()
    };
    assert!(seen.insert(keywords.clone()));
    assert!(!seen.insert(keywords));
}

#[test]
fn derives_by_name_apply_to_a_message_and_its_oneofs() {
    fn has_derives<T: PartialOrd + Serialize>() {}

    has_derives::<derived::Outer>();
    has_derives::<derived::outer::Value>();
    has_derives::<derived::Color>();
    let value = |flag| derived::Outer {
        other: Some(derived::outer::Other::Flag(flag)),
        ..Default::default()
    };
    assert!(value(false) < value(true));
}

mod bytes {
    messi::protocol!("../../proto/kitchen_sink.proto", bytes = Bytes);
}

#[test]
fn bytes_fields_can_have_the_shared_type() {
    let blob = Bytes::from_static(b"blob");
    let lists = bytes::Lists {
        blobs: vec![blob.clone(), blob.clone()],
        ..Default::default()
    };
    let presence = bytes::Presence {
        blob: Some(blob.clone()),
        ..Default::default()
    };
    let messages = bytes::client_to_server::Messages::Blob(blob.clone());

    let decoded = bytes::Lists::decode(lists.encode_to_vec().as_slice()).unwrap();
    assert_eq!(decoded, lists);
    let decoded = bytes::Presence::decode(presence.encode_to_vec().as_slice()).unwrap();
    assert_eq!(decoded.blob, Some(blob));
    let message = bytes::ClientToServer::from(messages);
    let same = derived::ClientToServer::decode(message.encode_to_vec().as_slice()).unwrap();
    let vector = derived::client_to_server::Messages::Blob(b"blob".to_vec());
    assert_eq!(same.messages, Some(vector));
}

#[test]
fn bytes_in_maps_stay_vectors() {
    let blobs = [(1, b"blob".to_vec())];
    let maps = bytes::Maps {
        blobs: blobs.into(),
        ..Default::default()
    };
    assert_eq!(
        bytes::Maps::decode(maps.encode_to_vec().as_slice()),
        Ok(maps)
    );
}

mod gallery {
    messi::protocol!("../../proto/imports.proto");
}

mod second_gallery {
    messi::protocol!(
        "../../proto/imports.proto",
        extern = {
            "acme.shapes" => crate::generated::options::gallery::packages::acme::shapes,
            "acme.shapes.colors" => crate::generated::options::gallery::packages::acme::shapes::colors,
        },
    );

    // The names of items that are not generated are free.
    mod packages {}
}

/// The package within it is generated.
mod third_gallery {
    messi::protocol!(
        "../../proto/imports.proto",
        extern = { "acme.shapes" => crate::generated::options::gallery::packages::acme::shapes },
    );
}

#[test]
fn protocols_can_share_the_types_of_a_package() {
    let shape = gallery::packages::acme::shapes::Shape::default();
    let first = gallery::Exhibit {
        shapes: vec![shape.clone()],
        ..Default::default()
    };
    let second = second_gallery::Exhibit {
        shapes: vec![shape.clone()],
        ..Default::default()
    };
    assert_eq!(first.encode_to_vec(), second.encode_to_vec());
    let one = gallery::ClientToServer::from(shape.clone());
    let other = second_gallery::ClientToServer::from(shape);
    assert_eq!(one.encode_to_vec(), other.encode_to_vec());
}

#[test]
fn an_external_package_may_contain_a_generated_one() {
    let palette = third_gallery::packages::acme::shapes::colors::Palette::default();
    let message = third_gallery::ServerToClient::from(palette);
    assert_eq!(message.encoded_len(), 2);
}

/// Types of `google.protobuf` with traits that messi's own do not have, as a crate for serde has them.
mod google {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Copy, PartialEq, Eq, Hash, messi::prost::Message, Serialize, Deserialize)]
    #[prost(prost_path = "::messi::prost")]
    pub(crate) struct Timestamp {
        #[prost(int64, tag = "1")]
        pub(crate) seconds: i64,
        #[prost(int32, tag = "2")]
        pub(crate) nanos: i32,
    }

    #[derive(
        Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, messi::prost::Enumeration,
    )]
    #[prost(prost_path = "::messi::prost")]
    #[repr(i32)]
    pub(crate) enum NullValue {
        NullValue = 0,
    }
}

mod journal {
    messi::protocol!(
        "../../proto/journal.proto",
        derive(::serde::Serialize, ::serde::Deserialize, Entry: Eq + Hash),
        attributes(
            messages: #[serde(default)],
            enums: #[serde(rename_all = "UPPERCASE")],
            oneofs: #[serde(rename_all = "kebab-case")],
            Entry: #[must_use] #[serde(rename_all = "camelCase")],
            Entry.r#type: #[serde(rename = "kind")],
            Entry.edits: #[serde(skip_serializing_if = "::std::vec::Vec::is_empty")],
            Entry.place: #[serde(flatten)],
            entry::Place.City: #[serde(rename = "town")],
            Mood.Good: #[serde(rename = "fine")],
        ),
        extern = { "google.protobuf" => crate::generated::options::google },
    );
}

#[test]
fn messages_with_a_timestamp_pass_through_serde() {
    let entry = journal::Entry {
        r#type: "trip".into(),
        at: Some(google::Timestamp {
            seconds: 7,
            nanos: 5,
        }),
        note: Some("sunny".into()),
        place: Some(journal::entry::Place::City("Lund".into())),
        ..Default::default()
    };
    let text = json!({
        "kind": "trip",
        "at": { "seconds": 7, "nanos": 5 },
        "note": "sunny",
        "nothing": 0,
        "mood": 0,
        "town": "Lund",
    });
    assert_eq!(to_value(&entry).unwrap(), text);

    let read: journal::Entry =
        from_str(r#"{ "kind": "trip", "edits": [{ "seconds": 1, "nanos": 2 }] }"#).unwrap();
    assert_eq!(read.r#type, "trip");
    assert_eq!(read.edits[0].nanos, 2);
    let wire = read.encode_to_vec();
    assert_eq!(journal::Entry::decode(wire.as_slice()), Ok(read));
}

#[test]
fn attributes_of_enums_and_variants_reach_them() {
    let moods = [journal::Mood::Unspecified, journal::Mood::Good];
    assert_eq!(to_value(moods).unwrap(), json!(["UNSPECIFIED", "fine"]));
    let mood: journal::Mood = from_str("\"fine\"").unwrap();
    assert_eq!(mood, journal::Mood::Good);
}
