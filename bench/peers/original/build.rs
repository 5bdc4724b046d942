//! Fetches and generates the original's code and compiles it, with ours around it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let bench = package
        .ancestors()
        .nth(2)
        .expect("the package is two levels down");
    // Not in OUT_DIR, which changes: what is fetched is kept.
    let original = bench.join("target/original");
    let schema = bench.join("proto/chat.proto");
    prepare(&package.join("prepare.sh"), &original, &schema);
    compile(&package, &original);
    for input in [
        "prepare.sh",
        "src/shim.c",
        "src/shim.h",
        "../../proto/chat.proto",
    ] {
        println!("cargo:rerun-if-changed={input}");
    }
}

fn prepare(script: &Path, directory: &Path, schema: &Path) {
    let status = Command::new(script).arg(directory).arg(schema).status();
    let status = status.expect("the script can be run");
    assert!(status.success(), "the original can't be had: {status}");
}

/// As its own build does: `-O2`.
fn compile(package: &Path, original: &Path) {
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
    build.file(package.join("src/shim.c")).compile("shim");
}
