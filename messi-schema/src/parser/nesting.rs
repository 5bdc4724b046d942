//! Finds the halves of blocks, and checks that blocks and brackets are not nested too deep.

use crate::diagnostics::Diagnostics;
use crate::lexer::{Kind, Token};

/// The greatest depth of nested blocks and brackets: far deeper than readable schemas, and shallow
/// enough for parsers that recurse.
const MAX_NESTING: usize = 64;

/// The blocks of a file, by their braces.
pub(super) struct Blocks {
    /// For each `{` the index of its `}`, and for any other token its own index.
    pub(super) closing: Vec<usize>,
    /// Whether a `{` has no `}`. Its closing index is its own.
    pub(super) has_unclosed: bool,
    /// Whether a `}` has no `{`.
    pub(super) has_unopened: bool,
}

impl Blocks {
    /// Finds the blocks. Reports nesting that is too deep, and returns `None`.
    pub(super) fn find(
        file: &str,
        tokens: &[Token],
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut blocks = Self {
            closing: (0..tokens.len()).collect(),
            has_unclosed: false,
            has_unopened: false,
        };
        let mut open: Vec<usize> = Vec::new();
        let symbols = tokens.iter().enumerate();
        for (index, token) in symbols.filter(|(_, token)| token.kind == Kind::Symbol) {
            match token.text.as_str() {
                "{" | "[" | "(" | "<" => open.push(index),
                "}" => blocks.close(index, tokens, &mut open),
                // The parser reports one that does not match.
                "]" | ")" | ">" => {
                    open.pop_if(|opening| are_halves(&tokens[*opening], token));
                }
                _ => {}
            }
            if open.len() > MAX_NESTING {
                let message = format!("found more than {MAX_NESTING} nested blocks");
                diagnostics.report(file, token.position, message);
                return None;
            }
        }
        blocks.has_unclosed = open.iter().any(|&opening| tokens[opening].is_symbol('{'));
        Some(blocks)
    }

    /// Returns whether each brace has its other half.
    pub(super) fn are_closed(&self) -> bool {
        !self.has_unclosed && !self.has_unopened
    }

    /// Closes the innermost block, and the brackets inside that are not closed.
    fn close(&mut self, index: usize, tokens: &[Token], open: &mut Vec<usize>) {
        let mut openings = open.iter();
        match openings.rposition(|&opening| tokens[opening].is_symbol('{')) {
            Some(innermost) => {
                self.closing[open[innermost]] = index;
                open.truncate(innermost);
            }
            None => self.has_unopened = true,
        }
    }
}

fn are_halves(opening: &Token, closing: &Token) -> bool {
    matches!(
        (opening.text.as_str(), closing.text.as_str()),
        ("[", "]") | ("(", ")") | ("<", ">")
    )
}
