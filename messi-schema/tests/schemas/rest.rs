//! The valid rest of a schema with problems.

use messi_schema::{Expected, FieldKind, Locations, Schema, Type, read_text, read_with};

use super::common::with;
use super::message;

/// Returns the rest of a schema that has problems.
fn rest(text: &str) -> Schema {
    *read_text("chat.proto", text).expect_err("a problem").rest
}

/// Returns the names and numbers of the fields of a message.
fn fields<'a>(schema: &'a Schema, name: &str) -> Vec<(&'a str, u32)> {
    let fields = message(schema, name).fields.iter();
    fields.map(|field| (&*field.name, field.number)).collect()
}

#[test]
fn fields_of_undeclared_types_are_kept() {
    let rest = rest(&with(
        "message B { Missing one = 1; repeated geo.Position two = 2; map<float, A> three = 3; }",
    ));
    let kinds: Vec<&FieldKind> = message(&rest, "B")
        .fields
        .iter()
        .map(|it| &it.kind)
        .collect();
    let unknown = |name: &str| Type::Unknown(name.into());
    assert_eq!(*kinds[0], FieldKind::Singular(unknown("chat.Missing")));
    assert!(matches!(kinds[1], FieldKind::Repeated { ty, .. } if *ty == unknown("geo.Position")));
    assert!(matches!(kinds[2], FieldKind::Map { .. }));
    let packages: Vec<&str> = rest.files.iter().map(|file| file.package_name()).collect();
    assert_eq!(packages, ["geo", "chat"]);
}

#[test]
fn names_and_numbers_that_are_taken_are_not_repeated() {
    let rest = rest(&with(
        "message B { A one = 1; A two = 1; A two = 3; A three = 0; }\nmessage B { A four = 1; }",
    ));
    let expected = [("one", 1), ("two", 2), ("three", 3), ("four", 4)];
    assert_eq!(fields(&rest, "B"), expected);
    let names = rest.files[0].messages.iter().map(|it| &*it.name);
    assert_eq!(names.filter(|name| *name == "B").count(), 1);
}

#[test]
fn statements_with_mistakes_are_kept_where_they_have_a_type_and_a_name() {
    let rest = rest(&with(
        "message B {\n  A one = 1\n  A two;\n  required A three = 3;\n  A = 4;\n  A five = 5 [x = ];\n}\nmessage C { A six = 6; }",
    ));
    let expected = [("one", 1), ("two", 2), ("three", 3), ("five", 4)];
    assert_eq!(fields(&rest, "B"), expected);
    assert_eq!(fields(&rest, "C"), [("six", 1)]);
}

#[test]
fn a_missing_brace_or_a_wrong_character_keeps_the_other_declarations() {
    for declarations in [
        "message B {\n  A one = 1;\nmessage C {\n  A two = 1;\n}",
        "message B\n  A one = 1;\n}\nmessage C {\n  A two = 1;\n}",
        "message B {\n  oneof kind {\n    A one = 1;\n}\nmessage C {\n  A two = 1;\n}",
        "message B {\n  # comment {\n  A one = 1;\n}\nmessage C {\n  A two = 1;\n}",
    ] {
        let rest = rest(&with(declarations));
        assert_eq!(fields(&rest, "B"), [("one", 1)], "{declarations}");
        assert_eq!(fields(&rest, "C"), [("two", 1)], "{declarations}");
    }
}

#[test]
fn a_broken_package_statement_keeps_the_declarations() {
    for package in [
        "package chat\nimport \"x.proto\";",
        "package chat.;",
        "package chat chat;",
    ] {
        let rest = rest(&with("message B { A one = 1; }").replace("package chat;", package));
        assert_eq!(fields(&rest, "B"), [("one", 1)], "{package}");
    }
}

#[test]
fn both_directions_exist_with_the_members_that_are_known() {
    let text = "syntax = \"proto3\"; package chat;
        message ClientToServer { oneof message { A a_ind = 1; } }
        message ServerToClient { A b_ind = 2; repeated A c_ind = 3; }
        message A {";
    let rest = rest(text);
    for (name, members) in [("ClientToServer", 1), ("ServerToClient", 2)] {
        let message = message(&rest, name);
        assert_eq!(message.oneofs[0].name, "messages");
        assert_eq!(message.members(0).count(), members);
    }
    assert!(rest.protocol.is_some());
}

#[test]
fn a_schema_that_is_not_found_has_directions() {
    let read = read_with(
        "protos/chat.proto",
        &Locations::default(),
        Expected::Protocol,
        |schema, _| Some(schema),
    );
    let error = read.expect_err("no file");
    assert_eq!(error.rest.name, "chat");
    assert!(error.rest.protocol.is_some());
    assert_eq!(format!("{error:?}"), error.to_string());
}
