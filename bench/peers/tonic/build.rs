//! Generates the service with the `protoc` of the crate protoc-bin-vendored.

use std::env;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // SAFETY: no other thread is running yet.
    unsafe { env::set_var("PROTOC", protoc_bin_vendored::protoc_bin_path()?) };
    println!("cargo:rerun-if-changed=../../proto");
    tonic_prost_build::configure().compile_protos(&["chat_service.proto"], &["../../proto"])?;
    Ok(())
}
