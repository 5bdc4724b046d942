//! Names that clash in Rust.

use super::common::{model, problems, with};

/// Returns the problems of a valid protocol with further declarations, which begin on line 6.
fn problems_with(declarations: &str) -> Vec<String> {
    problems(&with(declarations))
}

#[test]
fn names_that_are_equal_in_rust_are_refused() {
    assert_eq!(
        problems_with("message foo_bar {} message FooBar {}"),
        [
            "found the message `FooBar` beside the message `foo_bar`: both become `FooBar` in Rust\n --> chat.proto:6:28\n help: rename one of them, in the schema or by the option `rename`"
        ]
    );
    assert_eq!(
        problems_with("message ChatClient {}"),
        [
            "found the message `ChatClient` beside the generated item `ChatClient`: both become `ChatClient` in Rust\n --> chat.proto:6:9\n help: rename one of them, in the schema or by the option `rename`"
        ]
    );
}

#[test]
fn equal_accessors_of_enum_fields_are_refused() {
    let singular = "enum E { X = 0; } message B { E set_e = 1; E e = 2; }";
    assert_eq!(
        problems_with(singular),
        [
            "found an accessor of the field `e` beside an accessor of the field `set_e`: both become `set_e` in Rust\n --> chat.proto:6:46\n help: rename one of them, in the schema or by the option `rename`"
        ]
    );
    let repeated = "enum E { X = 0; } message B { repeated E e = 1; E push_e = 2; }";
    assert_eq!(
        problems_with(repeated),
        [
            "found an accessor of the field `push_e` beside an accessor of the field `e`: both become `push_e` in Rust\n --> chat.proto:6:51\n help: rename one of them, in the schema or by the option `rename`"
        ]
    );
    let present = "enum E { X = 0; } message B { optional string set_e = 1; E e = 2; }";
    assert_eq!(
        problems_with(present),
        [
            "found an accessor of the field `e` beside an accessor of the field `set_e`: both become `set_e` in Rust\n --> chat.proto:6:60\n help: rename one of them, in the schema or by the option `rename`"
        ]
    );
    // A string without presence has no accessor.
    model(&with(
        "enum E { X = 0; } message B { E e = 1; string set_e = 2; }",
    ));
}

#[test]
fn a_member_that_would_generate_a_built_in_callback_is_refused() {
    let text = with("").replace(
        "ServerToClient { oneof messages { A a",
        "ServerToClient { oneof messages { A connected",
    );
    assert_eq!(
        problems(&text),
        [
            "member `connected` would generate `on_connected`, which is a built-in callback\n --> chat.proto:4:45"
        ]
    );
}

#[test]
fn every_problem_is_reported_at_once() {
    let problems = problems_with(
        "message B { int32 x = 0; }\nenum E { ONE = 1; }\nmessage foo {} message Foo {}",
    );
    assert_eq!(problems.len(), 3, "{problems:#?}");
}
