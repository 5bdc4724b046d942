//! Measures how long the macro takes for a schema, the command behind `bench/expand`: from its
//! arguments to its expansion, files read. In an unoptimised build, as a user's macros are.
//!
//! Tokens are those that `proc_macro2` has outside of a compiler. A compiler's own go through a
//! bridge, so that an expansion inside one costs more.

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

/// The time of one expansion.
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
