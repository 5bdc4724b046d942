//! A program that depends on `messi` with a set of features.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::metadata::{Metadata, output};
use crate::{ROOT, cargo};

/// Held while there is a program: the next one may be written to the same place.
static TURN: Mutex<()> = Mutex::new(());

/// A program. There is one at a time.
pub(crate) struct Program {
    package: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Program {
    /// Writes a program without default features. `features` separates them by commas.
    pub(crate) fn new(features: &str) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join(features.replace(", ", "-"));
        fs::create_dir_all(package.join("src")).unwrap();
        let copy = |from: &str, to: &str| {
            fs::copy(Path::new(ROOT).join(from), package.join(to)).unwrap();
        };
        copy("tests/dependencies/program/main.rs", "src/main.rs");
        copy("examples/chat/chat.proto", "chat.proto");
        // So that the versions are those that have been downloaded.
        copy("Cargo.lock", "Cargo.lock");
        fs::write(package.join("Cargo.toml"), manifest(features)).unwrap();
        Self {
            package,
            _turn: turn,
        }
    }

    /// Returns the crates that it has through `messi`, which is one of them.
    pub(crate) fn crates(&self) -> HashSet<String> {
        let metadata = Metadata::load(&self.package);
        let crates = metadata.dependencies("messi");
        crates.into_iter().map(String::from).collect()
    }

    /// Returns the versions of a crate that are built for it through `messi`.
    pub(crate) fn versions(&self, name: &str) -> Vec<String> {
        let metadata = Metadata::load(&self.package);
        let versions = metadata.versions("messi", name);
        versions.into_iter().map(String::from).collect()
    }

    /// Builds and runs it, and returns its output.
    pub(crate) fn run(&self) -> String {
        let output = output(cargo::build("run").current_dir(&self.package));
        String::from_utf8(output).expect("UTF-8")
    }
}

/// Returns the manifest of a program. It has a feature `tokio` if it has tokio.
fn manifest(features: &str) -> String {
    let is_on_tokio = features.split(", ").any(|feature| feature == "tokio");
    let (default, tokio) = if is_on_tokio {
        (
            r#""tokio""#,
            r#"tokio = { version = "1", features = ["net", "rt-multi-thread", "time"] }"#,
        )
    } else {
        ("", "")
    };
    let features = features.replace(", ", r#"", ""#);
    format!(
        r#"[package]
name = "program"
edition = "2024"

[features]
default = [{default}]
tokio = []

[dependencies]
futures = {{ version = "0.3", default-features = false, features = ["executor", "std"] }}
messi = {{ path = {ROOT:?}, default-features = false, features = ["{features}"] }}
{tokio}

[workspace]
"#
    )
}
