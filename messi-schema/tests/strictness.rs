//! Mistakes that `protobuf-parse` accepts, or that make it panic or hang.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use common::brief;
use messi_schema::{Diagnostic, Locations, read};

const PROTOCOL: &str = "message ClientToServer { oneof messages { Ping ping = 1; } }
message ServerToClient { oneof messages { Ping ping = 1; } }
message Ping {}
";

#[test]
fn a_field_inf_is_refused_by_protobuf_parse_alone() {
    let problems = problems_beside("message Limits { int32 inf = 1; }", &[]);
    if cfg!(feature = "protobuf-parse") {
        assert!(
            problems[0].contains("protobuf-parse can't read"),
            "{problems:?}"
        );
    } else {
        assert_eq!(problems, [""; 0]);
    }
}

/// Returns the problems of declarations on line 3 of a valid protocol with other files.
fn problems_beside(declarations: &str, others: &[(&str, &str)]) -> Vec<String> {
    diagnose(declarations, others).iter().map(brief).collect()
}

fn diagnose(declarations: &str, others: &[(&str, &str)]) -> Vec<Diagnostic> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("strictness-{}-{number}", std::process::id());
    let directory: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).unwrap();
    let text = format!("syntax = \"proto3\";\npackage chat;\n{declarations}\n{PROTOCOL}");
    fs::write(directory.join("chat.proto"), text).unwrap();
    for (name, text) in others {
        fs::write(directory.join(name), text).unwrap();
    }
    let locations = Locations {
        source_directory: None,
        root: directory.clone(),
        ..Locations::default()
    };
    let result = read("chat.proto", &locations);
    fs::remove_dir_all(&directory).unwrap();
    match result {
        Ok(_) => Vec::new(),
        Err(error) => error.diagnostics,
    }
}

fn problems(declarations: &str) -> Vec<String> {
    problems_beside(declarations, &[])
}

#[test]
fn deeply_nested_maps_are_refused() {
    let depth = 100_000;
    let ty = format!("{}int32{}", "map<string, ".repeat(depth), ">".repeat(depth));
    let problems = problems(&format!("message A {{ {ty} a = 1; }}"));
    assert_eq!(
        problems,
        ["found more than 64 nested blocks\n --> chat.proto:3:772"]
    );
}

#[test]
fn reserved_ranges_must_be_ascending_disjoint_and_within_limits() {
    let cases = [
        (
            "message A { reserved 9 to 5; }",
            "found the reserved range 9 to 5, which ends before it begins\n --> chat.proto:3:22",
        ),
        (
            "message A { reserved 1 to 3; reserved 3; }",
            "found the reserved range 3, part of which is reserved already\n --> chat.proto:3:39\n help: 1 to 3 is at chat.proto:3:22",
        ),
        (
            "message A { reserved 2147483647; }",
            "found the reserved range 2147483647, expected one from 1 to 536870911\n --> chat.proto:3:22",
        ),
        (
            "message A { reserved 0; }",
            "found the reserved range 0, expected one from 1 to 536870911\n --> chat.proto:3:22",
        ),
        (
            "message A { reserved 08; }",
            "found `08`, which is not a number: one in decimal begins with 1 to 9, in octal with 0, in hexadecimal with 0x\n --> chat.proto:3:22",
        ),
        (
            "enum E { X = 0; reserved 3, 1 to 5; }",
            "found the reserved range 1 to 5, part of which is reserved already\n --> chat.proto:3:29\n help: 3 is at chat.proto:3:26",
        ),
    ];
    for (declarations, problem) in cases {
        assert_eq!(problems(declarations), [problem]);
    }
}

#[test]
fn a_name_may_be_reserved_only_once() {
    assert_eq!(
        problems("message A { reserved \"a\"; reserved \"b\", \"a\"; }"),
        ["found the name `a` reserved twice\n --> chat.proto:3:41"]
    );
}

#[test]
fn valid_reservations_are_accepted() {
    let declarations = "message A { reserved 2, 4 to 6, 536870911; reserved \"x\"; int32 a = 1; }
        message B { reserved 5 to max; }
        message C { string reserved = 1; }
        enum E { X = 0; reserved 5 to max; reserved 1; }";
    assert!(problems(declarations).is_empty());
}

#[test]
fn an_enum_value_needs_a_unique_name_in_the_scope_of_its_enum() {
    assert_eq!(
        problems("enum E { X = 0; } enum F { X = 0; }"),
        [
            "found the value `X`, whose name is taken in the scope around its enum\n --> chat.proto:3:28\n help: the other is at chat.proto:3:10: begin the names of values with that of their enum, as in `F_X`"
        ]
    );
    assert_eq!(
        problems("message A { enum E { B = 0; } message B {} }"),
        [
            "found the value `B`, whose name is taken in the scope around its enum\n --> chat.proto:3:22\n help: the other is at chat.proto:3:39: begin the names of values with that of their enum, as in `E_B`"
        ]
    );
    let apart = "enum E { X = 0; } message A { enum F { X = 0; } }";
    assert!(problems(apart).is_empty());
}

#[test]
fn thousands_of_mistakes_on_one_line_are_reported_in_time() {
    let start = Instant::now();
    let count = 7_500;
    let fields = "int32 x = 1; ".repeat(count);
    let problems = diagnose(&format!("message A {{ {fields} }}"), &[]);
    // Each field but the first has a name and a number that are taken.
    assert_eq!(problems.len(), 2 * (count - 1));
    assert!(problems.iter().all(|it| it.to_string().len() < 1_000));
    // This takes a second. If each field were compared with all others, it would take a minute.
    assert!(start.elapsed() < Duration::from_secs(20));
}
