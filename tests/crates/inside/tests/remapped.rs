//! A build that hides where it was done, as those of distributions do.

use std::fs::canonicalize;
use std::process::Command;

#[test]
fn schemas_are_found_where_paths_are_remapped() {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");
    let workspace = canonicalize(workspace).unwrap();
    // The compiler is told of this crate's files from the workspace on.
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--locked", "--offline", "--lib"])
        // The tests of the crate have the most calls of the macro.
        .args(["--profile", "test", "--"])
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
