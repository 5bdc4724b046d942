//! How much flash and RAM of a microcontroller a client takes.

use std::process::Command;

use crate::Test;
use crate::compilers::{CORTEX_M4, CORTEX_M4_OPTIONS, flash, test_program};
use crate::generated::{CHAT, Generated};
use crate::preparation::{Unprepared, run};

pub(crate) const TESTS: &[Test] = &[("a_client_with_codec_takes_7_kib_of_flash", client)];

/// The limit, in bytes of code and of initial data.
const LIMIT: usize = 7 << 10;

fn client() -> Result<(), Unprepared> {
    let generated = Generated::new("none", CHAT)?;
    let executable = generated.path("program");
    run(Command::new(CORTEX_M4)
        .args(CORTEX_M4_OPTIONS)
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
        .arg(generated.path(""))
        .arg(test_program("client_size.c"))
        .args(generated.files("c"))
        .arg("-o")
        .arg(&executable))?;
    let size = flash(&executable)?;
    assert!(size <= LIMIT, "{size} bytes, more than {LIMIT}");
    Ok(())
}
