//! The original's generators and the C runtimes that generated code needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Unprepared;
use super::cache::Cache;
use super::command::run;

/// The versions whose generated C compiles with runtimes that can be had; newer ones of either
/// break it.
const GENERATORS: [&str; 2] = ["messi==0.26.0", "pbtools==0.33.0"];

/// The last versions whose packages carry the C runtimes.
const RUNTIMES: [&str; 2] = ["messi==0.21.1", "pbtools==0.32.1"];

/// The files of [`RUNTIMES`] that are compiled, with their SHA-256.
const RUNTIME_FILES: [(&str, &str); 4] = [
    (
        "messi/c_source/messi.c",
        "2569435f8e53c540f070c78ecf1a53751399a97638b83e3f5f29ca8ff9fb58d2",
    ),
    (
        "messi/c_source/messi.h",
        "3aa5715f8854a2da9704135c68bf2fc980c3dbd9da728ba5c13d1cbe6253b659",
    ),
    (
        "pbtools/c_source/pbtools.c",
        "9a9c691818890c6cd53b41e674ce0fbb3046a68f3b21ee06c2b8fbb382467cec",
    ),
    (
        "pbtools/c_source/pbtools.h",
        "30c5a83448072e260f8b20109d31ae3a3ac36c14f277759cb92c34c798c9288e",
    ),
];

/// Prints the SHA-256 of each file named on the command line, one per line.
const PRINT_SHA256: &str = "
import hashlib, sys
for path in sys.argv[1:]:
    print(hashlib.sha256(open(path, 'rb').read()).hexdigest())
";

/// What pip prints when it can't reach its index, as opposed to not finding a package there.
const SIGNS_OF_NO_NETWORK: [&str; 5] = [
    "connection broken by",
    "Max retries exceeded",
    "Failed to establish a new connection",
    "ReadTimeoutError",
    "ProxyError",
];

/// The tools, where they are.
#[derive(Debug)]
pub(super) struct Tools {
    /// An interpreter with the generators.
    pub(super) python: PathBuf,
    /// The directory that [`RUNTIME_FILES`] are in.
    pub(super) runtimes: PathBuf,
}

/// Finds the tools, or fetches them.
pub(super) fn fetch(cache: &Cache) -> Result<Tools, Unprepared> {
    // First what is cheap to know: whether the machine has what no package index can give.
    run(Command::new("gcc").arg("--version"))?;
    let python = identify_python()?;
    let inputs = (python, GENERATORS, RUNTIMES, RUNTIME_FILES);
    let directory = cache.directory("tools", inputs, fill)?;

    Ok(Tools::within(&directory))
}

/// Environments of one interpreter don't work with another.
fn identify_python() -> Result<String, Unprepared> {
    run(Command::new("python3").args(["-c", "import sys; print(sys.version, sys.base_prefix)"]))
}

impl Tools {
    fn within(directory: &Path) -> Self {
        Self {
            python: directory.join("environment/bin/python"),
            runtimes: directory.join("runtimes"),
        }
    }
}

fn fill(directory: &Path) -> Result<(), Unprepared> {
    eprintln!("fetching the original Messi, once");
    let tools = Tools::within(directory);
    create_environment(directory)?;
    pip_install(&tools.python, &[], &GENERATORS)?;
    let target = tools.runtimes.to_string_lossy();
    pip_install(
        &tools.python,
        &["--no-deps", "--target", &target],
        &RUNTIMES,
    )?;
    verify(&tools)
}

fn create_environment(directory: &Path) -> Result<(), Unprepared> {
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

/// Installs from whatever index the machine is set up to use.
fn pip_install(python: &Path, options: &[&str], packages: &[&str]) -> Result<(), Unprepared> {
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

fn verify(tools: &Tools) -> Result<(), Unprepared> {
    let (files, expected): (Vec<_>, Vec<_>) = RUNTIME_FILES.into_iter().unzip();
    let printed = run(Command::new(&tools.python)
        .args(["-c", PRINT_SHA256])
        .args(&files)
        .current_dir(&tools.runtimes))?;
    let found: Vec<_> = printed.lines().collect();

    if found == expected {
        Ok(())
    } else {
        Err(Unprepared::Broken(format!(
            "the SHA-256 of {files:?} are {found:?}, but should be {expected:?}"
        )))
    }
}
