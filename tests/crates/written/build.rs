//! Generates code for schemas of every kind.

use messi_codegen::{BytesType, CompileError, Config};

fn main() -> Result<(), CompileError> {
    let config = Config::new().include("proto");
    config.compile("deprecated.proto")?;
    config.compile("requests.proto")?;
    config
        .clone()
        .bytes(BytesType::Bytes)
        .compile("kitchen_sink.proto")?;
    config
        .clone()
        .derive("Eq, Hash, PartialOrd, Ord")
        .compile("names.proto")?;
    config.compile("imports.proto")
}
