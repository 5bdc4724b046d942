//! The comparison with Google's protobuf.

use std::path::Path;
use std::process::Command;

use crate::compiler::{compile, supports};
use crate::compilers::{SANITIZERS, test_program};
use crate::directory::Generated;
use crate::preparation::{Cache, Unprepared, python, run};
use crate::programs::KITCHEN;
use crate::{Test, setting};

/// The package and its version.
const PACKAGE: &str = "protobuf==6.33.6";

pub(crate) const TESTS: &[Test] = &[(
    "messages_are_decoded_and_encoded_as_by_google",
    differential,
)];

fn differential() -> Result<(), Unprepared> {
    supports("gcc", &SANITIZERS)?;
    let cache = Cache::open()?;
    let environment = cache.directory("protobuf", (python::identify()?, PACKAGE), |directory| {
        eprintln!("fetching Google's protobuf, once");
        python::create_environment(directory)?;
        python::install(&python::interpreter(directory), &[], &[PACKAGE])
    })?;
    let generated = Generated::new(KITCHEN)?;
    let descriptors = generated.path().join("descriptors");
    write_descriptors(&descriptors)?;
    let options = [&SANITIZERS[..], &["-DMESSI_CONFIG_UTF8=1"]].concat();
    let executable = compile(&generated, "transcode.c", &options)?;
    run(Command::new(python::interpreter(&environment))
        .arg(test_program("differential.py"))
        .arg(&descriptors)
        .arg(&executable)
        .arg(setting("MESSI_MESSAGES", 2_000).to_string())
        .arg(setting("MESSI_SEED", 1).to_string()))
    .map(drop)
}

/// Writes the schema and its imports as a `FileDescriptorSet`.
fn write_descriptors(to: &Path) -> Result<(), Unprepared> {
    let missing = |_| Unprepared::Missing("a protoc for this system".to_owned());
    let compiler = protoc_bin_vendored::protoc_bin_path().map_err(missing)?;
    let bundled = protoc_bin_vendored::include_path().map_err(missing)?;
    run(Command::new(compiler)
        .arg("--include_imports")
        .arg("-I")
        .arg(test_program(""))
        .arg("-I")
        .arg(bundled)
        .arg("--descriptor_set_out")
        .arg(to)
        .arg("kitchen.proto"))
    .map(drop)
}
