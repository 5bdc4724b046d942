//! Compares compile errors with stored ones. Each file of `fail/` has one mistake, and its
//! errors are stored beside it. `TRYBUILD=overwrite cargo test --test compiletest` updates them.
//!
//! Programs without a mistake are the examples of this package, which `cargo test` builds. Here, they would have all
//! dependencies built, which are now only checked.

use std::env;
use std::path::Path;
use std::process::Command;

use trybuild::TestCases;

/// The compiler version of the stored errors. Other versions use other words.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn invalid_programs_have_the_stored_errors() {
    if !compiler().starts_with(COMPILER) {
        eprintln!(
            "not compared with the errors of {COMPILER}x: this is {}",
            compiler()
        );
    } else if !is_target_in_repository() {
        eprintln!("not compared: the errors contain paths of the target directory");
    } else {
        TestCases::new().compile_fail("fail/*.rs");
    }
}

fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let output = output.expect("a compiler");
    String::from_utf8_lossy(&output.stdout).trim().into()
}

/// Returns whether the target directory is in the repository: only then can its path be removed from
/// the errors.
fn is_target_in_repository() -> bool {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    Path::new(env!("CARGO_TARGET_TMPDIR")).starts_with(repository)
}
