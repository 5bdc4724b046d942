//! What may happen to a connection, for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| messi_fuzz::connection(data));
