//! Compile errors as users see them: each file of `tests/ui/fail/` has one mistake, and its errors are
//! stored beside it. `TRYBUILD=overwrite cargo test --test compiletest` updates them.

use std::env;
use std::path::Path;
use std::process::Command;

use trybuild::TestCases;

/// The compiler whose errors are stored. Others use other words.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn what_is_right_compiles_and_what_is_wrong_is_explained() {
    let cases = TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    if !compiler().starts_with(COMPILER) {
        eprintln!(
            "not compared with the errors of {COMPILER}x: this is {}",
            compiler()
        );
    } else if !builds_here() {
        eprintln!("not compared: the errors name places in the target directory");
    } else {
        cases.compile_fail("tests/ui/fail/*.rs");
    }
}

fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let output = output.expect("the compiler that has compiled this");
    String::from_utf8_lossy(&output.stdout).trim().into()
}

/// Returns whether the target directory is in the repository, so that its name can be removed from the
/// errors.
fn builds_here() -> bool {
    Path::new(env!("CARGO_TARGET_TMPDIR")).starts_with(env!("CARGO_MANIFEST_DIR"))
}
