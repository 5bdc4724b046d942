//! How much flash and RAM of a microcontroller a client takes.

use std::process::Command;

use crate::Test;
use crate::generated::{CHAT, Generated, test_program};
use crate::preparation::{Unprepared, run};

pub(crate) const TESTS: &[Test] = &[("a_client_with_codec_takes_7_kib_of_flash", client)];

/// The limit, in bytes of code and of initial data.
const LIMIT: usize = 7 << 10;

/// Options for a small program on a Cortex-M4, without the code that starts it.
const OPTIONS: [&str; 10] = [
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

fn client() -> Result<(), Unprepared> {
    let generated = Generated::new("none", CHAT)?;
    let executable = generated.path("program");
    run(Command::new("arm-none-eabi-gcc")
        .args(OPTIONS)
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
        .arg(generated.path(""))
        .arg(test_program("client_size.c"))
        .args(generated.files("c"))
        .arg("-o")
        .arg(&executable))?;
    let printed = run(Command::new("arm-none-eabi-size").arg(&executable))?;
    let row = printed.lines().nth(1).expect("a table with a row");
    let columns = row.split_whitespace().take(2);
    let size: usize = columns
        .map(|it| it.parse::<usize>().expect("a number"))
        .sum();
    assert!(size <= LIMIT, "{size} bytes, more than {LIMIT}");
    Ok(())
}
