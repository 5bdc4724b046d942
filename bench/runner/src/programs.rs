//! The programs of the peers.

use std::path::PathBuf;
use std::process::Command;

use crate::catalogue::{Peer, Program};
use crate::{Result, bench_directory};

/// Builds the programs of peers.
pub fn build(peers: &[Peer]) -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .current_dir(bench_directory())
        .args(["build", "--release", "--locked"]);
    for program in peers.iter().flat_map(|peer| [peer.client, peer.server]) {
        command.args(["--package", program.package]);
    }
    match command.status()?.success() {
        true => Ok(()),
        false => Err("building the peers failed".into()),
    }
}

/// Returns the path of a built program.
pub fn path(program: Program) -> PathBuf {
    let directory = bench_directory().join("target/release");
    directory.join(program.package)
}
