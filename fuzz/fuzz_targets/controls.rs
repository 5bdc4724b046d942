//! Runs `messi_fuzz::controls` with libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _is_known = messi_fuzz::controls(data);
});
