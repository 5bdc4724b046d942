//! Which messages are requests, and the names that are generated for them.

mod common;

use common::{model, problems, with};
use messi_codegen::model::Request;

/// The names of the requests and of their answers, of clients and of servers.
fn pairs(to_server: &str, to_client: &str) -> [Vec<(String, String)>; 2] {
    let protocol = model(&format!(
        "syntax = \"proto3\";\npackage chat;\nmessage ClientToServer {{ oneof messages {{ {to_server} }} }}\nmessage ServerToClient {{ oneof messages {{ {to_client} }} }}\nmessage A {{}}\n"
    ));
    [protocol.client_requests, protocol.server_requests].map(|requests| {
        let names = |it: Request| (it.request.name, it.answer.name);
        requests.into_iter().map(names).collect()
    })
}

fn pair(request: &str, answer: &str) -> (String, String) {
    (request.into(), answer.into())
}

#[test]
fn a_req_and_an_rsp_in_opposite_directions_are_a_pair() {
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
fn others_are_none() {
    for (to_server, to_client) in [
        // No answer.
        ("A foo_req = 1;", "A bar_rsp = 1;"),
        // In the same direction.
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
fn a_message_with_the_name_of_a_generated_trait_is_refused() {
    for name in ["ChatClientRequests", "ChatServerClientRequests"] {
        let problems = problems(&with(&format!("message {name} {{}}")));
        let expected = format!(
            "found the message `{name}` beside the generated item `{name}`: both become `{name}` in Rust\n --> chat.proto:6:9"
        );
        assert!(problems[0].starts_with(&expected), "{problems:?}");
    }
}
