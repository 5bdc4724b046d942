//! What can be seen of a schema file without understanding it: its head, and where each name is
//! declared, with the comment that documents it.
//!
//! This runs before `protobuf-parse` sees the file. That parser recurses into nested blocks and
//! imports without a limit, and it forgets places and comments; the scan has neither fault. It
//! passes over what it does not know and leaves the error to the parser.

mod nesting;
mod statements;

use std::collections::HashMap;

use crate::check::join;
use crate::diagnostics::{Diagnostics, Position};
use crate::lex::lex;

/// What a scan found in one file.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The file as the user or the import wrote it.
    pub(crate) file: String,
    /// The `syntax` statements.
    pub(crate) syntax: Vec<Word>,
    /// The `package` statements.
    pub(crate) packages: Vec<Word>,
    /// The `import` statements.
    pub(crate) imports: Vec<Word>,
    /// Every declaration by its full name, more than one where a name is declared twice.
    pub(crate) declarations: HashMap<String, Vec<Declaration>>,
    /// What each message and enum reserves.
    pub(crate) reserved: Vec<Reserved>,
    /// Blocks that have no meaning in a protocol: `extend`, `group`.
    pub(crate) foreign: Vec<Word>,
}

/// What the `reserved` statements of one message or enum say.
#[derive(Debug)]
pub(crate) struct Reserved {
    /// Of a message or an enum.
    pub(crate) kind: DeclarationKind,
    /// The words of each number or range: `1`, or `1`, `to`, `2`.
    pub(crate) ranges: Vec<Vec<Word>>,
    pub(crate) names: Vec<Word>,
}

/// A text and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) position: Position,
}

/// A declaration of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) kind: DeclarationKind,
    /// The place of the name.
    pub(crate) position: Position,
    /// The name of the type, of a field.
    pub(crate) types: Vec<Word>,
    /// The number, of a field or value, without its sign.
    pub(crate) number: Word,
    pub(crate) docs: Vec<String>,
}

/// What is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeclarationKind {
    Message,
    Enum,
    Oneof,
    Field,
    Value,
}

impl Scan {
    /// The package, or nothing.
    pub(crate) fn package(&self) -> &str {
        self.packages.first().map_or("", |package| &package.text)
    }

    /// Where a name is declared; the start of the file if that is not known.
    pub(crate) fn position(&self, full_name: &str) -> Position {
        self.find(full_name)
            .map_or(START, |declaration| declaration.position)
    }

    /// Where the number of a field or value is; its message or enum if that is not known.
    pub(crate) fn number_position(&self, scope: &str, name: &str) -> Position {
        self.find(&join(scope, name)).map_or_else(
            || self.position(scope),
            |declaration| declaration.number.position,
        )
    }

    /// The first declaration of a name.
    pub(crate) fn find(&self, full_name: &str) -> Option<&Declaration> {
        self.declarations.get(full_name)?.first()
    }

    /// The comment of a declaration.
    pub(crate) fn docs(&self, full_name: &str) -> Vec<String> {
        self.find(full_name)
            .map(|declaration| declaration.docs.clone())
            .unwrap_or_default()
    }
}

/// The start of a file.
pub(crate) const START: Position = Position { line: 1, column: 1 };

/// Scans a file. `None` if it can't even be split into tokens and balanced blocks, which is then
/// reported.
pub(crate) fn scan(file: &str, text: &str, diagnostics: &mut Diagnostics) -> Option<Scan> {
    let tokens = match lex(text) {
        Ok(tokens) => tokens,
        Err(error) => {
            diagnostics.report(file, error.position, error.message);
            return None;
        }
    };
    nesting::check(file, &tokens, diagnostics)?;
    Some(statements::scan(file, &tokens))
}
