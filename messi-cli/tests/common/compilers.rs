//! What tests of C need of their compilers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Completion, Failed};

use crate::preparation::{Unprepared, run};

/// Options with which each error of memory or of undefined behaviour ends the program.
pub(crate) const SANITIZERS: [&str; 4] = [
    "-g",
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
];

/// The compiler for a Cortex-M4.
pub(crate) const CORTEX_M4: &str = "arm-none-eabi-gcc";

/// Options for a small program on a Cortex-M4, without the code that starts it.
pub(crate) const CORTEX_M4_OPTIONS: [&str; 10] = [
    "-std=c99",
    "-Os",
    "-mcpu=cortex-m4",
    "-mthumb",
    "-ffunction-sections",
    "-fdata-sections",
    "--specs=nano.specs",
    "-nostartfiles",
    "-Wl,-e,main",
    "-Wl,--gc-sections",
];

/// Returns the path of a test program in C.
pub(crate) fn test_program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/c")
        .join(name)
}

/// Returns the flash that a program for a Cortex-M4 takes: its code and its initial data, in bytes.
pub(crate) fn flash(executable: &Path) -> Result<usize, Unprepared> {
    let printed = run(Command::new("arm-none-eabi-size").arg(executable))?;
    let row = printed.lines().nth(1).expect("a table with a row");
    let sizes = row.split_whitespace().take(2);
    Ok(sizes.map(|it| it.parse::<usize>().expect("a number")).sum())
}

/// Returns the outcome of a test. Where compilers are required, none may be missing.
pub(crate) fn outcome(result: Result<(), Unprepared>) -> Result<Completion, Failed> {
    match result {
        Ok(()) => Ok(Completion::Completed),
        Err(Unprepared::Missing(name)) if env::var_os("MESSI_ORACLES_REQUIRED").is_some() => {
            Err(format!("missing: {name}, and MESSI_ORACLES_REQUIRED is set").into())
        }
        Err(unprepared) => unprepared.outcome(),
    }
}
