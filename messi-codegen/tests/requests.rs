//! Requests, and the names generated for them.

mod common;

use common::{model, problems};
use messi_codegen::model::{Protocol, Request};
use messi_codegen::{Config, expand};
use syn::{File, Item};

/// Returns the names of the requests and responses of clients and of servers.
fn pairs(to_server: &str, to_client: &str) -> [Vec<(String, String)>; 2] {
    let protocol = model(&schema(to_server, to_client));
    [protocol.client_requests, protocol.server_requests].map(|requests| {
        let names = |it: Request| (it.request.name, it.response.name);
        requests.into_iter().map(names).collect()
    })
}

fn schema(to_server: &str, to_client: &str) -> String {
    format!(
        "syntax = \"proto3\";\npackage chat;\nmessage ClientToServer {{ oneof messages {{ {to_server} }} }}\nmessage ServerToClient {{ oneof messages {{ {to_client} }} }}\nmessage A {{}}\n"
    )
}

fn pair(request: &str, response: &str) -> (String, String) {
    (request.into(), response.into())
}

#[test]
fn req_and_rsp_members_in_opposite_directions_form_a_request() {
    assert_eq!(
        pairs(
            "A foo_req = 1; A bar_rsp = 2;",
            "A foo_rsp = 7; A bar_req = 8;"
        ),
        [
            vec![pair("foo_req", "foo_rsp")],
            vec![pair("bar_req", "bar_rsp")]
        ]
    );
}

#[test]
fn other_members_form_no_request() {
    for (to_server, to_client) in [
        // No response.
        ("A foo_req = 1;", "A bar_rsp = 1;"),
        // Both in the same direction.
        ("A foo_req = 1; A foo_rsp = 2;", "A a = 1;"),
        // Other names.
        ("A foo_request = 1;", "A foo_response = 1;"),
        ("A _req = 1;", "A rsp = 1;"),
    ] {
        let none = [vec![], vec![]];
        assert_eq!(pairs(to_server, to_client), none, "{to_server} {to_client}");
    }
}

#[test]
fn a_message_with_the_name_of_a_generated_item_is_refused() {
    let text = schema(
        "A foo_req = 1; A bar_rsp = 2;",
        "A foo_rsp = 1; A bar_req = 2;",
    );
    let names = generated(&model(&text));
    assert_eq!(names.len(), 8, "{names:?}");
    for name in names {
        let text = format!("{text}message {name} {{}}");
        // The marker gives way.
        if name == "Chat" {
            assert_eq!(model(&text).marker, "ChatProtocol");
            continue;
        }
        let expected = format!(
            "found the message `{name}` beside the generated item `{name}`: both become `{name}` in Rust\n --> chat.proto:6:9\n help: rename one of them, in the schema or by the option `rename`"
        );
        assert_eq!(problems(&text), [expected]);
    }
}

/// Returns the names of the types and traits that an expansion adds to those of the schema.
fn generated(protocol: &Protocol) -> Vec<String> {
    let file: File = syn::parse2(expand(protocol, &Config::new())).unwrap();
    let names = file.items.iter().filter_map(|item| match item {
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Trait(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    });
    let messages: Vec<&String> = protocol.root.messages.iter().map(|it| &it.name).collect();
    names.filter(|name| !messages.contains(&name)).collect()
}
