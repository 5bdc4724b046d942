//! How much flash of a microcontroller the codec takes.

use std::process::Command;

use crate::Test;
use crate::compiler::{WARNINGS, supports};
use crate::compilers::{CORTEX_M4, CORTEX_M4_OPTIONS, flash, test_program};
use crate::directory::Generated;
use crate::preparation::{Unprepared, run};
use crate::programs::CHAT;

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
    supports(CORTEX_M4, &CORTEX_M4_OPTIONS)?;
    let generated = Generated::new(schemas)?;
    let executable = generated.path().join("program");
    run(Command::new(CORTEX_M4)
        .args(WARNINGS)
        .args(CORTEX_M4_OPTIONS)
        .arg("-I")
        .arg(generated.path())
        .arg(test_program(program))
        .args(generated.sources())
        .arg("-o")
        .arg(&executable))?;
    let size = flash(&executable)?;
    assert!(
        size <= limit,
        "{program} takes {size} bytes of flash, more than {limit}"
    );
    Ok(())
}
