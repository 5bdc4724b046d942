//! Runs `messi_fuzz::views` with libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _is_valid = messi_fuzz::views(data);
});
