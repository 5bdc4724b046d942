//! Generates `chat.rs` from `chat.proto`.

use messi_codegen::{CompileError, Config};

fn main() -> Result<(), CompileError> {
    Config::new().derive("Eq, Hash").compile("chat.proto")
}
