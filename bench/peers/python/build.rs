//! Prepares the environment of Python, and generates the chat with the command `messi` and with the original.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let bench = package
        .ancestors()
        .nth(2)
        .expect("the package is two levels down");
    // Outside OUT_DIR, so that downloads are kept when OUT_DIR changes.
    let directory = bench.join("target/python");
    let schema = bench.join("proto/chat.proto");
    prepare(&package.join("prepare.sh"), &directory, &schema);
    generate(&directory.join("generated/messi"), &schema);
    for input in ["prepare.sh", "../../proto/chat.proto"] {
        println!("cargo:rerun-if-changed={input}");
    }
    println!("cargo:rustc-env=DIRECTORY={}", directory.display());
}

/// Runs `prepare.sh`.
fn prepare(script: &Path, directory: &Path, schema: &Path) {
    let status = Command::new(script).arg(directory).arg(schema).status();
    let status = status.expect("the script can be run");
    assert!(
        status.success(),
        "preparing Python and the original failed: {status}"
    );
}

/// Generates the chat with the command `messi`.
fn generate(directory: &Path, schema: &Path) {
    let [output, schema] = [directory, schema].map(|it| it.to_str().expect("paths are UTF-8"));
    let exit_code = messi_cli::run(["messi", "generate_py_source", "-o", output, schema]);
    assert_eq!(exit_code, ExitCode::SUCCESS, "generating Python failed");
}
