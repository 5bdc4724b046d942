//! The descriptors of files, compared with those of protoc for every valid schema of the corpus.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use messi_schema::{Locations, Schema, read};
use protobuf::Message;
use protobuf::descriptor::{FileDescriptorProto, FileDescriptorSet};

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
        crate_root: corpus(),
        ..Locations::default()
    };
    read(name, &locations).unwrap()
}

/// The descriptors that protoc writes for a schema and its imports. `None` where there is no protoc
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
    for name in valid_schemas() {
        let Some(written) = protoc(&name) else { return };
        let set = FileDescriptorSet::parse_from_bytes(&written).unwrap();
        for file in &model(&name).files {
            let is_same = |it: &&FileDescriptorProto| it.name() == file.name;
            let expected = set.file.iter().find(is_same).unwrap();
            let found = FileDescriptorProto::parse_from_bytes(&file.descriptor).unwrap();
            assert_eq!(found, *expected, "{name}: {}", file.name);
            // The same bytes, which follow their length in the set.
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
