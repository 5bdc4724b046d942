//! Downloads and generates the C code of the original, and compiles it with the shim.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let bench = package
        .ancestors()
        .nth(2)
        .expect("the package is two levels down");
    // Outside OUT_DIR, so that downloads are kept when OUT_DIR changes.
    let original = bench.join("target/original");
    let schema = bench.join("proto/chat.proto");
    prepare(&package.join("prepare.sh"), &original, &schema);
    compile(&package.join("../c/src/shim.c"), &original);
    for input in [
        "prepare.sh",
        "../c/src/shim.c",
        "../c/src/shim.h",
        "../../proto/chat.proto",
    ] {
        println!("cargo:rerun-if-changed={input}");
    }
}

/// Runs `prepare.sh`.
fn prepare(script: &Path, directory: &Path, schema: &Path) {
    let status = Command::new(script).arg(directory).arg(schema).status();
    let status = status.expect("the script can be run");
    assert!(status.success(), "preparing the original failed: {status}");
}

/// Compiles with `-O2`, like the original's own build.
fn compile(shim: &Path, original: &Path) {
    let includes = [
        original.join("generated"),
        original.join("runtimes/messi/c_source"),
        original.join("runtimes/pbtools/c_source"),
    ];
    let mut build = cc::Build::new();
    build
        .compiler("gcc")
        .opt_level(2)
        .debug(false)
        .includes(&includes);
    build
        .clone()
        .warnings(false)
        .file(original.join("generated/chat.c"))
        .file(original.join("generated/chat_client.c"))
        .file(original.join("generated/chat_server.c"))
        .file(original.join("runtimes/messi/c_source/messi.c"))
        .file(original.join("runtimes/pbtools/c_source/pbtools.c"))
        .compile("original");
    build.file(shim).compile("shim");
}
