//! Test programs in C.

use std::fs;
use std::process::Command;

use crate::compiler::{WARNINGS, compile, supports};
use crate::compilers::SANITIZERS;
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
    ("the_documented_code_runs", documented_code),
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

/// Runs the code of the guide with the messages of its schema.
fn documented_code() -> Result<(), Unprepared> {
    let guide = include_str!("../../../docs/c_messages.md");
    let block = |language: &str| {
        let (_, rest) = guide.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    };
    let generated = Generated::empty()?;
    let main = "
        int main(void)
        {
            uint8_t encoded[64];

            print_report(encoded, (size_t)write_report(encoded, sizeof(encoded)));

            return HOME_BATTERY_ENCODED_MAX == 5 ? 0 : 1;
        }";
    let files = [
        ("home.proto", block("proto")),
        ("main.c", block("c") + main),
    ];
    for (name, text) in files {
        let path = generated.path().join(name);
        fs::write(&path, text).map_err(|error| broken("write", &path, &error))?;
    }
    let schema = generated.path().join("home.proto");
    generated.generate(&[&schema.to_string_lossy()])?;
    let executable = generated.path().join("program");
    run(Command::new("gcc")
        .args([
            "-std=c99",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-I",
        ])
        .arg(generated.path())
        .args(generated.sources())
        .arg("-o")
        .arg(&executable))?;
    let printed = run(&mut Command::new(executable))?;
    assert_eq!(printed, "kitchen: 21\nkitchen: -4\nopen: 1\n");
    Ok(())
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
