//! Builds of the programs in `bench/users`.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde::Serialize;
use work::cpu_of_children;

use crate::Result;

/// The line of the schema that an edit replaces.
const MARKER: &str = "    // An edit adds a field here.\n";

/// What one build has cost.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    pub seconds: f64,
    /// User and system, of all processes.
    pub cpu_seconds: f64,
}

/// A copy of the programs, to be edited.
#[derive(Debug)]
pub struct Project {
    directory: PathBuf,
    /// The schema as it was written.
    schema: String,
    edits: Cell<usize>,
}

impl Project {
    /// Copies the programs to a directory beside theirs, so that relative paths go on to lead where
    /// they should. What was built there before is removed.
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
            false => Err("the schema has no place to edit".into()),
        }
    }

    /// Has everything on this machine that a build needs.
    pub fn fetch(&self) -> Result<()> {
        self.cargo(&["fetch", "--locked"]).map(drop)
    }

    /// Builds a program, with everything that it needs.
    pub fn build_clean(&self, program: &str) -> Result<Cost> {
        let target = self.target(program);
        if target.exists() {
            fs::remove_dir_all(target)?;
        }
        self.build(program, &[])
    }

    /// Builds a program again, after one of its messages was given another field.
    pub fn build_edited(&self, program: &str) -> Result<Cost> {
        let edit = self.edits.get() + 1;
        self.edits.set(edit);
        let field = format!("    string added_{edit} = 3;\n");
        let schema = self.schema.replacen(MARKER, &field, 1);
        fs::write(self.directory.join("proto/shop.proto"), schema)?;
        self.build(program, &[])
    }

    /// The size of a program as it would be shipped.
    pub fn stripped_bytes(&self, program: &str) -> Result<u64> {
        self.build(program, &["--release"])?;
        let path = self.target(program).join("release").join(package(program));
        Ok(fs::metadata(path)?.len())
    }

    /// Each has its own, since both need some of the same packages.
    fn target(&self, program: &str) -> PathBuf {
        self.directory.join("target").join(program)
    }

    fn build(&self, program: &str, options: &[&str]) -> Result<Cost> {
        let target = self.target(program);
        let package = package(program);
        let mut arguments = vec!["build", "--locked", "--offline", "--package", &package];
        arguments.extend(["--target-dir", target.to_str().ok_or("not a usual path")?]);
        arguments.extend(options);
        self.cargo(&arguments)
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Cost> {
        let (begin, cpu) = (Instant::now(), cpu_of_children());
        let status = Command::new("cargo")
            .current_dir(&self.directory)
            .args(["--quiet"])
            .args(arguments)
            .status()?;
        match status.success() {
            true => Ok(Cost {
                seconds: begin.elapsed().as_secs_f64(),
                cpu_seconds: (cpu_of_children() - cpu).as_secs_f64(),
            }),
            false => Err(format!("cargo {} has failed", arguments.join(" ")).into()),
        }
    }
}

fn package(program: &str) -> String {
    format!("user-{program}")
}

/// Copies all but what was built.
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
