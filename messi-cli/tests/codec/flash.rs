//! How much flash of a microcontroller the codec takes.

use std::process::Command;

use crate::Test;
use crate::compiler::{WARNINGS, supports, test_program};
use crate::directory::Generated;
use crate::preparation::{Unprepared, run};
use crate::programs::CHAT;

const COMPILER: &str = "arm-none-eabi-gcc";

/// Options for a small program on a Cortex-M4, without the code that starts it.
const OPTIONS: [&str; 9] = [
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

pub(crate) const TESTS: &[Test] = &[
    ("a_client_of_chat_takes_4_kib_of_flash", || {
        measure(CHAT, "chat_size.c", 4 << 10)
    }),
    ("a_client_of_everything_takes_5_kib_of_flash", || {
        let schemas = &["tests/c/sensor.proto", "tests/c/pantry.proto"];
        measure(schemas, "sensor_size.c", 5 << 10)
    }),
];

fn measure(schemas: &[&str], program: &str, limit: usize) -> Result<(), Unprepared> {
    supports(COMPILER, &OPTIONS)?;
    let generated = Generated::new(schemas)?;
    let executable = generated.path().join("program");
    run(Command::new(COMPILER)
        .arg("-std=c99")
        .args(WARNINGS)
        .args(OPTIONS)
        .arg("-I")
        .arg(generated.path())
        .arg(test_program(program))
        .args(generated.sources())
        .arg("-o")
        .arg(&executable))?;
    let printed = run(Command::new("arm-none-eabi-size").arg(&executable))?;
    let (code, data) = sizes(&printed).expect("a table with a row");
    let size = code + data;
    assert!(
        size <= limit,
        "{program} takes {size} bytes of flash, more than {limit}"
    );
    Ok(())
}

/// Returns the sizes of the code and of the initial data. They are in the flash.
fn sizes(printed: &str) -> Option<(usize, usize)> {
    let mut columns = printed.lines().nth(1)?.split_whitespace();
    let code = columns.next()?.parse().ok()?;
    let data = columns.next()?.parse().ok()?;
    Some((code, data))
}
