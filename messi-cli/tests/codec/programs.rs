//! Test programs in C.

use std::fs;
use std::process::Command;

use crate::compiler::{SANITIZERS, WARNINGS, compile, supports};
use crate::directory::Generated;
use crate::preparation::{Unprepared, broken, run};
use crate::{Test, setting};

/// A schema with everything that proto3 has, and what it imports.
pub(crate) const KITCHEN: &[&str] = &["tests/c/kitchen.proto", "tests/c/pantry.proto"];

/// The schema of the chat.
pub(crate) const CHAT: &[&str] = &["../examples/chat/chat.proto"];

pub(crate) const TESTS: &[Test] = &[
    ("c_of_messages_compiles_without_warnings", warnings),
    ("headers_of_messages_compile_as_cpp", cpp),
    ("codec", || codec(&[])),
    ("codec_with_32_bits", || codec(&["-m32"])),
    ("codec_with_short_enums_and_utf8", || {
        codec(&["-fshort-enums", "-DMESSI_CONFIG_UTF8=1"])
    }),
    ("codec_with_few_levels", || {
        codec(&["-DMESSI_CONFIG_MAX_DEPTH=8"])
    }),
    ("workspace", || workspace(&[])),
    ("workspace_with_32_bits", || workspace(&["-m32"])),
    ("fuzzed_codec", || fuzz(&[])),
    ("fuzzed_codec_with_32_bits", || fuzz(&["-m32"])),
];

fn warnings() -> Result<(), Unprepared> {
    let generated = Generated::new(KITCHEN)?;
    for standard in ["-std=c99", "-std=gnu17"] {
        for source in generated.sources() {
            run(Command::new("gcc")
                .arg(standard)
                .args(WARNINGS)
                .args(["-O2", "-c", "-I"])
                .arg(generated.path())
                .arg(&source)
                .arg("-o")
                .arg(source.with_extension("o")))?;
        }
    }
    Ok(())
}

fn cpp() -> Result<(), Unprepared> {
    let generated = Generated::new(KITCHEN)?;
    let program = generated.path().join("program.cpp");
    let written = fs::write(&program, "#include \"kitchen.h\"\n");
    written.map_err(|error| broken("write", &program, &error))?;
    run(Command::new("g++")
        .args(["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(["-fsyntax-only", "-I"])
        .arg(generated.path())
        .arg(&program))
    .map(drop)
}

fn codec(options: &[&str]) -> Result<(), Unprepared> {
    execute(KITCHEN, "codec_test.c", options, &[])
}

fn workspace(options: &[&str]) -> Result<(), Unprepared> {
    execute(CHAT, "workspace_test.c", options, &[])
}

fn fuzz(options: &[&str]) -> Result<(), Unprepared> {
    let seed = setting("MESSI_SEED", 1).to_string();
    let runs = (100 * setting("MESSI_MESSAGES", 2_000)).to_string();
    execute(KITCHEN, "codec_fuzz.c", options, &[&seed, &runs])
}

/// Compiles a program with sanitizers, and runs it. It ends with a message if a check fails.
fn execute(
    schemas: &[&str],
    program: &str,
    options: &[&str],
    arguments: &[&str],
) -> Result<(), Unprepared> {
    let options = [&SANITIZERS, options].concat();
    supports("gcc", &options)?;
    let generated = Generated::new(schemas)?;
    let executable = compile(&generated, program, &options)?;
    run(Command::new(executable).args(arguments)).map(drop)
}
