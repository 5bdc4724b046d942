//! What the compiler says of a mistake: one mistake in each file of `tests/ui/fail/`, and beside
//! it what is said. `TRYBUILD=overwrite cargo test --test compiletest` stores it anew.

use std::env;
use std::path::Path;
use std::process::Command;

use trybuild::TestCases;

/// The compiler whose words are stored; others say it in theirs.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn what_is_right_compiles_and_what_is_wrong_is_explained() {
    let cases = TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    if !compiler().starts_with(COMPILER) {
        eprintln!(
            "not compared with what {COMPILER}x says: this is {}",
            compiler()
        );
    } else if !builds_here() {
        eprintln!("not compared: what is said names places in the target directory");
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

/// Whether the target directory is in the repository, where its name can be left out of what is
/// compared.
fn builds_here() -> bool {
    Path::new(env!("CARGO_TARGET_TMPDIR")).starts_with(env!("CARGO_MANIFEST_DIR"))
}
