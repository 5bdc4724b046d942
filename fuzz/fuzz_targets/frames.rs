//! Runs `messi_fuzz::frames` with libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| messi_fuzz::frames(data));
