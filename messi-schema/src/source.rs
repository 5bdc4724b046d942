//! Finds, reads and parses the files of a schema, imports included.
//!
//! No other part of this crate touches the file system, and every file is opened once.

use std::io;
use std::path::{Path, PathBuf};

use crate::ast::{File, ImportStatement};
use crate::diagnostics::Diagnostics;
use crate::google;
use crate::locations::{Locations, distinct, list};
use crate::parser::parse;
use crate::position::{Position, Spanned};

/// The greatest length of a chain of imports.
const MAX_IMPORT_DEPTH: usize = 64;

/// A file of a schema.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name by which others import it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) file: File,
}

/// The files of a schema, each after those that it imports.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) files: Vec<Source>,
    /// The imported files of which only the names count: those of `google/protobuf/`, and those that are
    /// not proto3.
    pub(crate) foreign: Vec<File>,
    /// The directories of imports, the schema's own first.
    pub(crate) directories: Vec<PathBuf>,
    /// The paths of all files that were read, valid or not, the schema first.
    pub(crate) paths: Vec<PathBuf>,
    /// The text of each file that was read, by the name that problems show.
    pub(crate) texts: Vec<(String, String)>,
}

/// Finds and reads a schema and all that it imports.
pub(crate) fn load(schema: &str, locations: &Locations, diagnostics: &mut Diagnostics) -> Sources {
    let mut sources = Sources::default();
    let included = locations.included(diagnostics);
    let candidates = locations.candidates(schema, &included);
    let Some((path, bytes)) = find(&candidates) else {
        let tried = list(&candidates);
        let message = format!("can't read the schema `{schema}`: it is not at {tried}");
        diagnostics.report_anywhere(message, locations.help());
        return sources;
    };
    let name = name(&path, &included);
    let directory = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let directories = [directory, locations.root.clone()];
    sources.directories = distinct(directories.into_iter().chain(included));
    let mut loader = Loader {
        diagnostics,
        sources: &mut sources,
        importing: Vec::new(),
        read: Vec::new(),
    };
    loader.add(name, schema, path, bytes);
    sources
}

/// Takes the text of a file that imports only files of `google/protobuf/`.
pub(crate) fn from_text(name: &str, text: &str, diagnostics: &mut Diagnostics) -> Sources {
    let mut sources = Sources::default();
    let mut loader = Loader {
        diagnostics,
        sources: &mut sources,
        importing: Vec::new(),
        read: Vec::new(),
    };
    loader.add(name.into(), name, name.into(), Ok(text.into()));
    sources
}

/// Returns the name by which others import a schema: its path in the first included directory that
/// contains it, or the name of the file.
fn name(path: &Path, included: &[PathBuf]) -> String {
    let mut inside = included.iter().filter_map(|it| path.strip_prefix(it).ok());
    let name = inside.next().map(Path::to_path_buf);
    let name = name.or_else(|| path.file_name().map(PathBuf::from));
    let name = name.unwrap_or_default();
    let parts = name
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

struct Loader<'a> {
    diagnostics: &'a mut Diagnostics,
    sources: &'a mut Sources,
    /// The chain of imports from the schema to the file being read.
    importing: Vec<String>,
    /// Every file that was read, and its name.
    read: Vec<(PathBuf, String)>,
}

impl Loader<'_> {
    fn add(&mut self, name: String, shown: &str, path: PathBuf, bytes: io::Result<Vec<u8>>) {
        self.read.push((identity(&path), name.clone()));
        self.sources.paths.push(path.clone());
        let Some(text) = self.text(shown, bytes) else {
            return;
        };
        self.sources.texts.push((shown.into(), text.clone()));
        let Some(file) = parse(shown, &text, self.diagnostics) else {
            return;
        };
        self.importing.push(name.clone());
        let imports = file.imports.clone();
        for (index, import) in imports.iter().enumerate() {
            let path = &import.path;
            let earlier = imports[..index]
                .iter()
                .find(|it| it.path.value == path.value);
            if let Some(earlier) = earlier {
                let message = format!("found a second import of \"{}\"", path.value);
                let help = format!("the first is at {shown}:{}", earlier.path.position);
                self.diagnostics
                    .report_with_help(shown, path.position, message, help);
            }
            self.import(shown, import);
        }
        self.importing.pop();
        if file.is_foreign() && !self.importing.is_empty() {
            self.sources.foreign.push(file);
            return;
        }
        self.sources.files.push(Source {
            name,
            path,
            text,
            file,
        });
    }

    fn import(&mut self, file: &str, import: &ImportStatement) {
        let import = &import.path;
        let name = &import.value;
        if self.import_google(name) {
            return;
        }
        if let Some(problem) = self.problem_with_name(name) {
            return self.diagnostics.report(file, import.position, problem);
        }
        // It has been read before, and its problems have been reported.
        if self.read.iter().any(|(_, known)| known == name) {
            return;
        }
        let directories = self.sources.directories.iter();
        let candidates: Vec<PathBuf> = directories.map(|it| it.join(name)).collect();
        let Some((path, bytes)) = find(&candidates) else {
            return self.report_missing(file, import, &candidates);
        };
        let Some(known) = self.known_as(&path) else {
            return self.add(name.clone(), name, path, bytes);
        };
        let message = format!("found the import of \"{name}\", the same file as \"{known}\"");
        let help = "a file has one name, by which all others import it";
        self.diagnostics
            .report_with_help(file, import.position, message, help);
    }

    fn report_missing(&mut self, file: &str, import: &Spanned<String>, candidates: &[PathBuf]) {
        let name = &import.value;
        let message = match candidates.is_empty() {
            true => format!("found the import of \"{name}\" in a file that is only a text"),
            false => {
                let tried = list(candidates);
                format!("can't find the import \"{name}\": it is not at {tried}")
            }
        };
        if !name.starts_with(google::DIRECTORY) {
            return self.diagnostics.report(file, import.position, message);
        }
        let names: Vec<&str> = google::files().collect();
        let help = format!(
            "of `{}`, these need no file: {}",
            google::DIRECTORY,
            names.join(", ")
        );
        self.diagnostics
            .report_with_help(file, import.position, message, help);
    }

    /// Returns the reason why a file can't be imported by a name, if there is one.
    fn problem_with_name(&self, name: &str) -> Option<String> {
        if let Some(problem) = problem_with_path(name) {
            return Some(format!("found the import of \"{name}\", {problem}"));
        }
        if let Some(start) = self.importing.iter().position(|it| it == name) {
            let cycle = self.importing[start..].iter().map(String::as_str);
            let cycle: Vec<&str> = cycle.chain([name]).collect();
            let cycle = cycle.join("` -> `");
            return Some(format!("found a cycle of imports: `{cycle}`"));
        }
        let is_known = self.read.iter().any(|(_, known)| known == name);
        let is_too_deep = !is_known && self.importing.len() >= MAX_IMPORT_DEPTH;
        is_too_deep.then(|| format!("found a chain of more than {MAX_IMPORT_DEPTH} imports"))
    }

    /// Returns the name by which a file was read before.
    fn known_as(&self, path: &Path) -> Option<&str> {
        let identity = identity(path);
        let mut read = self.read.iter();
        let (_, name) = read.find(|(other, _)| *other == identity)?;
        Some(name)
    }

    /// Imports a file that every implementation of protobuf comes with. Returns whether it is one.
    fn import_google(&mut self, name: &str) -> bool {
        let known = &mut self.sources.foreign;
        if known.iter().any(|it| it.display_name == name) {
            return true;
        }
        let Some(parsed) = google::parsed(name) else {
            return false;
        };
        known.push(parsed);
        true
    }

    fn text(&mut self, file: &str, bytes: io::Result<Vec<u8>>) -> Option<String> {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                self.diagnostics
                    .report_file(file, format!("can't read the file: {error}"));
                return None;
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => Some(without_mark(text)),
            Err(error) => {
                let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let position = position_after(&String::from_utf8_lossy(valid));
                self.diagnostics
                    .report(file, position, "found bytes that are not UTF-8");
                None
            }
        }
    }
}

/// Reads the first of the candidates that exists.
fn find(candidates: &[PathBuf]) -> Option<(PathBuf, io::Result<Vec<u8>>)> {
    candidates
        .iter()
        .find_map(|path| match std::fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => None,
            result => Some((path.clone(), result)),
        })
}

/// Returns the one path of a file, however it was found.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.into())
}

fn problem_with_path(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("which names no file");
    }
    if name.contains('\\') {
        return Some("but directories are separated by `/`");
    }
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with('/') || has_drive {
        return Some("but imports are relative to the schema's directory");
    }
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("but a path has no empty part, `.` or `..`");
    }
    None
}

/// Removes a byte order mark, which some editors write.
fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.into(),
        None => text,
    }
}

fn position_after(text: &str) -> Position {
    let line = text.matches('\n').count() + Position::START.line;
    let last_line = text.rsplit('\n').next().unwrap_or_default();
    Position {
        line,
        column: last_line.chars().count() + Position::START.column,
    }
}
