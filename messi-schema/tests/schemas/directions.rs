//! The two directions of a protocol.

use super::common::{model, problems, with};
use super::message;

/// Returns the problems of a direction's message, which is on line 3.
fn problems_of_direction(message: &str) -> Vec<String> {
    problems(&format!(
        "syntax = \"proto3\";\npackage chat;\n{message}\nmessage ServerToClient {{ oneof messages {{ A a = 1; }} }}\nmessage A {{}}\n"
    ))
}

#[test]
fn a_missing_direction_is_refused() {
    assert_eq!(
        problems_of_direction(""),
        [
            "found no message `ClientToServer`, expected one with a oneof `messages` for the messages that clients send\n --> chat.proto:2:9"
        ]
    );
}

#[test]
fn a_direction_must_contain_exactly_one_oneof_named_messages() {
    let expected = "in `ClientToServer`, expected exactly one oneof, named `messages`";
    assert_eq!(
        problems_of_direction("message ClientToServer { A a = 1; }"),
        [format!("found no oneof {expected}\n --> chat.proto:3:9")]
    );
    assert_eq!(
        problems_of_direction("message ClientToServer { oneof other { A a = 1; } }"),
        [format!(
            "found the oneof `other` {expected}\n --> chat.proto:3:32"
        )]
    );
    assert_eq!(
        problems_of_direction(
            "message ClientToServer { oneof messages { A a = 1; }\n oneof more { A b = 2; } }"
        ),
        [format!(
            "found the oneof `more` {expected}\n --> chat.proto:4:8"
        )]
    );
}

#[test]
fn a_direction_may_contain_fields_and_enums_but_no_messages() {
    assert_eq!(
        problems_of_direction(
            "message ClientToServer { oneof messages { A a = 1; } message Inner {} }"
        ),
        [
            "found the message `Inner` inside `ClientToServer`, expected none: declare it beside `ClientToServer`\n --> chat.proto:3:62"
        ]
    );
    let text = with("").replace(
        "message ClientToServer {",
        "message ClientToServer { enum E { ZERO = 0; } E e = 2; optional int32 x = 3; map<int32, A> m = 4;",
    );
    // With the member of the oneof.
    assert_eq!(message(&model(&text), "ClientToServer").fields.len(), 4);
}
