//! Compares the descriptors of all valid schemas of the corpus with those of protoc and of
//! `protobuf-parse`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use messi_schema::{Locations, Schema, read};
use protobuf::Message;
use protobuf::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FileDescriptorProto,
    FileDescriptorSet,
};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn valid_schemas() -> Vec<String> {
    let files = fs::read_dir(corpus().join("valid")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn model(name: &str) -> Schema {
    let locations = Locations {
        source_directory: Some(corpus().join("valid")),
        root: corpus(),
        ..Locations::default()
    };
    read(name, &locations).unwrap()
}

/// Returns the descriptors that protoc writes for a schema and its imports. `None` if there is no protoc
/// for this system.
fn protoc(name: &str) -> Option<Vec<u8>> {
    let protoc = protoc_bin_vendored::protoc_bin_path().ok()?;
    let google = protoc_bin_vendored::include_path().ok()?;
    let written = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.descriptors"));
    let include = |directory: &Path| format!("--proto_path={}", directory.display());
    let status = Command::new(protoc)
        .args([&corpus().join("valid"), &corpus(), &google].map(|it| include(it)))
        .arg("--include_imports")
        .arg("--retain_options")
        .arg("--descriptor_set_out")
        .arg(&written)
        .arg(name)
        .status();
    assert!(status.unwrap().success());
    Some(fs::read(written).unwrap())
}

#[test]
fn descriptors_are_the_bytes_of_protoc() {
    // Their options are left out: the fields of `google.protobuf` and of groups are unknown.
    let incomplete = [
        "option_of_a_google_type.proto",
        "options_that_are_left_out.proto",
    ];
    let is_complete = |name: &String| !incomplete.contains(&name.as_str());
    for name in valid_schemas().into_iter().filter(is_complete) {
        let Some(written) = protoc(&name) else { return };
        let set = FileDescriptorSet::parse_from_bytes(&written).unwrap();
        for file in &model(&name).files {
            let is_same = |it: &&FileDescriptorProto| it.name() == file.name;
            let expected = set.file.iter().find(is_same).unwrap();
            let found = FileDescriptorProto::parse_from_bytes(&file.descriptor).unwrap();
            assert_eq!(found, *expected, "{name}: {}", file.name);
            // The set holds the same bytes after their length.
            let mut parts = written.windows(file.descriptor.len());
            assert!(
                parts.any(|part| part == file.descriptor),
                "{name}: {}",
                file.name
            );
        }
    }
}

#[test]
fn a_set_holds_every_file() {
    let schema = model("imports.proto");
    let set = FileDescriptorSet::parse_from_bytes(&schema.descriptor_set()).unwrap();
    let names: Vec<&str> = set.file.iter().map(FileDescriptorProto::name).collect();
    let expected: Vec<&str> = schema.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, expected);
}

/// Returns the fields and enum values of a file, one per line. Options and oneofs are left out, since
/// `protobuf-parse` and protoc differ in them.
fn lines(file: &FileDescriptorProto) -> Vec<String> {
    let mut lines = Vec::new();
    for message in &file.message_type {
        add_message(file.package(), message, &mut lines);
    }
    add_enums(file.package(), &file.enum_type, &mut lines);
    for service in &file.service {
        lines.extend(service.method.iter().map(|it| {
            let [request, response] = [it.input_type(), it.output_type()];
            format!("{}.{} {request} {response}", service.name(), it.name())
        }));
    }
    lines
}

fn add_message(scope: &str, message: &DescriptorProto, lines: &mut Vec<String>) {
    let name = format!("{scope}.{}", message.name());
    for field in message.field.iter().chain(&message.extension) {
        lines.push(format!(
            "{name}.{} = {}: {:?} {:?} {} {} {}",
            field.name(),
            field.number(),
            field.label(),
            field.type_(),
            field.type_name(),
            field.json_name(),
            field.extendee(),
        ));
    }
    for nested in &message.nested_type {
        add_message(&name, nested, lines);
    }
    add_enums(&name, &message.enum_type, lines);
}

fn add_enums(scope: &str, enums: &[EnumDescriptorProto], lines: &mut Vec<String>) {
    for it in enums {
        let values = it.value.iter();
        let value = |value: &EnumValueDescriptorProto| {
            format!(
                "{scope}.{}.{} = {}",
                it.name(),
                value.name(),
                value.number()
            )
        };
        lines.extend(values.map(value));
    }
}

/// Schemas that `protobuf-parse` reads differently from protoc: it reads octal numbers as decimal.
const PROTOBUF_PARSE_ERRS: &[&str] = &["numbers_in_hexadecimal_and_octal.proto"];

#[test]
fn descriptors_are_those_of_protobuf_parse() {
    let valid = corpus().join("valid");
    let mut compared = 0;
    for name in valid_schemas() {
        let mut parser = protobuf_parse::Parser::new();
        parser.pure().includes([&valid, &corpus()]);
        // `protobuf-parse` can't read all schemas.
        let Ok(parsed) = parser.input(valid.join(&name)).parse_and_typecheck() else {
            continue;
        };
        for file in &model(&name).files {
            let found = FileDescriptorProto::parse_from_bytes(&file.descriptor).unwrap();
            let mut others = parsed.file_descriptors.iter();
            let expected = others.find(|it| it.name() == file.name).unwrap();
            let (found, expected) = (lines(&found), lines(expected));
            if PROTOBUF_PARSE_ERRS.contains(&name.as_str()) {
                assert_ne!(found, expected, "is right now, though listed: {name}");
            } else {
                assert_eq!(found, expected, "{name}: {}", file.name);
            }
        }
        compared += 1;
    }
    assert!(compared > 50, "{compared}");
}
