//! The sources around the generated code, which are the same for the original's code and ours.

use std::fs;
use std::path::{Path, PathBuf};

use crate::preparation::{Unprepared, broken};

/// The schema of the chat example, from which the Rust side is expanded too.
const SCHEMA: &str = "examples/chat/chat.proto";

/// The directory of the sources.
const PEERS: &str = "tests/interop/peers";

/// The compiled files of [`PEERS`], and their headers.
const COMPILED: [&str; 4] = ["chat_client.c", "chat_server.c", "script.c", "script.h"];

/// Returns the path of the schema.
pub(super) fn schema() -> PathBuf {
    in_package(SCHEMA)
}

/// Returns the path of a file around the generated code.
pub(crate) fn in_peers(name: &str) -> PathBuf {
    in_package(PEERS).join(name)
}

/// Returns the content of the compiled files.
pub(super) fn compiled() -> Result<Vec<String>, Unprepared> {
    COMPILED.iter().map(|name| read(&in_peers(name))).collect()
}

/// Returns the content of a file.
pub(super) fn read(path: &Path) -> Result<String, Unprepared> {
    fs::read_to_string(path).map_err(|error| broken("read", path, &error))
}

fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
