//! Builds of programs that depend on messi with other features than the tests have.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Returns a cargo command that builds for this machine, into a directory that all such builds share.
///
/// `trybuild` builds in the same way into the same directory: with a named platform, and not incrementally. Only so does
/// cargo find what is already there, above all syn and the macros that depend on it.
pub(crate) fn build(subcommand: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.env("CARGO_INCREMENTAL", "0");
    cargo.args([subcommand, "--quiet", "--offline"]);
    cargo.args(["--target", platform()]);
    cargo.arg("--target-dir").arg(target_directory());
    cargo
}

/// Returns the directory of the programs that are built.
pub(crate) fn programs() -> PathBuf {
    target_directory().join(platform()).join("debug")
}

/// Returns the platform of the compiler, which is asked once.
pub(crate) fn platform() -> &'static str {
    static PLATFORM: LazyLock<String> = LazyLock::new(|| {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(rustc).arg("-vV").output();
        let version = String::from_utf8(output.expect("a compiler").stdout).expect("UTF-8");
        let mut lines = version.lines();
        let platform = lines.find_map(|line| line.strip_prefix("host: "));
        platform.expect("a platform").into()
    });
    &PLATFORM
}

fn target_directory() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    target.expect("a directory").join("tests/trybuild")
}
