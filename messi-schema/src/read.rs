//! Reads a schema, stage by stage.

use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};
use std::path::PathBuf;

use crate::ast::File;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::locations::Locations;
use crate::mend::mend;
use crate::model::{ProtoFile, Schema};
use crate::protocol::Expected;
use crate::resolve::Symbols;
#[cfg(feature = "protobuf-parse")]
use crate::second_parser;
use crate::source::{self, Sources};
use crate::{check, lower};

/// The reason why a schema could not be read.
///
/// `Debug` shows the same as `Display`, so that a program can return it from `main`.
#[non_exhaustive]
pub struct SchemaError {
    /// Every problem found, at least one.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read. Changing one of them may fix the problem.
    pub sources: Vec<PathBuf>,
    /// The valid rest of the schema, with which a back end can go on where only names and types count. It
    /// has both directions, numbers of its own, and [`Type::Unknown`](crate::Type::Unknown) for types that
    /// are not declared.
    pub rest: Box<Schema>,
}

impl Display for SchemaError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let problems: Vec<String> = self.diagnostics.iter().map(ToString::to_string).collect();
        formatter.write_str(&problems.join("\n\n"))
    }
}

impl Debug for SchemaError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, formatter)
    }
}

impl Error for SchemaError {}

/// Reads the schema of a protocol and all that it imports.
///
/// ```no_run
/// use messi_schema::{Locations, SchemaError, read};
///
/// fn main() -> Result<(), SchemaError> {
///     let locations = Locations {
///         root: "protos".into(),
///         ..Locations::default()
///     };
///     let schema = read("chat.proto", &locations)?;
///     for file in &schema.files {
///         for message in &file.messages {
///             println!("{} at {}", message.full_name, message.position);
///         }
///     }
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// Every problem with the schema, with its place.
pub fn read(schema: &str, locations: &Locations) -> Result<Schema, SchemaError> {
    read_with(schema, locations, Expected::Protocol, |schema, _| {
        Some(schema)
    })
}

/// Reads a schema for a back end with rules of its own, such as names that must differ in its
/// language. Its problems are reported beside those of the schema.
///
/// The back end is called if all names of the schema are valid, even if other rules are broken. Its
/// result counts only if there is no problem. It returns `None` where it has reported one.
///
/// # Errors
///
/// Every problem with the schema, with its place.
pub fn read_with<T>(
    schema: &str,
    locations: &Locations,
    expected: Expected,
    back_end: impl FnOnce(Schema, &mut Diagnostics) -> Option<T>,
) -> Result<T, SchemaError> {
    let mut diagnostics = Diagnostics::default();
    let sources = source::load(schema, locations, &mut diagnostics);
    let lowered = check_and_lower(&sources, expected, &mut diagnostics);
    let result = lowered.and_then(|schema| back_end(schema, &mut diagnostics));
    finish(schema, result, sources, diagnostics)
}

/// Reads a file from its text. It can only import files of `google/protobuf/`.
///
/// The model has no declarations of those files. A back end for a language without a library of them
/// reads its own ones.
///
/// # Errors
///
/// Every problem with the file, with its place.
pub fn read_text(name: &str, text: &str) -> Result<ProtoFile, SchemaError> {
    let mut diagnostics = Diagnostics::default();
    let sources = source::from_text(name, text, &mut diagnostics);
    let schema = check_and_lower(&sources, Expected::Messages, &mut diagnostics);
    let file = schema.and_then(|mut schema| schema.files.pop());
    finish(name, file, sources, diagnostics)
}

/// Returns the result if there is no problem.
fn finish<T>(
    schema: &str,
    result: Option<T>,
    sources: Sources,
    mut diagnostics: Diagnostics,
) -> Result<T, SchemaError> {
    match result {
        Some(result) if diagnostics.is_empty() => return Ok(result),
        // Whoever gives no result has reported why. If not, the error still has a reason.
        None if diagnostics.is_empty() => diagnostics.report_file(schema, "found no protocol"),
        _ => {}
    }
    Err(SchemaError {
        diagnostics: diagnostics.into_sorted(&sources.texts),
        sources: sources.paths.clone(),
        rest: Box::new(mend(schema, sources)),
    })
}

/// Passes the files through all stages. Returns `None` where a further stage would only repeat
/// problems.
fn check_and_lower(
    sources: &Sources,
    expected: Expected,
    diagnostics: &mut Diagnostics,
) -> Option<Schema> {
    let files: Vec<&File> = sources.files.iter().map(|source| &source.file).collect();
    check::heads(&files, diagnostics);
    // A file of another syntax, or one that does not parse, breaks all other rules as well.
    if !diagnostics.is_empty() {
        return None;
    }
    let symbols = Symbols::new(sources);
    check::names(&files, &symbols, diagnostics);
    let are_names_valid = diagnostics.is_empty();
    check::rules(&files, &symbols, diagnostics);
    // Without valid names there is no model.
    if !are_names_valid {
        return None;
    }
    // It forgets places, so that its reports are worse than ours.
    #[cfg(feature = "protobuf-parse")]
    if diagnostics.is_empty() {
        second_parser::check(sources, diagnostics);
    }
    check::directions(&files, expected, diagnostics);
    Some(lower::lower(sources, &symbols))
}
