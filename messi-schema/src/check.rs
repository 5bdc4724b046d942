//! The rules of proto3 and of a messi protocol. Every violation is reported at its place.
//!
//! [`heads`] checks the first statements of each file, [`names`] the declarations and references,
//! without which there is no model, and [`rules`] everything else.

mod directions;
mod enums;
mod extensions;
mod fields;
mod head;
mod json;
mod maps;
mod names;
mod oneofs;
mod options;
mod references;
mod reserved;

use crate::ast::File;
use crate::diagnostics::Diagnostics;
use crate::protocol::Expected;
use crate::resolve::Symbols;

/// Checks the heads of files.
pub(crate) fn heads(files: &[&File], diagnostics: &mut Diagnostics) {
    for file in files {
        head::check(file, diagnostics);
    }
}

/// Checks the names in files of valid syntax.
pub(crate) fn names(files: &[&File], symbols: &Symbols<'_>, diagnostics: &mut Diagnostics) {
    names::check(files, diagnostics);
    for file in files {
        maps::check_entries(file, diagnostics);
    }
    references::check(files, symbols, diagnostics);
}

/// Checks all other rules of proto3 in files of valid syntax.
pub(crate) fn rules(files: &[&File], symbols: &Symbols<'_>, diagnostics: &mut Diagnostics) {
    for file in files {
        fields::check(file, diagnostics);
        json::check(file, diagnostics);
        maps::check_keys(file, diagnostics);
        oneofs::check(file, diagnostics);
        enums::check(file, diagnostics);
        reserved::check(file, diagnostics);
    }
    extensions::check(files, symbols, diagnostics);
    options::check(files, symbols, diagnostics);
}

/// Checks the rules of a messi protocol in files with valid names. The last file is the schema
/// itself.
pub(crate) fn directions(files: &[&File], expected: Expected, diagnostics: &mut Diagnostics) {
    directions::check(files, expected, diagnostics);
}
