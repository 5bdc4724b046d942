//! Runs `messi_fuzz::connection` with libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| messi_fuzz::connection(data));
