//! The examples in a package of their own, changed as little as a program on tokio needs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Its examples are those that the tests run.
const MANIFEST: &str = r#"
[package]
name = "on-tokio"
edition = "2024"
autoexamples = false

[dependencies]
async-signal = { version = "0.2", default-features = false }
async-std = "1.13"
futures = "0.3"
tokio = { version = "1", features = ["rt-multi-thread"] }

[[example]]
name = "my_protocol"
path = "examples/my_protocol.rs"

[[example]]
name = "chat_client"
path = "examples/chat/client.rs"

[[example]]
name = "chat_server"
path = "examples/chat/server.rs"

[[example]]
name = "fleet_server"
path = "examples/fleet/server.rs"

[[example]]
name = "fleet_vehicle"
path = "examples/fleet/vehicle.rs"

[workspace]

[dependencies.messi]
default-features = false
features = ["tokio"]
"#;

/// The call in the main functions, and the one that replaces it.
const BLOCK_ON: &str = "async_std::task::block_on(run())";
const BLOCK_ON_TOKIO: &str = "tokio::runtime::Runtime::new().unwrap().block_on(run())";

/// Builds the examples, and returns the directory of the programs.
pub(crate) fn build() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("on-tokio");
    copy(
        &Path::new(ROOT).join("examples"),
        &directory.join("examples"),
    );
    fs::create_dir_all(directory.join("src")).unwrap();
    fs::write(directory.join("src/lib.rs"), "").unwrap();
    // So that the versions are those that have been downloaded.
    fs::copy(
        Path::new(ROOT).join("Cargo.lock"),
        directory.join("Cargo.lock"),
    )
    .unwrap();
    let manifest = format!("{MANIFEST}path = {ROOT:?}\n");
    fs::write(directory.join("Cargo.toml"), manifest).unwrap();
    let mut build = cargo::build("build");
    build.arg("--examples").current_dir(&directory);
    assert!(build.status().unwrap().success());
    cargo::programs().join("examples")
}

/// Copies a directory. The main functions run on tokio, and so does everything that they start.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            copy(&from, &to);
        } else if from.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(from).unwrap();
            fs::write(to, source.replace(BLOCK_ON, BLOCK_ON_TOKIO)).unwrap();
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}
