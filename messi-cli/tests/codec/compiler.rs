//! Compilers of C.

use std::path::PathBuf;
use std::process::Command;

use crate::compilers::test_program;
use crate::directory::Generated;
use crate::preparation::{Unprepared, run};

/// The warnings that C of ours is free of.
pub(crate) const WARNINGS: [&str; 6] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Werror",
];

/// Compiles a test program with generated C, and returns its path.
pub(crate) fn compile(
    generated: &Generated,
    program: &str,
    options: &[&str],
) -> Result<PathBuf, Unprepared> {
    let executable = generated.path().join("program");
    run(Command::new("gcc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(options)
        .arg("-I")
        .arg(generated.path())
        .arg(test_program(program))
        .args(generated.sources())
        .arg("-o")
        .arg(&executable))?;
    Ok(executable)
}

/// Compiles an empty program, to see whether a compiler is there and has what the options need.
pub(crate) fn supports(compiler: &str, options: &[&str]) -> Result<(), Unprepared> {
    let compiled = run(Command::new(compiler)
        .args(options)
        .arg(test_program("empty.c"))
        .args(["-o", "/dev/null"]));
    compiled.map(drop).map_err(|error| match error {
        Unprepared::Broken(_) if options.contains(&"-m32") => {
            Unprepared::Unsupported("the compiler has no libraries for 32 bits")
        }
        Unprepared::Broken(_) => Unprepared::Missing(format!("{compiler} {}", options.join(" "))),
        other => other,
    })
}
