//! The command `messi`.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    messi_cli::run(env::args_os())
}
