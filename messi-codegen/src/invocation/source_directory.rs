//! Finds the directory of the source file that invokes the macro, where it is unknown.
//!
//! The compiler knows it, but rust-analyzer may expand macros without the paths of their files. The schema
//! itself then leads there: of all directories of the package with source files, it is the one from which the
//! path leads to a file.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use messi_schema::{Diagnostic, Locations};

/// The directories in which Cargo looks for the source files of a package.
const TARGETS: [&str; 4] = ["src", "tests", "examples", "benches"];

/// Sets the directory of the source file, if it is unknown. Where the path leads to no file, that is `src`, where
/// most source files are.
///
/// # Errors
///
/// The path leads to different files. The first one is taken, so that there are types all the same.
pub(super) fn complete(schema: &str, locations: &mut Locations) -> Result<(), Diagnostic> {
    if locations.source_directory.is_some() {
        return Ok(());
    }
    let mut found: Vec<(PathBuf, PathBuf)> = Vec::new();
    for directory in with_source_files(&locations.root) {
        locations.source_directory = Some(directory.clone());
        let Some(path) = locations.find(schema) else {
            continue;
        };
        // Several directories can lead to the same file.
        let path = path.canonicalize().unwrap_or(path);
        if found.iter().all(|(other, _)| *other != path) {
            found.push((path, directory));
        }
    }
    let first = found.first().map(|(_, directory)| directory.clone());
    locations.source_directory = first.or_else(|| Some(locations.root.join(TARGETS[0])));
    if found.len() > 1 {
        let files = found.iter().map(|(file, _)| file.as_path());
        return Err(ambiguous(schema, files, &locations.root));
    }
    Ok(())
}

/// Returns the directories of a package that can have source files. Those of other packages inside it are left
/// out.
fn with_source_files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending: Vec<PathBuf> = TARGETS.iter().map(|target| root.join(target)).collect();
    while let Some(directory) = pending.pop() {
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        let entries: Vec<DirEntry> = entries.collect();
        if entries.iter().any(|it| it.file_name() == "Cargo.toml") {
            continue;
        }
        // Links are not followed, as they may lead in a circle.
        let is_directory = |it: &&DirEntry| it.file_type().is_ok_and(|it| it.is_dir());
        pending.extend(entries.iter().filter(is_directory).map(DirEntry::path));
        let is_source = |it: &DirEntry| it.path().extension().is_some_and(|it| it == "rs");
        if entries.iter().any(is_source) {
            found.push(directory);
        }
    }
    found.push(root.to_path_buf());
    found.sort();
    found
}

fn ambiguous<'a>(schema: &str, files: impl Iterator<Item = &'a Path>, root: &Path) -> Diagnostic {
    let root = root.canonicalize().unwrap_or_else(|_| root.into());
    let files = files.map(|it| it.strip_prefix(&root).unwrap_or(it));
    let files: Vec<String> = files.map(|it| format!("`{}`", it.display())).collect();
    let message = format!(
        "found more than one schema `{schema}`: {}",
        files.join(", ")
    );
    let help = format!(
        "this editor hides which file calls the macro: write the path from Cargo.toml on, such as {}",
        files[0]
    );
    Diagnostic {
        message,
        location: None,
        source_line: None,
        help: Some(help),
    }
}
