//! The program that is open in the editor.

use std::fs;
use std::path::{Path, PathBuf};

/// The files of the program, which depends on messi as the programs of users do.
const FILES: [(&str, &str); 11] = [
    ("src/main.rs", include_str!("program/main.rs")),
    ("src/room.proto", include_str!("program/room.proto")),
    ("src/typing.rs", include_str!("program/typing.rs")),
    ("src/required.rs", include_str!("program/required.rs")),
    ("src/notes.rs", include_str!("program/notes.rs")),
    ("src/notes.proto", include_str!("program/notes.proto")),
    ("src/lost.rs", include_str!("program/lost.rs")),
    ("src/east/mod.rs", include_str!("program/twice.rs")),
    ("src/east/twice.proto", include_str!("program/notes.proto")),
    ("src/west/mod.rs", include_str!("program/twice.rs")),
    ("src/west/twice.proto", include_str!("program/notes.proto")),
];

/// The directory of the program.
#[derive(Debug)]
pub(crate) struct Program(PathBuf);

impl Program {
    /// Writes the program to a directory, which also keeps the build output of rust-analyzer.
    pub(crate) fn create() -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editors");
        let program = Self(directory);
        for (path, text) in FILES {
            program.write(path, text);
        }
        let manifest = include_str!("program/Cargo.toml");
        let manifest = manifest.replace("MESSI", env!("CARGO_MANIFEST_DIR"));
        program.write("Cargo.toml", &manifest);
        // The versions that were built for the tests, which can be had without a network.
        program.write("Cargo.lock", include_str!("../../Cargo.lock"));
        program
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        let directory = path.parent().expect("a directory");
        fs::create_dir_all(directory).expect("a directory to write to");
        fs::write(path, text).expect("a file to write to");
    }

    /// Reads a file.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).expect("a file of the program")
    }

    /// Returns the source files and their texts.
    pub(crate) fn source_files() -> impl Iterator<Item = (&'static str, &'static str)> {
        FILES.into_iter().filter(|(path, _)| path.ends_with(".rs"))
    }

    /// Returns the address of a file.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("file://{}", self.0.join(path).display())
    }

    /// Returns the directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.0
    }
}
