//! The codec on an emulated Cortex-M3 that faults at unaligned accesses. The compiler makes enums short
//! there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Test;
use crate::compilers::test_program;
use crate::directory::Generated;
use crate::preparation::{Unprepared, run};
use crate::programs::KITCHEN;

/// Options for code without unaligned accesses, with the output and the exit code of the emulator.
const OPTIONS: [&str; 5] = [
    "-std=c99",
    "-Os",
    "-mcpu=cortex-m0",
    "-mthumb",
    "--specs=rdimon.specs",
];

pub(crate) const TESTS: &[Test] = &[
    ("codec_on_a_microcontroller", codec),
    ("unaligned_accesses_of_a_microcontroller_are_faults", faults),
];

fn codec() -> Result<(), Unprepared> {
    let generated = Generated::new(KITCHEN)?;
    emulate(&compile(&generated, "codec_test.c")?)
}

fn faults() -> Result<(), Unprepared> {
    let generated = Generated::empty()?;
    match emulate(&compile(&generated, "unaligned.c")?) {
        Ok(()) => panic!("an unaligned access was not noticed"),
        Err(Unprepared::Broken(_)) => Ok(()),
        other => other,
    }
}

fn compile(generated: &Generated, program: &str) -> Result<PathBuf, Unprepared> {
    let executable = generated.path().join("program");
    run(Command::new("arm-none-eabi-gcc")
        .args(OPTIONS)
        .arg("-T")
        .arg(test_program("cortex_m.ld"))
        .arg("-I")
        .arg(generated.path())
        .args(["cortex_m.c", program].map(test_program))
        .args(generated.sources())
        .arg("-o")
        .arg(&executable))?;
    Ok(executable)
}

fn emulate(executable: &Path) -> Result<(), Unprepared> {
    let emulated = run(Command::new("qemu-system-arm")
        .args(["-M", "mps2-an385", "-nographic"])
        .args(["-semihosting-config", "enable=on,target=native"])
        .arg("-kernel")
        .arg(executable));
    match emulated {
        Err(Unprepared::Missing(_)) => Err(Unprepared::Unsupported("there is no qemu-system-arm")),
        other => other.map(drop),
    }
}
