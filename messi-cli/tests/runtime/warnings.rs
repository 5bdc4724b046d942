//! Generated C compiles without warnings.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Test;
use crate::compilers::test_program;
use crate::generated::{CHAT, Generated, MY_PROTOCOL, in_repository};
use crate::preparation::{Unprepared, broken, run};

pub(crate) const TESTS: &[Test] = &[
    ("c_compiles_without_warnings", warnings_of_c),
    ("headers_compile_as_cpp", warnings_of_cpp),
    (
        "programs_of_the_original_compile_unchanged",
        programs_of_the_original,
    ),
];

/// A protocol with members of each kind.
const MEMBERS: &str = "tests/c/members.proto";

const WARNINGS: [&str; 7] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Werror",
];

fn warnings_of_c() -> Result<(), Unprepared> {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("runtime/c");
    // The runtime and its headers are the same beside each protocol.
    let mut compiled = HashSet::new();
    for platform in ["linux", "async", "none"] {
        for schema in [CHAT, MY_PROTOCOL, MEMBERS] {
            let generated = Generated::new(platform, schema)?;
            for source in generated.files("c") {
                let name = source.file_name().expect("a file").to_owned();
                let is_generated = !runtime.join(&name).exists();
                if is_generated || compiled.insert(name) {
                    compile_as_c(&generated, &source)?;
                }
            }
        }
    }
    Ok(())
}

fn compile_as_c(generated: &Generated, source: &Path) -> Result<(), Unprepared> {
    for standard in ["-std=c99", "-std=gnu17"] {
        run(Command::new("gcc")
            .arg(standard)
            .args(WARNINGS)
            .args(["-O2", "-c", "-o", "/dev/null", "-I"])
            .arg(generated.path(""))
            .arg("-I")
            .arg(test_program("async"))
            .arg(source))?;
    }
    Ok(())
}

fn warnings_of_cpp() -> Result<(), Unprepared> {
    for platform in ["linux", "async", "none"] {
        let generated = Generated::new(platform, MEMBERS)?;
        for header in generated.files("h") {
            compile_as_cpp(&generated, &header)?;
        }
    }
    Ok(())
}

fn compile_as_cpp(generated: &Generated, header: &Path) -> Result<(), Unprepared> {
    let program = generated.path("program.cpp");
    let written = fs::write(&program, format!("#include \"{}\"\n", header.display()));
    written.map_err(|error| broken("write", &program, &error))?;
    run(Command::new("g++")
        .args(["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(["-fsyntax-only", "-I"])
        .arg(generated.path(""))
        .arg("-I")
        .arg(test_program("async"))
        .arg(&program))
    .map(drop)
}

/// The peers of the tests with the original are programs for its C.
fn programs_of_the_original() -> Result<(), Unprepared> {
    let generated = Generated::new("linux", CHAT)?;
    for program in ["chat_client.c", "chat_server.c"] {
        let programs =
            [program, "script.c"].map(|name| in_repository("tests/interop/peers").join(name));
        generated.compile(&programs, &["-std=gnu17", "-O2"])?;
    }
    Ok(())
}
