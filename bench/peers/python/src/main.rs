//! Becomes Python with the module of the workloads: the process stays the one that is measured.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use work::fail;

const PROGRAM: &str = "import sys, libbench_work; libbench_work.run(sys.argv[1])";

fn main() {
    let own = env::current_exe().unwrap_or_else(|error| fail(error));
    // Cargo writes the module beside the programs.
    let libraries = own.parent().expect("a program is in a directory");
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let path = env::join_paths([libraries, &programs]).unwrap_or_else(|error| fail(error));
    let python = Path::new(env!("DIRECTORY")).join("environment/bin/python");
    let error = Command::new(python)
        .args(["-c", PROGRAM])
        .args(env::args_os().skip(1))
        .env("PYTHONPATH", path)
        .exec();
    fail(format!("starting Python failed: {error}"))
}
