//! The adapter to `protobuf-parse`.

mod copies;

use std::panic::{AssertUnwindSafe, catch_unwind};

use protobuf_parse::Parser;
use protobuf_parse::pure::parse_dependencies;

use self::copies::Copies;
use crate::ast::File;
use crate::diagnostics::Diagnostics;
use crate::position::Position;
use crate::source::Sources;

/// Parses the files of a schema, and the bundled ones that they import; `None` if that fails,
/// which is then reported. Only for files whose names all resolve.
///
/// What is wrong with a schema has been found by now, but for what the values of a schema's own
/// options may be. So this reports only where nothing else is known to be wrong.
pub(crate) fn parse(sources: &Sources, diagnostics: &mut Diagnostics) -> Option<()> {
    let root = sources.files.last()?;
    let copies = match Copies::where_needed(sources) {
        Ok(copies) => copies,
        Err(error) => {
            let message = format!("can't write a copy of the schema for protobuf-parse: {error}");
            diagnostics.report_file(&root.file.display_name, message);
            return None;
        }
    };
    let mut parser = Parser::new();
    parser.pure();
    match &copies {
        Some(copies) => parser
            .include(copies.path())
            .input(copies.path().join(&root.name)),
        None => parser.includes(&sources.directories).input(&root.path),
    };
    let parse = AssertUnwindSafe(|| parser.parse_and_typecheck());
    // That it panics would be a fault of its own, and must not take the compiler with it.
    let cause = match catch_unwind(parse) {
        Ok(Ok(_)) => return Some(()),
        Ok(Err(error)) => error.root_cause().to_string(),
        Err(_) => "the parser has failed".into(),
    };
    if diagnostics.is_empty() {
        let (file, position) = locate(sources, &cause);
        let message = format!("found something that protobuf-parse refuses: {cause}");
        diagnostics.report(file, position, message);
    }
    None
}

/// Where the parser's error is, of which it tells only the cause: in the syntax of a file, or at
/// the option that it names.
fn locate<'a>(sources: &'a Sources, cause: &str) -> (&'a str, Position) {
    for source in &sources.files {
        let parse = AssertUnwindSafe(|| parse_dependencies(&source.file.edits.apply(&source.text)));
        if let Ok(Err(error)) = catch_unwind(parse) {
            let position = Position {
                line: error.line as usize,
                column: error.col as usize,
            };
            return (&source.file.display_name, position);
        }
    }
    let scans = sources.files.iter().map(|source| &source.file);
    let options = scans.flat_map(custom_options);
    let named = options.max_by_key(|(_, name, _)| shared(name, cause));
    let root = sources.files.last();
    let start = (
        root.map_or("", |root| &root.file.display_name),
        Position::START,
    );
    named.map_or(start, |(file, _, position)| (file, position))
}

/// Every use of an option that a schema declares: the file, its name, and its place.
fn custom_options(file: &File) -> impl Iterator<Item = (&str, &str, Position)> {
    let of_declarations = file.declarations.iter().flat_map(|it| &it.settings);
    let settings = file.settings.iter().chain(of_declarations);
    let custom = settings.filter(|setting| setting.is_custom());
    custom.map(|setting| {
        let name = setting.name.value.trim_start_matches(['(', '.']);
        (file.display_name.as_str(), name, setting.name.position)
    })
}

/// How much of an option's name an error repeats.
fn shared(name: &str, cause: &str) -> usize {
    let parts = name.split(['(', ')', '.']).filter(|part| !part.is_empty());
    parts
        .filter(|part| cause.contains(part))
        .map(str::len)
        .sum()
}
