//! Measures the time from the macro's arguments to its expansion, with the reading of the schema: the
//! command behind `bench/expand`. The build is not optimised, like the macros in a user's build.
//!
//! Outside the compiler, `proc_macro2` has tokens of its own. Inside the compiler, tokens pass through a
//! bridge, so that an expansion takes longer there.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use messi_codegen::Locations;
use proc_macro2::TokenStream;
use quote::quote;

const WARM_UP: usize = 20;
const REPEATS: usize = 201;

fn main() {
    let expansion = expand().to_string();
    assert!(!expansion.contains("compile_error"), "{expansion}");
    for _ in 0..WARM_UP {
        time();
    }
    let mut times: Vec<Duration> = (0..REPEATS).map(|_| time()).collect();
    times.sort();
    let [fastest, median, slowest] = [0, REPEATS / 2, REPEATS - 1].map(|index| times[index]);
    println!("40 messages: median {median:.1?}, fastest {fastest:.1?}, slowest {slowest:.1?}");
}

/// Expands the macro once, and returns the time.
fn time() -> Duration {
    let start = Instant::now();
    black_box(expand());
    start.elapsed()
}

fn expand() -> TokenStream {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../users/proto");
    let locations = Locations::new(None, Path::new(""), &schemas);
    messi_codegen::protocol(quote!("shop.proto"), |_| locations)
}
