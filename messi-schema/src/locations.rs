//! The directories of schemas.

use std::path::{Path, PathBuf};

use crate::diagnostics::Diagnostics;

/// The program that reads a schema. Problems with paths name its root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reader {
    /// A macro or a build script of a crate.
    #[default]
    Crate,
    /// A command in a shell.
    Command,
}

/// The directories that the path of a schema is relative to.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    /// The program that reads the schema.
    pub reader: Reader,
    /// The directory of the source file that names the schema, if it is known.
    pub source_directory: Option<PathBuf>,
    /// The directory of the crate's `Cargo.toml`, or the working directory of a command.
    pub root: PathBuf,
    /// Further directories of the schema and its imports, searched last. Their paths are relative to
    /// either of the two above.
    pub include: Vec<PathBuf>,
}

impl Locations {
    /// Creates the locations for a macro. The path of the source file that invokes it may be unknown,
    /// and is usually relative to the compiler's working directory.
    pub fn new(source_file: Option<&Path>, working_directory: &Path, crate_root: &Path) -> Self {
        let directory = source_file.and_then(Path::parent);
        Self {
            source_directory: directory.map(|directory| working_directory.join(directory)),
            root: crate_root.into(),
            ..Self::default()
        }
    }

    /// Creates the locations for a command in its working directory, with its import paths.
    pub fn of_command(import_paths: Vec<PathBuf>) -> Self {
        Self {
            reader: Reader::Command,
            include: import_paths,
            ..Self::default()
        }
    }

    /// Returns the file that the path of a schema leads to, if it and all directories to include exist.
    ///
    /// ```
    /// use messi_schema::Locations;
    ///
    /// assert_eq!(Locations::default().find("missing.proto"), None);
    /// ```
    pub fn find(&self, schema: &str) -> Option<PathBuf> {
        let mut diagnostics = Diagnostics::default();
        let included = self.included(&mut diagnostics);
        let candidates = self.candidates(schema, &included).into_iter();
        let mut found = candidates.filter(|candidate| candidate.is_file());
        found.next().filter(|_| diagnostics.is_empty())
    }

    /// Returns the places that a schema may be at, in the order of their search.
    pub(crate) fn candidates(&self, schema: &str, included: &[PathBuf]) -> Vec<PathBuf> {
        let included = included.iter().map(|directory| directory.join(schema));
        distinct(self.resolve(schema.as_ref()).into_iter().chain(included))
    }

    /// Returns the places that a path may mean, in the order of their search.
    fn resolve(&self, path: &Path) -> Vec<PathBuf> {
        let directories = self.source_directory.iter().chain([&self.root]);
        distinct(directories.map(|directory| directory.join(path)))
    }

    /// Explains the base directory of relative paths.
    pub(crate) fn help(&self) -> &'static str {
        match (self.reader, &self.source_directory) {
            (Reader::Command, _) => "the path is relative to the working directory",
            (Reader::Crate, Some(_)) => {
                "the path is relative to the invoking source file, or to the crate's Cargo.toml"
            }
            (Reader::Crate, None) => "the path is relative to the crate's Cargo.toml",
        }
    }

    /// Returns the directories to include, and reports those that do not exist.
    pub(crate) fn included(&self, diagnostics: &mut Diagnostics) -> Vec<PathBuf> {
        let mut included = Vec::new();
        for directory in &self.include {
            let candidates = self.resolve(directory);
            match candidates.iter().find(|candidate| candidate.is_dir()) {
                Some(found) => included.push(found.clone()),
                None => {
                    let (shown, tried) = (directory.display(), list(&candidates));
                    let message = format!(
                        "can't find the directory `{shown}` to include: it is not at {tried}"
                    );
                    diagnostics.report_anywhere(message, self.help());
                }
            }
        }
        included
    }
}

/// Removes repeated paths.
pub(crate) fn distinct(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut distinct = Vec::new();
    for path in paths {
        if !distinct.contains(&path) {
            distinct.push(path);
        }
    }
    distinct
}

/// Joins the paths that were tried.
pub(crate) fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    paths.join(" nor at ")
}
