//! Names that clash in Rust, and the option `rename`.

use messi::prost::Message;
use messi::prost_types::compiler::Version;
use messi::prost_types::descriptor_proto::ReservedRange;
use messi::prost_types::field::{Cardinality, Kind};

mod shop {
    messi::protocol!(
        "../../proto/clashes.proto",
        derive(Eq),
        rename = {
            "shop.v1.ShopClient" => Visitor,
            "shop.v1.ShopClient.Name" => count,
            "shop.v1.Shop.Level.LEVEL_TOP" => LEVEL_HIGHEST,
            "shop.v1.ServerToClient.connected" => linked,
            "shop.v1.ClientToServer.price_req" => cost_req,
        },
    );
}

// Modules of packages do not take the names of crates.
use shop::*;

struct Session;

impl ShopClientHandler for Session {
    async fn on_linked(&mut self, client: &ShopClient, price: Price) {
        let _ = (client, price);
    }
}

impl ShopServerHandler for Session {
    async fn on_cost_req(
        &mut self,
        client: &ShopServerClient,
        request: Price,
        reply: messi::Reply<Price>,
    ) {
        let _ = (client, request, reply);
    }
}

fn is_protocol<P: messi::Protocol>() {}

fn is_handler(_: impl ShopClientHandler + ShopServerHandler) {}

#[test]
fn methods_of_a_renamed_member_have_its_new_name() {
    is_handler(Session);
}

#[test]
fn the_marker_and_the_client_leave_their_names_to_types() {
    is_protocol::<ShopProtocol>();
    let visitor = Visitor {
        name: "Ann".into(),
        count: 2,
    };
    assert_eq!(visitor.encode_to_vec(), b"\x0a\x03Ann\x10\x02");
    assert_eq!(shop::shop::Level::Highest as i32, 2);
}

#[test]
fn a_oneof_and_a_nested_type_of_one_name_are_apart() {
    let message = Shop {
        kind: Some(shop::shop::KindOneOf::Other(shop::shop::Kind { x: 1 })),
        level: 0,
    };
    assert_eq!(message.encode_to_vec(), b"\x12\x02\x08\x01");
}

#[test]
fn packages_with_the_names_of_crates_can_be_imported() {
    let price = Price {
        client: Some(packages::messi::Client { x: 1 }),
        other: Some(packages::tokio::sync::Client { y: 2 }),
    };
    assert_eq!(price.encode_to_vec(), b"\x0a\x02\x08\x01\x12\x02\x08\x02");
}

#[test]
fn types_that_describe_schemas_are_those_of_prost_types() {
    let message = Described {
        range: Some(ReservedRange {
            start: Some(1),
            end: Some(2),
        }),
        kind: Kind::TypeBool.into(),
        cardinalities: vec![Cardinality::Optional.into()],
        version: Some(Version::default()),
        ..Default::default()
    };
    let decoded = Described::decode(message.encode_to_vec().as_slice()).unwrap();
    assert_eq!(decoded, message);
    assert_eq!(decoded.kind(), Kind::TypeBool);
}
