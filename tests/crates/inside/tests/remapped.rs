//! A build with remapped paths, as distributions do it.

#[allow(dead_code, reason = "tests of other crates use the rest")]
#[path = "../../../harness/cargo.rs"]
mod cargo;

use std::fs::canonicalize;

#[test]
fn schemas_are_found_if_paths_are_remapped() {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");
    let workspace = canonicalize(workspace).unwrap();
    // Cargo passes the compiler paths relative to the workspace.
    let output = cargo::build("rustc")
        // The macro has read all schemas when the crate is checked.
        .args(["--locked", "--lib"])
        .args(["--profile", "check", "--"])
        .arg(format!(
            "--remap-path-prefix={}=hidden",
            workspace.display()
        ))
        .arg("--remap-path-prefix=tests=hidden")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}
