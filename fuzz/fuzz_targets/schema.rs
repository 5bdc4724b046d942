//! Runs `messi_fuzz::Schemas::read` with libFuzzer.

#![no_main]

use std::sync::{LazyLock, Mutex};

use messi_fuzz::Schemas;

/// The temporary directory that all inputs share.
static SCHEMAS: LazyLock<Mutex<Schemas>> = LazyLock::new(|| {
    Mutex::new(Schemas::new().expect("the system has a directory for temporary files"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    SCHEMAS
        .lock()
        .expect("libFuzzer ends the process at the first panic")
        .read(data);
});
