//! Schemas from files to the model, or to every problem with them.

mod common;

use common::{Schemas, model, problems, with};
use messi_codegen::model::{FieldKind, Protocol, Scalar, Type, TypePath};
use messi_codegen::{Locations, read};

/// The problems of declarations beside a sound protocol, the first of them on line 6.
fn problems_with(declarations: &str) -> Vec<String> {
    problems(&with(declarations))
}

/// The problems of a message of a direction, on line 3.
fn problems_of_direction(message: &str) -> Vec<String> {
    problems(&format!(
        "syntax = \"proto3\";\npackage chat;\n{message}\nmessage ServerToClient {{ oneof messages {{ A a = 1; }} }}\nmessage A {{}}\n"
    ))
}

fn message<'a>(protocol: &'a Protocol, name: &str) -> &'a messi_codegen::model::Message {
    protocol
        .root
        .messages
        .iter()
        .find(|message| message.name == name)
        .unwrap()
}

// --- Sound schemas ---

#[test]
fn a_protocol_has_two_directions() {
    let protocol = model(&with(""));
    assert_eq!(
        (protocol.name.as_str(), protocol.rust_name.as_str()),
        ("chat", "Chat")
    );
    let choice = &protocol.client_to_server.choices[0];
    assert_eq!(choice.handler, "on_a");
    assert!(choice.convertible);
    let path = TypePath {
        modules: vec![],
        name: "A".into(),
    };
    assert_eq!(choice.member.ty, Type::Message { path, boxed: false });
}

#[test]
fn a_type_of_two_choices_does_not_say_which_is_meant() {
    let protocol = model(
        "syntax = \"proto3\"; package p;
         message ClientToServer { oneof messages { A a = 1; A b = 2; string text = 3; } }
         message ServerToClient { oneof messages { A a = 1; } }
         message A {}",
    );
    let convertible = |direction: &messi_codegen::model::Direction| {
        direction
            .choices
            .iter()
            .map(|choice| choice.convertible)
            .collect::<Vec<bool>>()
    };
    assert_eq!(
        convertible(&protocol.client_to_server),
        [false, false, false]
    );
    assert_eq!(convertible(&protocol.server_to_client), [true]);
}

#[test]
fn a_protocol_without_a_package_is_named_after_its_file() {
    let schemas = Schemas::new(&[("my_chat.proto", &with("").replace("package chat;", ""))]);
    assert_eq!(schemas.read("my_chat.proto").unwrap().rust_name, "MyChat");
}

#[test]
fn a_dotted_package_gives_its_last_part() {
    let protocol = model(&with("").replace("package chat;", "package acme.chat_room;"));
    assert_eq!(protocol.rust_name, "ChatRoom");
}

#[test]
fn fields_keep_their_kind() {
    let protocol = model(
        &with(
            "message B {
            int32 plain = 1;
            optional int32 maybe = 2;
            repeated int32 packed = 3;
            repeated int32 expanded = 4 [packed = false];
            map<string, B> map = 5;
            B child = 6;
            google.protobuf.Timestamp time = 7;
            oneof choice { B boxed = 8; string text = 9; }
            A other = 10;
            optional A present = 11;
        }",
        )
        .replace(
            "package chat;",
            "package chat; import \"google/protobuf/timestamp.proto\";",
        ),
    );
    let b = message(&protocol, "B");
    let kind = |name: &str| {
        &b.fields
            .iter()
            .find(|field| field.name == name)
            .unwrap()
            .kind
    };
    let int32 = Type::Scalar(Scalar::Int32);
    let in_b = |boxed| Type::Message {
        path: TypePath {
            modules: vec![],
            name: "B".into(),
        },
        boxed,
    };
    assert_eq!(*kind("plain"), FieldKind::Singular(int32.clone()));
    assert_eq!(*kind("maybe"), FieldKind::Optional(int32.clone()));
    assert_eq!(
        *kind("packed"),
        FieldKind::Repeated {
            ty: int32.clone(),
            packed: true
        }
    );
    assert_eq!(
        *kind("expanded"),
        FieldKind::Repeated {
            ty: int32,
            packed: false
        }
    );
    assert_eq!(
        *kind("map"),
        FieldKind::Map {
            key: Scalar::String,
            value: in_b(false)
        }
    );
    assert_eq!(*kind("child"), FieldKind::Singular(in_b(true)));
    assert_eq!(
        *kind("time"),
        FieldKind::Singular(Type::WellKnown("Timestamp".into()))
    );
    assert_eq!(b.oneofs[0].members[0].ty, in_b(true));
    let a = Type::Message {
        path: TypePath {
            modules: vec![],
            name: "A".into(),
        },
        boxed: false,
    };
    assert_eq!(*kind("other"), FieldKind::Singular(a.clone()));
    assert_eq!(*kind("present"), FieldKind::Singular(a));
}

#[test]
fn messages_that_contain_each_other_are_boxed() {
    let protocol = model(&with(
        "message B { C c = 1; } message C { B b = 1; D d = 2; } message D {}",
    ));
    let is_boxed = |name: &str, field: usize| {
        matches!(
            message(&protocol, name).fields[field].kind,
            FieldKind::Singular(Type::Message { boxed: true, .. })
        )
    };
    assert!(is_boxed("B", 0) && is_boxed("C", 0));
    assert!(!is_boxed("C", 1));
}

#[test]
fn comments_become_documentation() {
    let protocol = model(&with(
        "// Detached.

         // A thing,
         // in two lines.
         message B {
             int32 x = 1; // Beside it.
             /* Before it. */
             int32 y = 2;
             int32 z = 3;
         }
         // What it is.
         enum E { ZERO = 0; /* Nothing. */ }",
    ));
    let b = message(&protocol, "B");
    assert_eq!(b.docs, ["A thing,", "in two lines."]);
    let docs: Vec<_> = b.fields.iter().map(|field| field.docs.join("|")).collect();
    assert_eq!(docs, ["Beside it.", "Before it.", ""]);
    assert_eq!(protocol.root.enums[0].docs, ["What it is."]);
    assert_eq!(protocol.root.enums[0].variants[0].docs, ["Nothing."]);
}

#[test]
fn imported_packages_are_modules() {
    let schemas = Schemas::new(&[
        (
            "chat.proto",
            &with("message B { acme.types.Point point = 1; Own own = 2; }").replace(
                "package chat;",
                "package chat; import \"types/point.proto\"; import \"own.proto\";",
            ),
        ),
        (
            "types/point.proto",
            "syntax = \"proto3\"; package acme.types; message Point { int32 x = 1; }",
        ),
        (
            "own.proto",
            "syntax = \"proto3\"; package chat; message Own {}",
        ),
    ]);
    let protocol = schemas.read("chat.proto").unwrap();
    assert_eq!(protocol.sources.len(), 3);
    assert!(
        protocol
            .root
            .messages
            .iter()
            .any(|message| message.name == "Own")
    );
    let (name, acme) = &protocol.root.modules[0];
    assert_eq!(name, "acme");
    assert_eq!(acme.modules[0].0, "types");
    assert_eq!(acme.modules[0].1.messages[0].name, "Point");
    let point = TypePath {
        modules: vec!["acme".into(), "types".into()],
        name: "Point".into(),
    };
    let ty = Type::Message {
        path: point,
        boxed: false,
    };
    assert_eq!(
        message(&protocol, "B").fields[0].kind,
        FieldKind::Singular(ty)
    );
}

#[test]
fn a_schema_is_looked_for_beside_the_source_file_first() {
    let schemas = Schemas::new(&[("chat.proto", "not read"), ("src/chat.proto", &with(""))]);
    let source_directory = Some(schemas.root().join("src"));
    let locations = Locations {
        source_directory,
        crate_root: schemas.root().into(),
    };
    assert!(read("chat.proto", &locations).is_ok());
    let locations = Locations {
        source_directory: Some(schemas.root().join("none")),
        ..locations
    };
    assert!(read("src/chat.proto", &locations).is_ok());
}

// --- Directions ---

#[test]
fn a_missing_direction_is_refused() {
    assert_eq!(
        problems_of_direction(""),
        [
            "found no message `ClientToServer`, expected one with a oneof `messages` of what clients send\n --> chat.proto:2:9"
        ]
    );
}

#[test]
fn a_direction_holds_exactly_one_oneof_named_messages() {
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
fn a_direction_holds_no_messages_but_fields_and_enums() {
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
    assert_eq!(message(&model(&text), "ClientToServer").fields.len(), 3);
}

#[test]
fn a_message_that_would_hide_a_hook_is_refused() {
    let text = with("").replace(
        "ServerToClient { oneof messages { A a",
        "ServerToClient { oneof messages { A connected",
    );
    assert_eq!(
        problems(&text),
        [
            "found the message `connected`, whose method `on_connected` every handler has already\n --> chat.proto:4:45"
        ]
    );
}

// --- Files ---

#[test]
fn a_schema_that_is_not_there_is_refused_with_the_places_tried() {
    let schemas = Schemas::new(&[]);
    let locations = Locations {
        source_directory: Some(schemas.root().join("src")),
        crate_root: schemas.root().into(),
    };
    let error = read("chat.proto", &locations).unwrap_err();
    assert_eq!(error.name, "chat");
    let text = error.diagnostics[0].to_string();
    let tried = |path: &str| format!("`{}`", schemas.root().join(path).display());
    assert!(
        text.starts_with("can't read the schema `chat.proto`: it is not at "),
        "{text}"
    );
    assert!(text.contains(&tried("src/chat.proto")) && text.contains(&tried("chat.proto")));
}

#[test]
fn an_import_that_is_not_there_is_refused_at_its_place() {
    assert_eq!(
        problems(&with("").replace("package chat;", "package chat;\nimport \"none.proto\";")),
        ["can't find the import \"none.proto\": it is not at `none.proto`\n --> chat.proto:3:8"]
    );
}

#[test]
fn a_second_import_of_a_file_is_refused() {
    let import = "import \"google/protobuf/any.proto\";";
    let imports = format!("package chat;\n{import}\n{import}");
    assert_eq!(
        problems(&with("").replace("package chat;", &imports)),
        [
            "found a second import of \"google/protobuf/any.proto\"\n --> chat.proto:4:8\n help: the first is at chat.proto:3:8"
        ]
    );
}

#[test]
fn a_bundled_import_that_does_not_exist_is_refused_at_its_place() {
    let import = "package chat;\nimport \"google/protobuf/time.proto\";";
    let problems = problems(&with("").replace("package chat;", import));
    let expected = "can't find the import \"google/protobuf/time.proto\"\n --> chat.proto:3:8\n help: of `google/protobuf/` there are any.proto, ";
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with(expected), "{problems:?}");
}

#[test]
fn a_type_that_is_not_imported_is_refused_at_its_place() {
    assert_eq!(
        problems_with("message B { google.protobuf.Timestamp at = 1; }"),
        [
            "found the unknown type `google.protobuf.Timestamp`\n --> chat.proto:6:13\n help: add `import \"google/protobuf/timestamp.proto\";`"
        ]
    );
}

#[test]
fn an_import_that_leads_outside_is_refused() {
    for (import, problem) in [
        (
            "/etc/x.proto",
            "but imports are relative to the schema's directory",
        ),
        ("../x.proto", "but a path has no empty part, `.` or `..`"),
        ("a\\\\b.proto", "but directories are separated by `/`"),
    ] {
        let text = with("").replace(
            "package chat;",
            &format!("package chat;\nimport \"{import}\";"),
        );
        let expected = format!("found the import of \"{import}\", {problem}\n --> chat.proto:3:8");
        assert_eq!(problems(&text), [expected]);
    }
}

#[test]
fn a_cycle_of_imports_is_refused_with_its_members() {
    let schemas = Schemas::new(&[
        (
            "chat.proto",
            &with("").replace("package chat;", "package chat; import \"b.proto\";"),
        ),
        ("b.proto", "syntax = \"proto3\";\nimport \"c.proto\";"),
        ("c.proto", "syntax = \"proto3\";\nimport \"b.proto\";"),
    ]);
    assert_eq!(
        schemas.read("chat.proto").unwrap_err(),
        ["found a cycle of imports: `b.proto` -> `c.proto` -> `b.proto`\n --> c.proto:2:8"]
    );
    let itself = with("").replace("package chat;", "package chat; import \"chat.proto\";");
    assert_eq!(
        problems(&itself),
        ["found a cycle of imports: `chat.proto` -> `chat.proto`\n --> chat.proto:2:22"]
    );
}

#[test]
fn text_that_is_not_utf8_is_refused_at_its_place() {
    let schemas = Schemas::new(&[]);
    schemas.add("chat.proto", b"syntax = \"proto3\";\n// \xff");
    assert_eq!(
        schemas.read("chat.proto").unwrap_err(),
        ["found bytes that are not UTF-8\n --> chat.proto:2:4"]
    );
    schemas.add("chat.proto", format!("\u{feff}{}", with("")).as_bytes());
    assert_eq!(
        schemas.read("chat.proto").unwrap_err(),
        ["found a byte order mark: save the file as UTF-8 without one\n --> chat.proto:1:1"]
    );
}

#[test]
fn line_ends_of_windows_are_read() {
    assert_eq!(model(&with("").replace('\n', "\r\n")).rust_name, "Chat");
}

// --- proto3 ---

#[test]
fn another_syntax_is_refused() {
    assert_eq!(
        problems(&with("").replace("proto3", "proto2")),
        ["found the syntax \"proto2\", expected \"proto3\"\n --> chat.proto:1:10"]
    );
    assert_eq!(
        problems(&with("").replace("syntax = \"proto3\";", "")),
        [
            "found no `syntax` statement\n --> chat.proto:1:1\n help: begin the file with `syntax = \"proto3\";`"
        ]
    );
}

#[test]
fn a_second_package_is_refused() {
    assert_eq!(
        problems_with("package other;"),
        ["found a second package, `other`, after `chat`: expected one\n --> chat.proto:6:9"]
    );
}

#[test]
fn what_is_not_proto3_is_refused_at_its_place() {
    assert_eq!(
        problems_with("message B { int32 = 1; }"),
        ["found `=`, expected the name of the field\n --> chat.proto:6:19"]
    );
    assert_eq!(
        problems_with("message B {"),
        ["found `{` without its closing half\n --> chat.proto:6:11"]
    );
    assert_eq!(
        problems_with("extend A { int32 x = 1; }"),
        [
            "found an extension of `chat.A`: in proto3, only options can be extended\n --> chat.proto:6:8\n help: extend FileOptions, MessageOptions, FieldOptions, OneofOptions, ExtensionRangeOptions, EnumOptions, EnumValueOptions, ServiceOptions or MethodOptions of google.protobuf"
        ]
    );
}

#[test]
fn deep_nesting_is_refused() {
    let text = format!("{}{}", "message B {".repeat(10_000), "}".repeat(10_000));
    assert_eq!(
        problems_with(&text),
        ["found more than 64 nested blocks\n --> chat.proto:6:715"]
    );
}

#[test]
fn an_unknown_type_is_refused_with_the_nearest_name() {
    assert_eq!(
        problems_with("message Shape {}\nmessage B { Shpae shape = 1; }"),
        [
            "found the unknown type `Shpae`\n --> chat.proto:7:13\n help: there is a type of a similar name, `Shape`"
        ]
    );
    assert_eq!(
        problems_with("message B { map<string, Whatever> shape = 1; }"),
        [
            "found the unknown type `Whatever`\n --> chat.proto:6:25\n help: declare it, or import the file that does"
        ]
    );
}

#[test]
fn a_second_declaration_is_refused_with_the_first() {
    assert_eq!(
        problems_with("message A {}"),
        [
            "found a second declaration of `chat.A`\n --> chat.proto:6:9\n help: the first is at chat.proto:5:9"
        ]
    );
    assert_eq!(
        problems_with("message B { int32 x = 1;\n int32 x = 2; }"),
        [
            "found a second declaration of `chat.B.x`\n --> chat.proto:7:8\n help: the first is at chat.proto:6:19"
        ]
    );
}

#[test]
fn bad_numbers_of_fields_are_refused() {
    for number in ["0", "19000", "19999", "536870912"] {
        let problems = problems_with(&format!("message B {{ int32 x = {number}; }}"));
        assert_eq!(
            problems,
            [format!(
                "found the field number {number}, expected one from 1 to 536870911, and none from 19000 to 19999\n --> chat.proto:6:23\n help: the number 1 is free"
            )]
        );
    }
    assert_eq!(
        problems_with("message B { int32 x = 1; int32 y = 1; }"),
        [
            "found the field number 1 for both `x` and `y`\n --> chat.proto:6:36\n help: the number 2 is free"
        ]
    );
    assert_eq!(
        problems_with("message B { reserved 2 to 4; int32 x = 3; }"),
        [
            "found the field number 3 of `x`, which is reserved\n --> chat.proto:6:40\n help: the number 1 is free"
        ]
    );
    assert_eq!(
        problems_with("message B { reserved \"x\"; int32 x = 3; }"),
        [
            "found a field with the name `x`, which is reserved\n --> chat.proto:6:33\n help: give the field another name"
        ]
    );
}

#[test]
fn bad_keys_of_maps_are_refused() {
    for key in ["float", "bytes", "A"] {
        let problems = problems_with(&format!("message B {{ map<{key}, A> m = 1; }}"));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("chat.proto:6:"), "{problems:?}");
    }
}

#[test]
fn bad_enums_are_refused() {
    assert_eq!(
        problems_with("enum E { ONE = 1; }"),
        [
            "found 1 as the number of `ONE`, the first value of the enum `E`, expected 0\n --> chat.proto:6:16\n help: the first value is what a field that is not set has: put a value for that first"
        ]
    );
    assert_eq!(
        problems_with("enum E { ZERO = 0; NONE = 0; }"),
        [
            "found the number 0 for both `ZERO` and `NONE`, which only an enum with `option allow_alias = true;` may have\n --> chat.proto:6:27"
        ]
    );
    let aliased = model(&with(
        "enum E { option allow_alias = true; ZERO = 0; NONE = 0; }",
    ));
    assert_eq!(
        aliased.root.enums[0].variants[0].aliases,
        [("NONE".into(), "None".into())]
    );
    assert_eq!(
        problems_with("enum E {}"),
        [
            "found the enum `E` without a value\n --> chat.proto:6:6\n help: an enum has at least one value, of which the first is 0"
        ]
    );
}

#[test]
fn names_that_become_the_same_in_rust_are_refused() {
    assert_eq!(
        problems_with("message foo_bar {} message FooBar {}"),
        [
            "found the message `FooBar` beside the message `foo_bar`: both become `FooBar` in Rust\n --> chat.proto:6:28"
        ]
    );
    assert_eq!(
        problems_with("message ChatClient {}"),
        [
            "found the message `ChatClient` beside the name of a generated item: both become `ChatClient` in Rust\n --> chat.proto:6:9"
        ]
    );
    assert_eq!(
        problems_with("message B { int32 fooBar = 1; int32 foo_bar = 2; }"),
        [
            "found the field `foo_bar` beside the field `fooBar`: both become `fooBar` in JSON, which protobuf forbids\n --> chat.proto:6:37"
        ]
    );
    assert_eq!(
        problems_with("enum E { E_RED = 0; RED = 1; }"),
        [
            "found the value `RED` beside the value `E_RED`: both become `Red` without the name of the enum, which protobuf forbids\n --> chat.proto:6:21"
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
