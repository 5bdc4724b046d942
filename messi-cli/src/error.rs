//! The reasons why a command fails.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;

use messi_schema::SchemaError;

/// The reason why a command failed.
#[derive(Debug)]
pub(crate) enum Error {
    /// A file has problems.
    Schema(SchemaError),
    /// Two schemas generate different files of the same name.
    SameFile { file: String, schemas: [String; 2] },
    /// An argument is not possible with others.
    Unsupported(String),
    /// A directory can't be read.
    Directory { path: PathBuf, error: io::Error },
    /// Files of a directory have problems.
    Refused { directory: String, count: usize },
    /// A file could not be written.
    Write { path: PathBuf, error: io::Error },
    /// A template does not fit its values: a bug of this program.
    Template(minijinja::Error),
}

impl Display for Error {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(error) => {
                let problems = error
                    .diagnostics
                    .iter()
                    .map(|problem| format!("error: {problem}"));
                formatter.write_str(&problems.collect::<Vec<_>>().join("\n\n"))
            }
            Self::SameFile {
                file,
                schemas: [first, second],
            } => write!(
                formatter,
                "error: `{first}` and `{second}` both generate `{file}`: rename one, or give them different output directories"
            ),
            Self::Directory { path, error } => {
                let path = path.display();
                write!(formatter, "error: can't read `{path}`: {error}")
            }
            Self::Refused { directory, count } => {
                write!(
                    formatter,
                    "error: refused {count} of the files in `{directory}`"
                )
            }
            Self::Unsupported(reason) => write!(formatter, "error: {reason}"),
            Self::Write { path, error } => {
                write!(
                    formatter,
                    "error: can't write `{}`: {error}",
                    path.display()
                )
            }
            Self::Template(error) => write!(formatter, "error: internal error: {error:#}"),
        }
    }
}

impl From<SchemaError> for Error {
    fn from(error: SchemaError) -> Self {
        Self::Schema(error)
    }
}

impl From<minijinja::Error> for Error {
    fn from(error: minijinja::Error) -> Self {
        Self::Template(error)
    }
}
