//! The layout of valid schemas.

use messi_codegen::model::{Direction, FieldKind, Scalar, Type, TypePath};
use messi_codegen::{Locations, read};

use super::common::{Schemas, model, with};
use super::message;

#[test]
fn a_protocol_has_two_directions() {
    let protocol = model(&with(""));
    assert_eq!(
        (protocol.name.as_str(), protocol.rust_name.as_str()),
        ("chat", "Chat")
    );
    let member = &protocol.client_to_server.members[0];
    assert_eq!(member.handler, "on_a");
    assert!(member.convertible);
    let path = TypePath {
        modules: vec![],
        name: "A".into(),
    };
    assert_eq!(member.member.ty, Type::Message { path, boxed: false });
}

#[test]
fn a_type_of_two_members_converts_into_neither() {
    let protocol = model(
        "syntax = \"proto3\"; package p;
         message ClientToServer { oneof messages { A a = 1; A b = 2; string text = 3; } }
         message ServerToClient { oneof messages { A a = 1; } }
         message A {}",
    );
    let convertible = |direction: &Direction| {
        direction
            .members
            .iter()
            .map(|member| member.convertible)
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
    assert_eq!(
        schemas.read_by("my_chat.proto", read).unwrap().rust_name,
        "MyChat"
    );
}

#[test]
fn a_dotted_package_names_the_protocol_by_its_last_part() {
    let protocol = model(&with("").replace("package chat;", "package acme.chat_room;"));
    assert_eq!(protocol.rust_name, "ChatRoom");
}

#[test]
fn fields_of_all_kinds_have_their_layout() {
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
    let protocol = schemas.read_by("chat.proto", read).unwrap();
    assert_eq!(protocol.sources.len(), 3);
    assert!(
        protocol
            .root
            .messages
            .iter()
            .any(|message| message.name == "Own")
    );
    let (name, packages) = &protocol.root.modules[0];
    assert_eq!(name, "packages");
    let (name, acme) = &packages.modules[0];
    assert_eq!(name, "acme");
    assert_eq!(acme.modules[0].0, "types");
    assert_eq!(acme.modules[0].1.messages[0].name, "Point");
    let point = TypePath {
        modules: vec!["packages".into(), "acme".into(), "types".into()],
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

/// Returns the modules of packages that a schema imports, each in a file with a message.
fn modules_of_packages(declarations: &str, packages: &[&str]) -> Vec<String> {
    let file = |package: &&str| {
        let text =
            format!("syntax = \"proto3\"; package {package}; message M {{ message N {{}} }}");
        (format!("{package}.proto"), text)
    };
    let files: Vec<(String, String)> = packages.iter().map(file).collect();
    let imports = files.iter().map(|(name, _)| format!("import \"{name}\"; "));
    let chat = format!("{}{}", imports.collect::<String>(), declarations);
    let mut all = vec![("chat.proto", with(&chat))];
    all.extend(
        files
            .iter()
            .map(|(name, text)| (name.as_str(), text.clone())),
    );
    let all: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let protocol = Schemas::new(&all).read_by("chat.proto", read).unwrap();
    let modules = protocol.packages.iter().map(|it| it.modules.join("::"));
    modules.collect()
}

#[test]
fn each_package_has_a_module_of_its_own() {
    assert_eq!(
        modules_of_packages("", &["a.FooBar", "a.foo_bar", "a.type"]),
        [
            "packages::a::foo_bar",
            "packages::a::foo_bar_",
            "packages::a::r#type"
        ]
    );
    // The module of `M.N` is `m`.
    assert_eq!(
        modules_of_packages("", &["a", "a.m"]),
        ["packages::a", "packages::a::m_"]
    );
    assert_eq!(
        modules_of_packages(
            "message Packages { message N {} } message Z { message B {} }",
            &["z.b"]
        ),
        ["packages_::z::b"]
    );
    // Packages around the schema's own one, and inside it.
    assert_eq!(
        modules_of_packages("message V1 { message N {} }", &["chat.v1"]),
        ["packages::chat::v1"]
    );
}

#[test]
fn a_version_is_not_the_name_of_a_protocol() {
    let protocol = model(&with("").replace("package chat;", "package acme.chat.v1beta1;"));
    assert_eq!(
        (protocol.name.as_str(), protocol.rust_name.as_str()),
        ("chat", "Chat")
    );
}

#[test]
fn the_marker_gives_way_to_a_type_of_the_schema() {
    assert_eq!(model(&with("")).marker, "Chat");
    for declaration in ["message Chat {}", "enum chat { X = 0; }"] {
        let protocol = model(&with(declaration));
        assert_eq!(protocol.rust_name, "Chat");
        assert_eq!(protocol.marker, "ChatProtocol");
    }
    assert_eq!(model(&with("message B { message Chat {} }")).marker, "Chat");
}

#[test]
fn a_oneof_gives_way_to_a_nested_type() {
    for nested in ["message Kind {}", "enum KIND { X = 0; }"] {
        let text = format!("message B {{ {nested} oneof kind {{ string s = 1; }} }}");
        let protocol = model(&with(&text));
        let oneof = &message(&protocol, "B").oneofs[0];
        assert_eq!(oneof.rust_name, "kind");
        assert_eq!(oneof.enum_name, "KindOneOf");
    }
}

#[test]
fn types_that_describe_schemas_are_those_of_prost_types() {
    let import = "package chat; import \"google/protobuf/descriptor.proto\"; import \"google/protobuf/type.proto\";";
    let text = with(
        "message B { google.protobuf.DescriptorProto.ReservedRange a = 1; google.protobuf.Field.Kind b = 2; }",
    );
    let protocol = model(&text.replace("package chat;", import));
    let kinds = message(&protocol, "B")
        .fields
        .iter()
        .map(|it| it.kind.clone());
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            FieldKind::Singular(Type::WellKnown("DescriptorProto.ReservedRange".into())),
            FieldKind::Singular(Type::WellKnownEnum("Field.Kind".into())),
        ]
    );
}

#[test]
fn the_directory_of_the_source_file_is_searched_first() {
    let schemas = Schemas::new(&[("chat.proto", "not read"), ("src/chat.proto", &with(""))]);
    let source_directory = Some(schemas.root().join("src"));
    let locations = Locations {
        source_directory,
        root: schemas.root().into(),
        ..Locations::default()
    };
    assert!(read("chat.proto", &locations).is_ok());
    let locations = Locations {
        source_directory: Some(schemas.root().join("none")),
        ..locations
    };
    assert!(read("src/chat.proto", &locations).is_ok());
}
