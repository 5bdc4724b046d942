//! Generates the service, with a protoc that comes from a crate.

use std::env;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The process has no other thread yet.
    unsafe { env::set_var("PROTOC", protoc_bin_vendored::protoc_bin_path()?) };
    println!("cargo:rerun-if-changed=../proto");
    tonic_prost_build::configure().compile_protos(&["shop_service.proto"], &["../proto"])?;
    Ok(())
}
