//! Makes `chat.rs` of `chat.proto`.

use messi_codegen::{CompileError, Config};

fn main() -> Result<(), CompileError> {
    Config::new()
        .include("../chat")
        .derive("Eq, Hash")
        .compile("chat.proto")
}
