//! Sets the directory that Cargo gives to tests alone: programs are fetched like by the tests.

use std::path::Path;
use std::{env, fs};

fn main() {
    let output = env::var_os("OUT_DIR").expect("Cargo sets it");
    // Without `release/build/<package>/out`.
    let target = Path::new(&output).ancestors().nth(4);
    let directory = target.expect("it is in the target directory").join("tmp");
    fs::create_dir_all(&directory).expect("the target directory can be written");
    println!(
        "cargo::rustc-env=CARGO_TARGET_TMPDIR={}",
        directory.display()
    );
    println!("cargo::rerun-if-changed=build.rs");
}
