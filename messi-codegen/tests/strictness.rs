//! Mistakes that `protobuf-parse` lets pass, or stumbles over.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use messi_codegen::{Locations, read};

const PROTOCOL: &str = "message ClientToServer { oneof messages { Ping ping = 1; } }
message ServerToClient { oneof messages { Ping ping = 1; } }
message Ping {}
";

/// The problems of declarations on line 3 of a sound protocol, beside other files.
fn problems_beside(declarations: &str, others: &[(&str, &str)]) -> Vec<String> {
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
        crate_root: directory.clone(),
    };
    let result = read("chat.proto", &locations);
    fs::remove_dir_all(&directory).unwrap();
    match result {
        Ok(_) => Vec::new(),
        Err(error) => error.diagnostics.iter().map(ToString::to_string).collect(),
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
