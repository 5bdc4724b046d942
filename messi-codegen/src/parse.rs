//! The adapter to `protobuf-parse`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use protobuf::descriptor::FileDescriptorProto;
use protobuf_parse::Parser;
use protobuf_parse::pure::parse_dependencies;

use crate::diagnostics::{Diagnostics, Position};
use crate::source::{Source, Sources};

/// Checks the syntax of every file, and reports what is wrong with it. In a file with a problem
/// already, the parser would only say the same in other words.
pub(crate) fn check_syntax(sources: &Sources, diagnostics: &mut Diagnostics) {
    for source in &sources.files {
        if diagnostics.concern(&source.scan.file) {
            continue;
        }
        let parse = || parse_dependencies(&source.text);
        if let Ok(Err(error)) = without_panic(source, diagnostics, parse) {
            let position = Position {
                line: error.line as usize,
                column: error.col as usize,
            };
            let message = format!("found something that is not proto3: {}", error.error);
            diagnostics.report(&source.scan.file, position, message);
        }
    }
}

/// Parses the files of a schema, and the bundled ones that they import; `None` if that fails,
/// which is then reported. Only for files of sound syntax whose names all resolve.
pub(crate) fn parse(
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<FileDescriptorProto>> {
    let root = sources.files.last()?;
    let mut parser = Parser::new();
    parser
        .pure()
        .includes(&sources.directories)
        .input(&root.path);
    let parsed = without_panic(root, diagnostics, || parser.parse_and_typecheck()).ok()?;
    match parsed {
        Ok(parsed) => Some(parsed.file_descriptors),
        Err(error) => {
            let cause = error.root_cause().to_string();
            let message = format!("found something that is not proto3: {cause}");
            match locate(sources, &cause) {
                Some((file, position)) => diagnostics.report(file, position, message),
                None => diagnostics.report_file(&root.scan.file, message),
            }
            None
        }
    }
}

/// Where the parser's error is: it has no place, but where it is about a type it names it, as the
/// schema does.
fn locate<'a>(sources: &'a Sources, cause: &str) -> Option<(&'a str, Position)> {
    let mut found = None;
    for source in &sources.files {
        let declarations = source.scan.declarations.values().flatten();
        for reference in declarations.flat_map(|declaration| &declaration.types) {
            let is_named = cause.contains(&format!("`{}`", reference.text));
            let place = (source.scan.file.as_str(), reference.position);
            if is_named && found.is_none_or(|earlier| place < earlier) {
                found = Some(place);
            }
        }
    }
    found
}

/// Calls the parser. That it panics is a fault of its own, and must not take the compiler with it.
fn without_panic<T>(
    source: &Source,
    diagnostics: &mut Diagnostics,
    parse: impl FnOnce() -> T,
) -> Result<T, ()> {
    catch_unwind(AssertUnwindSafe(parse)).map_err(|_| {
        let message = "found something that the parser can't cope with";
        diagnostics.report_file(&source.scan.file, message);
    })
}
