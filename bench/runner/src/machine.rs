//! The machine and the versions that results depend on.

use std::fs;
use std::process::Command;

use serde::Serialize;

use crate::placement::cores;

/// The crates with versions in the results.
const CRATES: [&str; 9] = [
    "messi",
    "async-io",
    "async-std",
    "prost",
    "tokio",
    "tonic",
    "protosocket",
    "protosocket-server",
    "redis",
];

/// The lock file with the versions of all crates.
const LOCK_FILE: &str = include_str!("../../Cargo.lock");

/// The generators of the original's C code: see `peers/original/prepare.sh`.
const ORIGINAL: &str = "messi 0.26.0, pbtools 0.33.0";

/// The generator of the original's Python code, and the package of all Python code: see `peers/python/prepare.sh`.
const ORIGINAL_PYTHON: &str = "messi 0.29.0";
const PROTOBUF: &str = "7.36.2";

/// A machine and its tools.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub memory_mib: u64,
    pub kernel: String,
    pub rustc: String,
    pub gcc: String,
    pub python: String,
    /// The commit of the sources, with "-dirty" if there are uncommitted changes.
    pub commit: String,
    /// The names and versions of crates and tools.
    pub peers: Vec<(String, String)>,
}

impl Machine {
    /// Detects this machine. Unknown values are empty.
    pub fn detect() -> Self {
        let crates = CRATES.iter().filter_map(|name| {
            let version = locked_version(LOCK_FILE, name)?;
            Some((name.to_string(), version.to_owned()))
        });
        let others = [
            ("original", ORIGINAL),
            ("original-python", ORIGINAL_PYTHON),
            ("protobuf", PROTOBUF),
        ];
        let others = others.map(|(name, versions)| (name.to_owned(), versions.to_owned()));
        Self {
            processor: value("/proc/cpuinfo", "model name"),
            cores: cores().map_or(0, |cores| cores.len()),
            memory_mib: kib("/proc/meminfo", "MemTotal") / 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            rustc: first_line("rustc", &["--version"]),
            gcc: first_line("gcc", &["--version"]),
            python: first_line("python3", &["--version"]),
            commit: first_line("git", &["describe", "--always", "--dirty"]),
            peers: crates.chain(others).collect(),
        }
    }

    /// Formats the machine as a Markdown list.
    pub fn to_markdown(&self) -> String {
        let peers = self.peers.iter();
        let peers: Vec<_> = peers
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        format!(
            "- {} cores, {}, {} MiB, Linux {}\n- {}, {}, {}\n- commit {}; {}\n",
            self.cores,
            self.processor,
            self.memory_mib,
            self.kernel,
            self.rustc,
            self.gcc,
            self.python,
            self.commit,
            peers.join(", "),
        )
    }
}

/// Returns the version of a crate in a lock file, or the highest of several.
fn locked_version<'a>(lock_file: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("name = \"{name}\"\nversion = \"");
    let last = lock_file.rfind(&start)? + start.len();
    lock_file[last..].split('"').next()
}

/// Runs a program, and returns the first line of its output.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .current_dir(crate::bench_directory())
        .args(arguments)
        .output();
    let output = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    output
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Returns a value in kB of a file like `/proc/meminfo`.
fn kib(path: &str, key: &str) -> u64 {
    let value = value(path, key);
    let number = value.split(' ').next().unwrap_or_default();
    number.parse().unwrap_or(0)
}

/// Returns the first value of a key in a file with lines of the form `key: value`.
fn value(path: &str, key: &str) -> String {
    let text = read(path);
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(name, _)| name.trim() == key);
    found.map_or("", |(_, value)| value.trim()).to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_a_lock_file() {
        assert!(
            locked_version(LOCK_FILE, "tonic").is_some_and(|version| version.starts_with("0."))
        );
        assert_eq!(locked_version(LOCK_FILE, "no-such-crate"), None);
    }
}
