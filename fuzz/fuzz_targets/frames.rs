//! Streams of frames, for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| messi_fuzz::frames(data));
