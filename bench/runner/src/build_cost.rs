//! Measures builds of the programs in `bench/users`.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use serde::Serialize;
use work::cpu_of_children;

use crate::Result;

/// The line of the schema that an edit replaces by a field.
const MARKER: &str = "    // An edit adds a field here.\n";

/// The cost of one build.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    pub seconds: f64,
    /// The user and system time of all processes.
    pub cpu_seconds: f64,
}

/// An editable copy of the programs.
#[derive(Debug)]
pub struct Project {
    directory: PathBuf,
    /// The schema before any edit.
    schema: String,
    edits: Cell<usize>,
}

impl Project {
    /// Copies the programs to `to`, and removes an earlier copy. The directory must be beside `from`, so
    /// that relative paths stay valid.
    pub fn copy(from: &Path, to: PathBuf) -> Result<Self> {
        if to.exists() {
            fs::remove_dir_all(&to)?;
        }
        copy_directory(from, &to)?;
        let project = Self {
            schema: fs::read_to_string(from.join("proto/shop.proto"))?,
            directory: to,
            edits: Cell::new(0),
        };
        match project.schema.contains(MARKER) {
            true => Ok(project),
            false => Err("the schema has no line to edit".into()),
        }
    }

    /// Downloads the dependencies, so that builds need no network.
    pub fn fetch(&self) -> Result<()> {
        self.cargo(&["fetch", "--locked"]).map(drop)
    }

    /// Builds a program and its dependencies from scratch.
    pub fn build_clean(&self, program: &str) -> Result<Cost> {
        let target = self.target(program);
        if target.exists() {
            fs::remove_dir_all(target)?;
        }
        self.build(program, &[])
    }

    /// Builds a program again after adding a field to the schema.
    pub fn build_edited(&self, program: &str) -> Result<Cost> {
        let edit = self.edits.get() + 1;
        self.edits.set(edit);
        let field = format!("    string added_{edit} = 3;\n");
        let schema = self.schema.replacen(MARKER, &field, 1);
        fs::write(self.directory.join("proto/shop.proto"), schema)?;
        self.build(program, &[])
    }

    /// Returns the size of the stripped release build of a program.
    pub fn stripped_bytes(&self, program: &str) -> Result<u64> {
        self.build(program, &["--release"])?;
        let path = self.target(program).join("release").join(package(program));
        Ok(fs::metadata(path)?.len())
    }

    /// Returns the target directory of a program. A shared one would share dependencies, too.
    fn target(&self, program: &str) -> PathBuf {
        self.directory.join("target").join(program)
    }

    /// Builds a program, and returns the cost.
    fn build(&self, program: &str, options: &[&str]) -> Result<Cost> {
        let target = self.target(program);
        let package = package(program);
        let mut arguments = vec!["build", "--locked", "--offline", "--package", &package];
        let target = target.to_str().ok_or("the path is not UTF-8")?;
        arguments.extend(["--target-dir", target]);
        arguments.extend(options);
        self.cargo(&arguments)
    }

    /// Runs cargo for the copy, and returns the cost.
    fn cargo(&self, arguments: &[&str]) -> Result<Cost> {
        let (begin, cpu) = (Instant::now(), cpu_of_children());
        let status = Command::new("cargo")
            // Outside of the repository, whose `.cargo/config.toml` has a profile for its tests.
            .current_dir(env::temp_dir())
            .args(["--quiet"])
            .args(arguments)
            .arg("--manifest-path")
            .arg(self.directory.join("Cargo.toml"))
            .status()?;
        match status.success() {
            true => Ok(Cost {
                seconds: begin.elapsed().as_secs_f64(),
                cpu_seconds: (cpu_of_children() - cpu).as_secs_f64(),
            }),
            false => Err(format!("cargo {} failed", arguments.join(" ")).into()),
        }
    }
}

fn package(program: &str) -> String {
    format!("user-{program}")
}

/// Copies a directory without build output.
fn copy_directory(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            fs::copy(entry.path(), target)?;
        } else if entry.file_name() != "target" {
            copy_directory(&entry.path(), &target)?;
        }
    }
    Ok(())
}
