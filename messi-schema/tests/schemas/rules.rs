//! The rules of proto3.

use super::common::{model, problems, with};
use super::problems_with;

#[test]
fn another_syntax_is_refused() {
    assert_eq!(
        problems(&with("").replace("proto3", "proto2")),
        ["found the syntax \"proto2\", expected \"proto3\"\n --> chat.proto:1:10"]
    );
    assert_eq!(
        problems(&with("").replace("syntax = \"proto3\";", "")),
        [
            "found no `syntax` statement: without one, the file is of proto2, expected \"proto3\"\n --> chat.proto:1:1\n help: begin the file with `syntax = \"proto3\";`"
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
fn syntax_errors_and_extensions_are_refused_at_their_place() {
    assert_eq!(
        problems_with("message B { int32 = 1; }"),
        ["found `=`, expected the name of the field\n --> chat.proto:6:19"]
    );
    assert_eq!(
        problems_with("extend A { int32 x = 1; }"),
        [
            "found an extension of `chat.A`: in proto3, only options can be extended\n --> chat.proto:6:8\n help: extend FileOptions, MessageOptions, FieldOptions, OneofOptions, ExtensionRangeOptions, EnumOptions, EnumValueOptions, ServiceOptions or MethodOptions of google.protobuf"
        ]
    );
}

#[test]
fn a_missing_brace_is_reported_once_with_the_innermost_block() {
    let cases = [
        (
            "message B {",
            "found the end of the file, expected `}`\n --> chat.proto:6:12\n help: a `}` is missing in this file: the innermost block here begins at chat.proto:6:11",
        ),
        (
            "message B {\n  int32 x = 1;\nmessage C {\n  B b = 1;\n}",
            "found the end of the file, expected `}`\n --> chat.proto:10:2\n help: a `}` is missing in this file: the innermost block here begins at chat.proto:6:11",
        ),
        (
            "enum E {\n  X = 0;\nmessage C {\n  E e = 1;\n}",
            "found `message`, expected `}`\n --> chat.proto:8:1\n help: a `}` is missing in this file: the innermost block here begins at chat.proto:6:8",
        ),
        (
            "message B {\n  enum E {\n    X = 0;\n  int32 x = 1;\n}\nmessage C {}",
            "found `x`, expected `=` and the number of the value\n --> chat.proto:9:9\n help: a `}` is missing in this file: the innermost block here begins at chat.proto:7:10",
        ),
        (
            "message B\n  int32 x = 1;\n  int32 y = 2;\n}",
            "found `int32`, expected the block of a message\n --> chat.proto:7:3",
        ),
        (
            "message B {}\n}\nmessage C {}}",
            "found `}` without an opening half\n --> chat.proto:7:1",
        ),
    ];
    for (declarations, problem) in cases {
        assert_eq!(problems_with(declarations), [problem]);
    }
}

#[test]
fn a_file_with_its_syntax_in_pieces_is_checked() {
    let text = with("message B { int32 x 1; }").replace("\"proto3\"", "\"proto\" '3'");
    assert_eq!(
        problems(&text),
        ["found `1`, expected `=` and the number of the field\n --> chat.proto:6:21"]
    );
}

#[test]
fn a_syntax_without_a_semicolon_is_refused() {
    let text = with("").replace(
        "\"proto3\";",
        "\"proto3\"\nimport \"google/protobuf/any.proto\";",
    );
    assert_eq!(
        problems(&text),
        ["found the end of the line, expected `;`\n --> chat.proto:1:18"]
    );
}

#[test]
fn statements_behind_a_missing_semicolon_are_checked() {
    assert_eq!(
        problems_with("message B {\n  int32 x = 1\n  int32 y 2;\n}"),
        [
            "found the end of the line, expected `;`\n --> chat.proto:7:14",
            "found `2`, expected `=` and the number of the field\n --> chat.proto:8:11"
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
            "found the unknown type `Shpae`\n --> chat.proto:7:13\n help: a type with a similar name exists: `Shape`"
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
fn a_duplicate_declaration_is_refused_with_the_place_of_the_first() {
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
fn invalid_field_numbers_are_refused() {
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
fn invalid_map_keys_are_refused() {
    for key in ["float", "bytes", "A"] {
        let problems = problems_with(&format!("message B {{ map<{key}, A> m = 1; }}"));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("chat.proto:6:"), "{problems:?}");
    }
}

#[test]
fn invalid_enums_are_refused() {
    assert_eq!(
        problems_with("enum E { ONE = 1; }"),
        [
            "found 1 as the number of `ONE`, the first value of the enum `E`, expected 0\n --> chat.proto:6:16\n help: the first value is the default of fields: begin with a value for that"
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
    let values = &aliased.files[0].enums[0].values;
    assert_eq!((values[1].name.as_str(), values[1].number), ("NONE", 0));
    assert_eq!(
        problems_with("enum E {}"),
        [
            "found the enum `E` without a value\n --> chat.proto:6:6\n help: an enum has at least one value, of which the first is 0"
        ]
    );
}

#[test]
fn names_that_are_equal_in_json_or_without_their_enum_are_refused() {
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
