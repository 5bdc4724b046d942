//! Finds rust-analyzer.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::preparation::{Unprepared, run};

/// The variable with the path of rust-analyzer, if it is not that of `PATH`.
const PROGRAM: &str = "MESSI_RUST_ANALYZER";

/// The variable in which rust-analyzer expects the sources of the standard library, if they are not in the toolchain.
const SOURCES: &str = "RUST_SRC_PATH";

/// The outcome where rustup can't install the two, which is no failure even in CI.
const MISSING: Unprepared =
    Unprepared::Unsupported("missing: the components rust-analyzer and rust-src of rustup");

/// Returns the program, if it runs and has the sources of the standard library.
pub(crate) fn find() -> Result<OsString, Unprepared> {
    let program = match env::var_os(PROGRAM) {
        Some(program) => {
            run(Command::new(&program).arg("--version"))?;
            program
        }
        None => {
            let program = "rust-analyzer";
            // Without the component, rustup has a program of that name which fails.
            run(Command::new(program).arg("--version")).map_err(|_| MISSING)?;
            program.into()
        }
    };
    if !sources()?.join("core").is_dir() {
        return Err(MISSING);
    }
    Ok(program)
}

fn sources() -> Result<PathBuf, Unprepared> {
    if let Some(path) = env::var_os(SOURCES) {
        return Ok(path.into());
    }
    let toolchain = run(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(Path::new(toolchain.trim()).join("lib/rustlib/src/rust/library"))
}
