//! The tokens of a schema.

use std::ops::Range;

use crate::position::Position;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// An identifier, number or symbol as written, or a string without its quotes.
    pub(crate) text: String,
    pub(crate) position: Position,
    /// The bytes of the file that form the token.
    pub(crate) span: Range<usize>,
    /// Lines of the comment that ends on the line before the token.
    pub(crate) leading: Vec<String>,
    /// Lines of the comment that begins on the line of the token, after it.
    pub(crate) trailing: Vec<String>,
}

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a keyword.
    Identifier,
    /// A number without a sign: `1`, `0x1F`, `017`.
    Integer,
    /// A number with a point or an exponent: `1.5e-3`.
    Float,
    /// A string literal.
    Text,
    /// One punctuation character.
    Symbol,
}

impl Token {
    /// Returns whether the token is this symbol.
    pub(crate) fn is_symbol(&self, symbol: char) -> bool {
        self.kind == Kind::Symbol && self.text.starts_with(symbol)
    }

    /// Returns whether the token is this name or keyword.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Identifier && self.text == word
    }
}
