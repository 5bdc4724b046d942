//! Has `protobuf-parse` read the files too, from memory.
//!
//! The documentation of the crate explains why. The trait through which `protobuf-parse` would take
//! texts for its descriptors, `ProtoPathResolver`, is private.

use std::panic::{AssertUnwindSafe, catch_unwind};

use protobuf_parse::pure::parse_dependencies;

use crate::diagnostics::Diagnostics;
use crate::position::Position;
use crate::source::{Source, Sources};

/// Reports every file that `protobuf-parse` refuses. As the checks have found all that is wrong by
/// now, that happens only for names that it can't read, such as `inf`.
pub(crate) fn check(sources: &Sources, diagnostics: &mut Diagnostics) {
    for source in &sources.files {
        if let Err((position, cause)) = parse(source) {
            let message = format!("found something that protobuf-parse can't read: {cause}");
            let file = &source.file.display_name;
            diagnostics.report(file, position, message);
        }
    }
}

/// Parses a file. The error is the place and the cause.
fn parse(source: &Source) -> Result<(), (Position, String)> {
    let text = source.file.edits.apply(&source.text);
    let parse = AssertUnwindSafe(|| parse_dependencies(&text));
    match catch_unwind(parse) {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            let position = Position {
                line: error.line as usize,
                column: error.col as usize,
            };
            Err((position, error.error.to_string()))
        }
        // A panic would be a fault of the parser, and must not end the compiler.
        Err(_) => Err((Position::START, "the parser has failed".into())),
    }
}
