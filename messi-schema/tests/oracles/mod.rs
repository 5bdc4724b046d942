//! Other compilers of protobuf, as oracles for the validity of schemas.

#![allow(
    dead_code,
    reason = "each test is a crate of its own and uses a part of it"
)]

use std::path::Path;
use std::process::Command;

/// The verdict of a compiler on a schema. The error is the reason of a refusal.
pub(crate) type Verdict = Result<(), String>;

/// A compiler of protobuf.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Oracle {
    pub(crate) name: &'static str,
    /// Compiles a schema by its name in the first of two directories.
    pub(crate) compile: fn(&str, [&Path; 2]) -> Option<Verdict>,
    /// The reasons for wrong verdicts, each with its schemas.
    pub(crate) errs: &'static [(&'static str, &'static [&'static str])],
}

/// The reference compiler, and an independent one in Rust.
pub(crate) const ORACLES: [Oracle; 2] = [
    Oracle {
        name: "protoc",
        compile: protoc,
        errs: &[],
    },
    Oracle {
        name: "protox",
        compile: protox,
        errs: PROTOX_ERRS,
    },
];

const PROTOX_ERRS: &[(&str, &[&str])] = &[
    (
        "it does not compare fields and values with reserved names",
        &[
            "enum_name_reserved",
            "name_of_map_reserved",
            "name_reserved",
        ],
    ),
    (
        "it does not compare reserved names and ranges with each other",
        &[
            "reserved_backwards",
            "reserved_names_twice",
            "reserved_overlap",
            "reserved_overlap_in_enum",
            "reserved_overlap_of_negatives",
            "reserved_twice",
        ],
    ),
    (
        "it refuses reserved names and numbers that protoc accepts, some with a warning",
        &["reserved_name_of_no_form", "reserved_too_great"],
    ),
    (
        "it does not compare value names without the enum's name",
        &[
            "aliases_alike",
            "enum_names_alike",
            "enum_names_alike_in_case",
        ],
    ),
    (
        "it accepts an unnecessary option for aliases",
        &["enum_option_off", "enum_option_without_alias"],
    ),
    (
        "it does not check whether an option is allowed at its place",
        &[
            "extend_with_json_name",
            "json_name_in_brackets",
            "map_entry_by_hand",
            "map_packed",
            "option_features",
            "option_jstype",
            "option_lazy",
            "option_lite",
            "option_message_set",
            "packed_message",
            "packed_singular",
            "packed_string",
        ],
    ),
    (
        "it lets enums of proto2 into proto3",
        &["import_of_a_proto2_enum", "proto2_enum_of_descriptor"],
    ),
    (
        "it accepts invalid extensions",
        &["extend_empty", "extend_with_a_taken_number", "extensions"],
    ),
    ("it compares names in JSON without case", &["json_names"]),
    (
        "it can't read a type with the name `map`",
        &["map_named_as_a_field"],
    ),
    (
        "it does not support editions",
        &[
            "import_of_an_edition",
            "options_of_an_edition",
            "syntax_edition",
        ],
    ),
    ("it refuses a byte order mark", &["byte_order_mark"]),
    (
        "it does not know the number `-inf`",
        &["options_of_every_type"],
    ),
];

/// Compiles a schema with the reference compiler, by its name in the first of two directories.
pub(crate) fn protoc(name: &str, directories: [&Path; 2]) -> Option<Verdict> {
    let protoc = protoc_bin_vendored::protoc_bin_path().ok()?;
    let bundled = protoc_bin_vendored::include_path().ok()?;
    let output = Command::new(protoc)
        .args(directories.map(include))
        .arg(include(&bundled))
        .arg("--descriptor_set_out")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
        .arg(name)
        .output();
    let output = output.expect("the compiler, which is vendored for this system");
    let error = || String::from_utf8_lossy(&output.stderr).into_owned();
    Some(if output.status.success() {
        Ok(())
    } else {
        Err(error())
    })
}

fn include(directory: &Path) -> String {
    format!("--proto_path={}", directory.display())
}

fn protox(name: &str, directories: [&Path; 2]) -> Option<Verdict> {
    let compiled = protox::compile([name], directories);
    Some(compiled.map(drop).map_err(|error| error.to_string()))
}
