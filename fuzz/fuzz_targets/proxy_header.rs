//! Runs `messi_fuzz::proxy_header` with libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _is_header = messi_fuzz::proxy_header(data);
});
