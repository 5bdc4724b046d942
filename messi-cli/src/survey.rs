//! Checks all files of a directory, such as those of a repository.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::time::{Duration, Instant};

use messi_schema::{Diagnostic, Diagnostics, Expected, Locations, Schema};

use crate::error::Error;

/// The number of slow files that are shown.
const SLOWEST: usize = 3;

/// The results of the files of a directory.
#[derive(Debug)]
pub(crate) struct Survey {
    directory: String,
    accepted: usize,
    /// The number of files that are not of proto3.
    left_out: usize,
    /// The problems of refused files, by their cause. Of each file, the first one counts.
    refused: BTreeMap<String, Vec<Diagnostic>>,
    /// The time for each file.
    times: Vec<(Duration, String)>,
}

/// Checks all files of a directory, each with all that it imports, and those of other syntaxes not at all.
/// Imports are searched in the directory itself, then in `import_paths`.
///
/// # Errors
///
/// A directory that can't be read.
pub(crate) fn survey(
    directory: &str,
    import_paths: &[PathBuf],
    check: impl Fn(&Schema, &mut Diagnostics),
) -> Result<Survey, Error> {
    let failure = |error| Error::Directory {
        path: directory.into(),
        error,
    };
    let root = absolute(directory).map_err(failure)?;
    let include = [&root].into_iter().chain(import_paths).map(absolute);
    let locations = Locations {
        include: include.collect::<io::Result<_>>().map_err(failure)?,
        root: root.clone(),
        ..Locations::of_command(Vec::new())
    };
    let mut survey = Survey {
        directory: directory.into(),
        accepted: 0,
        left_out: 0,
        refused: BTreeMap::new(),
        times: Vec::new(),
    };
    for file in files(&root)? {
        survey.add(&file, &locations, &check);
    }
    survey.times.sort_by(|one, other| other.cmp(one));
    Ok(survey)
}

impl Survey {
    fn add(
        &mut self,
        file: &Path,
        locations: &Locations,
        check: &impl Fn(&Schema, &mut Diagnostics),
    ) {
        let is_other = |text: String| !messi_schema::is_proto3(&text);
        if fs::read_to_string(file).is_ok_and(is_other) {
            self.left_out += 1;
            return;
        }
        let name = file.strip_prefix(&locations.root).unwrap_or(file);
        let parts = name.iter().map(|part| part.to_string_lossy());
        let name = parts.collect::<Vec<_>>().join("/");
        let start = Instant::now();
        let read = messi_schema::read_with(
            &name,
            locations,
            Expected::Messages,
            |schema, diagnostics| {
                check(&schema, diagnostics);
                Some(())
            },
        );
        self.times.push((start.elapsed(), name));
        match read {
            Ok(()) => self.accepted += 1,
            Err(error) => {
                let problem = error.diagnostics.into_iter().next();
                let problem = problem.expect("an error has a problem");
                let cause = self.refused.entry(cause(&problem.message));
                cause.or_default().push(problem);
            }
        }
    }

    fn refused(&self) -> usize {
        self.refused.values().map(Vec::len).sum()
    }

    /// Returns an error if a file was refused.
    pub(crate) fn error(&self) -> Option<Error> {
        let count = self.refused();
        (count > 0).then(|| Error::Refused {
            directory: self.directory.clone(),
            count,
        })
    }
}

impl Display for Survey {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let (accepted, all) = (self.accepted, self.times.len());
        let share = 100.0 * accepted as f64 / all.max(1) as f64;
        let directory = &self.directory;
        writeln!(
            formatter,
            "`{directory}`: accepted {accepted} of {all} files of proto3 ({share:.1} %), left out {} of other syntaxes",
            self.left_out
        )?;
        let mut refused: Vec<_> = self.refused.iter().collect();
        refused.sort_by_key(|(_, problems)| std::cmp::Reverse(problems.len()));
        for (cause, problems) in refused {
            writeln!(formatter, "refused {}: {cause}", problems.len())?;
            for line in problems[0].to_string().lines() {
                writeln!(formatter, "    {line}")?;
            }
        }
        for (time, file) in self.times.iter().take(SLOWEST) {
            writeln!(formatter, "slowest: {:.3} s, {file}", time.as_secs_f64())?;
        }
        Ok(())
    }
}

/// Returns the message of a problem without the names in it, which all problems of one cause share.
fn cause(message: &str) -> String {
    let mut cause = String::new();
    let mut end = None;
    for character in message.chars() {
        match end {
            Some(quote) if character == quote => {
                cause.push('…');
                cause.push(character);
                end = None;
            }
            Some(_) => {}
            None => {
                cause.push(character);
                end = Some(character).filter(|it| matches!(it, '`' | '"'));
            }
        }
    }
    cause
}

/// Returns the proto files of a directory and of those inside, sorted. Links to directories are not followed.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_path_buf()];
    while let Some(path) = directories.pop() {
        let failure = |error| Error::Directory {
            path: path.clone(),
            error,
        };
        for entry in fs::read_dir(&path).map_err(failure)? {
            let entry = entry.map_err(failure)?;
            if entry.file_type().map_err(failure)?.is_dir() {
                directories.push(entry.path());
            } else if entry.path().extension().is_some_and(|it| it == "proto") {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_of_one_cause_differ_only_in_names() {
        assert_eq!(
            cause("found `a` in \"b.proto\", expected `c`"),
            "found `…` in \"…\", expected `…`"
        );
    }
}
