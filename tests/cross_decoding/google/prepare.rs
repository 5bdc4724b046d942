//! Installs Google's protobuf for Python, and compiles the schemas for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::preparation::{Cache, Unprepared, broken, python, run};

/// The package and its version.
const PACKAGE: &str = "protobuf==6.33.6";

/// The directory of the schemas, and their names in it, with those of their imports there.
const DIRECTORY: &str = "tests/proto";
const SCHEMAS: [&str; 3] = ["kitchen_sink.proto", "carrier.proto", "all_types.proto"];

/// The prepared files.
pub(super) struct Prepared {
    pub(super) python: PathBuf,
    /// The schemas and their imports as a `FileDescriptorSet`.
    pub(super) descriptors: PathBuf,
}

/// Returns the files. The first call prepares them.
pub(super) fn prepared() -> Result<&'static Prepared, Unprepared> {
    static PREPARED: OnceLock<Result<Prepared, Unprepared>> = OnceLock::new();

    PREPARED.get_or_init(prepare).as_ref().map_err(Clone::clone)
}

fn prepare() -> Result<Prepared, Unprepared> {
    if !cfg!(unix) {
        return Err(Unprepared::Unsupported(
            "the Python process uses an alarm of Unix to end if it hangs",
        ));
    }
    let cache = Cache::open()?;
    let environment = cache.directory("protobuf", (python::identify()?, PACKAGE), |directory| {
        eprintln!("fetching Google's protobuf, once");
        python::create_environment(directory)?;
        python::install(&python::interpreter(directory), &[], &[PACKAGE])
    })?;
    let mut texts = Vec::new();
    for schema in SCHEMAS {
        let path = in_package(DIRECTORY).join(schema);
        texts.push(fs::read(&path).map_err(|error| broken("read", &path, &error))?);
    }
    let compiled = cache.directory("descriptors", texts, compile)?;

    Ok(Prepared {
        python: python::interpreter(&environment),
        descriptors: compiled.join("descriptors"),
    })
}

/// Returns the path of the program that the process runs.
pub(super) fn script() -> PathBuf {
    in_package("tests/cross_decoding/peer.py")
}

fn compile(directory: &Path) -> Result<(), Unprepared> {
    let missing = |_| Unprepared::Missing("a protoc for this system".to_owned());
    let compiler = protoc_bin_vendored::protoc_bin_path().map_err(missing)?;
    let bundled = protoc_bin_vendored::include_path().map_err(missing)?;
    run(Command::new(compiler)
        .arg("--include_imports")
        .arg("-I")
        .arg(in_package(DIRECTORY))
        .arg("-I")
        .arg(bundled)
        .arg("--descriptor_set_out")
        .arg(directory.join("descriptors"))
        .args(SCHEMAS))
    .map(drop)
}

fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
