//! The model of valid schemas.

use messi_schema::{
    FieldKind, ImportKind, Locations, Message, OptionValue, Part, ProtoFile, Scalar, Schema, Type,
    read,
};

use super::common::{Schemas, model, with};
use super::message;

fn file(schema: &Schema) -> &ProtoFile {
    schema.files.last().unwrap()
}

/// Returns the model of declarations with an import of a file of `google.protobuf`.
fn model_with_import(import: &str, declarations: &str) -> Schema {
    let import = format!("package chat; import \"google/protobuf/{import}.proto\";");
    model(&with(declarations).replace("package chat;", &import))
}

fn kinds(message: &Message) -> Vec<&FieldKind> {
    message.fields.iter().map(|field| &field.kind).collect()
}

#[test]
fn a_protocol_has_two_directions_with_requests() {
    let schema = model(
        "syntax = \"proto3\"; package acme.chat;
         message ClientToServer { oneof messages { A foo_req = 1; A bar_rsp = 2; A x = 3; } }
         message ServerToClient { oneof messages { A foo_rsp = 1; A bar_req = 2; } }
         message A {}",
    );
    assert_eq!(schema.name, "chat");
    assert_eq!(schema.package(), "acme.chat");
    let protocol = schema.protocol.unwrap();
    let directions = [&protocol.client_to_server, &protocol.server_to_client];
    let messages = directions.map(|direction| direction.message.as_str());
    assert_eq!(
        messages,
        ["acme.chat.ClientToServer", "acme.chat.ServerToClient"]
    );
    let requests = directions.map(|direction| {
        let pairs = direction.requests.iter();
        let pairs = pairs.map(|it| format!("{} {}", it.request, it.response));
        pairs.collect::<Vec<_>>()
    });
    assert_eq!(requests, [["foo_req foo_rsp"], ["bar_req bar_rsp"]]);
}

#[test]
fn the_model_has_full_names_and_source_places() {
    let schema = model(&with(
        "message Shape {\n  message Inner { enum Kind { NONE = 0; } }\n  oneof of { Inner inner = 1; }\n}",
    ));
    let shape = message(&schema, "Shape");
    let inner = &shape.messages[0];
    assert_eq!(inner.full_name, "chat.Shape.Inner");
    assert_eq!(inner.position.to_string(), "7:11");
    assert_eq!(inner.enums[0].full_name, "chat.Shape.Inner.Kind");
    assert_eq!(shape.oneofs[0].full_name, "chat.Shape.of");
    assert_eq!(shape.fields[0].full_name, "chat.Shape.inner");
    assert_eq!(shape.fields[0].position.to_string(), "8:20");
    let ty = Type::Message("chat.Shape.Inner".into());
    assert_eq!(shape.fields[0].kind, FieldKind::Singular(ty));
}

#[test]
fn oneofs_keep_their_position_among_fields() {
    let schema = model(&with(
        "message B { int32 a = 1; oneof x { int32 b = 9; int32 c = 2; } int32 d = 4; oneof y { A e = 5; } }",
    ));
    let b = message(&schema, "B");
    let parts = b.parts().map(|part| match part {
        Part::Field(field) => field.name.clone(),
        Part::Oneof(oneof) => {
            let members = b.members(oneof.index).map(|member| member.name.as_str());
            format!("{}({})", oneof.name, members.collect::<Vec<_>>().join(" "))
        }
        _ => unreachable!(),
    });
    let parts: Vec<String> = parts.collect();
    assert_eq!(parts, ["a", "x(b c)", "d", "y(e)"]);
}

#[test]
fn fields_have_a_kind_a_number_and_a_name_in_json() {
    let schema = model_with_import(
        "struct",
        "enum E { ZERO = 0; }
        message B {
            int32 plain = 1;
            optional A maybe = 0x20;
            repeated int32 packed = 3;
            repeated sint64 expanded = 4 [packed = false];
            repeated string texts = 5;
            map<string, E> by_name = 6 [json_name = \"a\\x62\"];
            google.protobuf.NullValue null = 7;
            int32 octal = 017;
        }",
    );
    let b = message(&schema, "B");
    let repeated = |scalar, is_packed| {
        let ty = Type::Scalar(scalar);
        FieldKind::Repeated { ty, is_packed }
    };
    let kinds = kinds(b);
    assert_eq!(*kinds[0], FieldKind::Singular(Type::Scalar(Scalar::Int32)));
    assert_eq!(
        *kinds[1],
        FieldKind::Optional(Type::Message("chat.A".into()))
    );
    assert_eq!(*kinds[2], repeated(Scalar::Int32, true));
    assert_eq!(*kinds[3], repeated(Scalar::Sint64, false));
    assert_eq!(*kinds[4], repeated(Scalar::String, false));
    let map = FieldKind::Map {
        key: Scalar::String,
        value: Type::Enum("chat.E".into()),
    };
    assert_eq!(*kinds[5], map);
    let FieldKind::Singular(Type::Google(null)) = kinds[6] else {
        panic!("{:?}", kinds[6]);
    };
    assert_eq!(
        (null.name, null.file),
        ("NullValue", "google/protobuf/struct.proto")
    );
    assert!(null.is_enum);
    assert_eq!((b.fields[1].number, b.fields[7].number), (32, 15));
    assert_eq!(b.fields[5].json_name, "ab");
    let by_default = model(&with("message B { int32 user_name_2 = 1; }"));
    assert_eq!(message(&by_default, "B").fields[0].json_name, "userName2");
}

#[test]
fn wrapper_types_have_the_scalar_that_they_contain() {
    let schema = model_with_import(
        "wrappers",
        "message B { google.protobuf.UInt64Value a = 1; google.protobuf.BytesValue b = 2; }",
    );
    let wrapped = kinds(message(&schema, "B"))
        .into_iter()
        .map(|kind| match kind {
            FieldKind::Singular(Type::Google(google)) => google.wrapped(),
            _ => None,
        });
    let wrapped: Vec<_> = wrapped.collect();
    assert_eq!(wrapped, [Some(Scalar::Uint64), Some(Scalar::Bytes)]);
}

#[test]
fn every_item_keeps_its_comments() {
    let text = "// Of the file.
syntax = \"proto3\";
// Of the package.
package chat;
// Of the import.
import \"google/protobuf/descriptor.proto\"; // Beside it.
// Of the direction.
message ClientToServer { oneof messages { A a = 1; } }
message ServerToClient { oneof messages { A a = 1; } }
// Detached.

/* Of A,
 * in two lines. */
message A {
  // Of x.
  int32 x = 1; // Beside x.
  // Of the oneof.
  oneof o {
    // Of a member.
    int32 y = 2;
  }
}
// Of E.
enum E {
  option allow_alias = true;
  NONE = 0; // Of NONE.
  // Of its alias.
  NULL = 0;
}
// Of S.
service S {
  // Of M.
  rpc M(A) returns (A);
}
// Of the block.
extend google.protobuf.FieldOptions {
  // Of the extension.
  int32 weight = 50000;
}
";
    let schema = model(text);
    let file = file(&schema);
    let leading = |lines: &[String]| lines.join("|");
    assert_eq!(leading(&file.comments.leading), "Of the file.");
    let package = file.package.as_ref().unwrap();
    assert_eq!(leading(&package.comments.leading), "Of the package.");
    let import = &file.imports[0];
    assert_eq!(
        import.comments.lines().join("|"),
        "Of the import.||Beside it."
    );
    let a = message(&schema, "A");
    assert_eq!(leading(&a.comments.leading), "Of A,|in two lines.");
    assert_eq!(a.fields[0].comments.trailing, ["Beside x."]);
    assert_eq!(a.oneofs[0].comments.leading, ["Of the oneof."]);
    assert_eq!(a.fields[1].comments.leading, ["Of a member."]);
    let e = &file.enums[0];
    assert_eq!(e.comments.leading, ["Of E."]);
    assert_eq!(e.values[0].comments.trailing, ["Of NONE."]);
    assert_eq!(e.values[1].comments.leading, ["Of its alias."]);
    let service = &file.services[0];
    assert_eq!(service.comments.leading, ["Of S."]);
    assert_eq!(service.methods[0].comments.leading, ["Of M."]);
    assert_eq!(
        file.extensions[0].field.comments.leading,
        ["Of the extension."]
    );
}

#[test]
fn the_model_has_options_reservations_services_and_extensions() {
    let schema = model_with_import(
        "descriptor",
        "option go_package = 'acme' \"/chat\"; option optimize_for = CODE_SIZE;
        message B { option deprecated = true; reserved 1, 3 to 5, 9 to max; reserved \"x\"; }
        enum E { option allow_alias = true; ZERO = 0; NONE = 0 [deprecated = true]; reserved -2 to -1; }
        service S { rpc Watch(A) returns (stream B); }
        extend google.protobuf.FieldOptions { repeated string tags = 50000; }",
    );
    let file = file(&schema);
    let text = OptionValue::Text("acme/chat".into());
    assert_eq!(file.options.get("go_package"), Some(&text));
    assert_eq!(
        file.options.get("optimize_for"),
        Some(&OptionValue::Enum("CODE_SIZE"))
    );
    assert_eq!(file.options.get("java_package"), None);
    let b = message(&schema, "B");
    assert!(b.options.is_deprecated());
    assert_eq!(b.reserved.ranges, [(1, 1), (3, 5), (9, 536_870_911)]);
    assert_eq!(b.reserved.names, ["x"]);
    let e = &file.enums[0];
    assert!(e.options.allows_aliases() && !e.options.is_deprecated());
    assert!(e.values[1].options.is_deprecated());
    assert_eq!(e.reserved.ranges, [(-2, -1)]);
    let method = &file.services[0].methods[0];
    assert_eq!(method.request, Type::Message("chat.A".into()));
    assert_eq!(method.response, Type::Message("chat.B".into()));
    assert_eq!(
        (method.is_client_streaming, method.is_server_streaming),
        (false, true)
    );
    let extension = &file.extensions[0];
    assert_eq!(extension.extendee.name, "FieldOptions");
    assert_eq!(extension.field.full_name, "chat.tags");
}

#[test]
fn files_have_their_path_and_imports() {
    let imports = "package chat; import public \"types/point.proto\"; import weak \"own.proto\";";
    let text = with("message B { acme.types.Point point = 1; }").replace("package chat;", imports);
    let point = "syntax = \"proto3\"; package acme.types; message Point {}";
    let schemas = Schemas::new(&[
        ("protos/chat.proto", text.as_str()),
        ("protos/types/point.proto", point),
        ("protos/own.proto", "syntax = \"proto3\"; message Own {}"),
    ]);
    let locations = Locations {
        root: schemas.root().into(),
        ..Locations::default()
    };
    let schema = read("protos/chat.proto", &locations).unwrap();
    let names: Vec<&str> = schema.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["types/point.proto", "own.proto", "chat.proto"]);
    let packages: Vec<&str> = schema.files.iter().map(ProtoFile::package_name).collect();
    assert_eq!(packages, ["acme.types", "", "chat"]);
    let chat = file(&schema);
    assert_eq!(chat.display_name, "protos/chat.proto");
    assert_eq!(chat.path, schemas.root().join("protos/chat.proto"));
    assert_eq!(chat.text, text);
    let kinds: Vec<ImportKind> = chat.imports.iter().map(|import| import.kind).collect();
    assert_eq!(kinds, [ImportKind::Public, ImportKind::Weak]);
    assert_eq!(schema.sources[0], chat.path);
    assert_eq!(schema.sources.len(), 3);
}

#[test]
fn a_protocol_without_a_package_is_named_after_its_file() {
    let schemas = Schemas::new(&[("my_chat.proto", &with("").replace("package chat;", ""))]);
    assert_eq!(schemas.read("my_chat.proto").unwrap().name, "my_chat");
}
