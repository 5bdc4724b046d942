//! Generates C with the command `messi`, and compiles it with the shim.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const SCHEMA: &str = "../../proto/chat.proto";

fn main() {
    let directory = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("generated");
    generate(&directory);
    compile(&directory);
    for input in [SCHEMA, "src/shim.c", "src/shim.h"] {
        println!("cargo:rerun-if-changed={input}");
    }
}

/// Generates the chat with its runtime.
fn generate(directory: &Path) {
    // Files of earlier runs would be compiled as well.
    let _ = std::fs::remove_dir_all(directory);
    let output = directory.to_str().expect("the path is valid UTF-8");
    let exit_code = messi_cli::run([
        "messi",
        "generate_c_source",
        "--runtime",
        "-o",
        output,
        SCHEMA,
    ]);
    assert_eq!(exit_code, ExitCode::SUCCESS, "generating C failed");
}

/// Compiles with `-O2`, like the original.
fn compile(directory: &Path) {
    let files = directory.read_dir().expect("the directory exists");
    let paths = files.map(|file| file.expect("the directory can be read").path());
    let sources = paths.filter(|path| path.extension().is_some_and(|it| it == "c"));
    cc::Build::new()
        .compiler("gcc")
        .opt_level(2)
        .debug(false)
        .include(directory)
        .files(sources)
        .file("src/shim.c")
        .compile("generated");
}
