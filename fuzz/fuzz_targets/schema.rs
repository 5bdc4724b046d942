//! Schemas, for libFuzzer.

#![no_main]

use std::sync::{LazyLock, Mutex};

use messi_fuzz::Schemas;

/// One directory for all of them.
static SCHEMAS: LazyLock<Mutex<Schemas>> =
    LazyLock::new(|| Mutex::new(Schemas::new().expect("there are temporary files")));

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    SCHEMAS.lock().expect("a panic ends the process").read(data);
});
