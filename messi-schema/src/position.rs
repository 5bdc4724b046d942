//! Places in a file.

use std::fmt::{self, Display, Formatter};

/// A place in a file: a line and a column, both counted from 1, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// The start of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl Display for Position {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A value and its place in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) position: Position,
}

impl Spanned<String> {
    /// Creates a word that no file has.
    pub(crate) fn made_up(value: &str) -> Self {
        Self {
            value: value.into(),
            position: Position::START,
        }
    }
}
