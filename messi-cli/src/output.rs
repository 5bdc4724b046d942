//! The files that a command writes.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::depfile;
use crate::error::Error;

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GeneratedFile {
    /// The path in the output directory.
    pub(crate) name: String,
    /// The text.
    pub(crate) contents: String,
}

/// The files of one command. They are written together, so that a file with an error leaves no half-done
/// output.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// The text of each file and the schema that it was generated from, by its path in the directory.
    files: BTreeMap<String, (String, String)>,
    /// The files that were read.
    sources: Vec<PathBuf>,
}

impl Output {
    /// Adds the files that were generated from a schema, and the files that were read for it.
    ///
    /// # Errors
    ///
    /// Two schemas may share a file only if it is the same.
    pub(crate) fn add(
        &mut self,
        schema: &str,
        generated: Vec<GeneratedFile>,
        sources: Vec<PathBuf>,
    ) -> Result<(), Error> {
        for file in generated {
            if let Some((other, contents)) = self.files.get(&file.name)
                && *contents != file.contents
            {
                return Err(Error::SameFile {
                    file: file.name,
                    schemas: [other.clone(), schema.into()],
                });
            }
            self.files.insert(file.name, (schema.into(), file.contents));
        }
        for source in sources {
            if !self.sources.contains(&source) {
                self.sources.push(source);
            }
        }
        Ok(())
    }

    /// Writes the files into a directory, which is created if it does not exist, and returns their
    /// paths.
    pub(crate) fn write(&self, directory: &Path) -> Result<Vec<PathBuf>, Error> {
        let files = self.files.iter();
        files
            .map(|(name, (_, contents))| {
                let path = directory.join(name);
                write(&path, contents)?;
                Ok(path)
            })
            .collect()
    }

    /// Writes the rule that says which files the written ones depend on.
    pub(crate) fn write_depfile(&self, path: &Path, written: &[PathBuf]) -> Result<(), Error> {
        write(path, &depfile::rule(written, &self.sources))
    }

    /// Returns the paths of the files that were read.
    pub(crate) fn sources(&self) -> &[PathBuf] {
        &self.sources
    }
}

/// Writes a file, and creates its directory if it does not exist.
fn write(path: &Path, contents: &str) -> Result<(), Error> {
    let failed = |error: io::Error| Error::Write {
        path: path.into(),
        error,
    };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    fs::write(path, contents).map_err(failed)
}
