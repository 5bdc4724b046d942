//! Fetches the original's generators, and the C runtimes that generated code needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::preparation::{Cache, Unprepared, python, run};

/// The last versions that generate C for the available runtimes.
const GENERATORS: [&str; 2] = ["messi==0.26.0", "pbtools==0.33.0"];

/// The last versions with the C runtimes in their packages.
const RUNTIMES: [&str; 2] = ["messi==0.21.1", "pbtools==0.32.1"];

/// The compiled files of [`RUNTIMES`], with their SHA-256.
const RUNTIME_FILES: [(&str, &str); 4] = [
    (
        "messi/c_source/messi.c",
        "2569435f8e53c540f070c78ecf1a53751399a97638b83e3f5f29ca8ff9fb58d2",
    ),
    (
        "messi/c_source/messi.h",
        "3aa5715f8854a2da9704135c68bf2fc980c3dbd9da728ba5c13d1cbe6253b659",
    ),
    (
        "pbtools/c_source/pbtools.c",
        "9a9c691818890c6cd53b41e674ce0fbb3046a68f3b21ee06c2b8fbb382467cec",
    ),
    (
        "pbtools/c_source/pbtools.h",
        "30c5a83448072e260f8b20109d31ae3a3ac36c14f277759cb92c34c798c9288e",
    ),
];

/// A program that prints the SHA-256 of each file of its arguments, one per line.
const PRINT_SHA256: &str = "
import hashlib, sys
for path in sys.argv[1:]:
    print(hashlib.sha256(open(path, 'rb').read()).hexdigest())
";

/// The paths of the tools.
#[derive(Debug)]
pub(super) struct Tools {
    /// An interpreter with the generators.
    pub(super) python: PathBuf,
    /// The directory of [`RUNTIME_FILES`].
    pub(super) runtimes: PathBuf,
}

/// Returns the tools, and fetches them if necessary.
pub(super) fn fetch(cache: &Cache) -> Result<Tools, Unprepared> {
    // First the cheap checks, of programs that no package index has.
    run(Command::new("gcc").arg("--version"))?;
    let interpreter = python::identify()?;
    let inputs = (interpreter, GENERATORS, RUNTIMES, RUNTIME_FILES);
    let directory = cache.directory("tools", inputs, fill)?;

    Ok(Tools::within(&directory))
}

impl Tools {
    fn within(directory: &Path) -> Self {
        Self {
            python: python::interpreter(directory),
            runtimes: directory.join("runtimes"),
        }
    }
}

fn fill(directory: &Path) -> Result<(), Unprepared> {
    eprintln!("fetching the original Messi, once");
    let tools = Tools::within(directory);
    python::create_environment(directory)?;
    python::install(&tools.python, &[], &GENERATORS)?;
    let target = tools.runtimes.to_string_lossy();
    python::install(
        &tools.python,
        &["--no-deps", "--target", &target],
        &RUNTIMES,
    )?;
    verify(&tools)
}

fn verify(tools: &Tools) -> Result<(), Unprepared> {
    let (files, expected): (Vec<_>, Vec<_>) = RUNTIME_FILES.into_iter().unzip();
    let printed = run(Command::new(&tools.python)
        .args(["-c", PRINT_SHA256])
        .args(&files)
        .current_dir(&tools.runtimes))?;
    let found: Vec<_> = printed.lines().collect();

    if found == expected {
        Ok(())
    } else {
        Err(Unprepared::Broken(format!(
            "the SHA-256 of {files:?} are {found:?}, but should be {expected:?}"
        )))
    }
}
