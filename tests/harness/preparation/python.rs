//! Python environments, with packages from the index that the machine is configured to use.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Unprepared, run};

/// Messages of pip if it can't reach its index, unlike those for a missing package.
const SIGNS_OF_NO_NETWORK: [&str; 5] = [
    "connection broken by",
    "Max retries exceeded",
    "Failed to establish a new connection",
    "ReadTimeoutError",
    "ProxyError",
];

/// Returns a text that identifies the interpreter. Environments of one don't work with another.
pub(crate) fn identify() -> Result<String, Unprepared> {
    run(Command::new("python3").args(["-c", "import sys; print(sys.version, sys.base_prefix)"]))
}

/// Returns the interpreter of the environment in a directory.
pub(crate) fn interpreter(directory: &Path) -> PathBuf {
    directory.join("environment/bin/python")
}

/// Creates an environment in a directory.
pub(crate) fn create_environment(directory: &Path) -> Result<(), Unprepared> {
    let created = run(Command::new("python3")
        .args(["-m", "venv", "environment"])
        .current_dir(directory));

    match created {
        // Some distributions package it apart from the interpreter.
        Err(Unprepared::Broken(output)) if output.contains("ensurepip") => {
            Err(Unprepared::Missing("the venv module of python3".to_owned()))
        }
        other => other.map(drop),
    }
}

/// Installs packages into the environment, unless the options name another place.
pub(crate) fn install(
    python: &Path,
    options: &[&str],
    packages: &[&str],
) -> Result<(), Unprepared> {
    let installed = run(Command::new(python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
        ])
        .args(["--retries", "2"])
        .args(options)
        .args(packages));

    match installed {
        Err(Unprepared::Broken(output)) if is_about_network(&output) => Err(Unprepared::Missing(
            "a package index that pip can reach".to_owned(),
        )),
        other => other.map(drop),
    }
}

fn is_about_network(output: &str) -> bool {
    SIGNS_OF_NO_NETWORK.iter().any(|sign| output.contains(sign))
}
