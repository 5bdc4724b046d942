//! Blocks, with or without both of their braces.

use super::Parser;
use super::head::KEYWORDS;
use crate::ast::DeclarationKind;
use crate::position::Position;

/// A block that has begun.
#[derive(Clone, Copy)]
pub(super) struct OpenBlock {
    kind: DeclarationKind,
    /// The place of its brace.
    position: Position,
}

impl Parser<'_, '_> {
    /// Reads the statements of a block up to its closing brace.
    pub(super) fn block(
        &mut self,
        kind: DeclarationKind,
        mut statement: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        let position = self.place();
        self.opening_brace(kind)?;
        let block = OpenBlock { kind, position };
        self.open.push(block);
        while !self.is_symbol('}') && !self.is_at_end() && !self.is_outside() {
            self.statement(&mut statement);
        }
        self.open.pop();
        if !self.eat('}') {
            self.end_unclosed(block);
        }
        Some(())
    }

    /// Reads the `{` of a block. If a `}` has no `{`, the block may begin without it.
    fn opening_brace(&mut self, kind: DeclarationKind) -> Option<()> {
        if self.eat('{') {
            return Some(());
        }
        self.unexpected::<()>(block_of(kind));
        let begins = self.begins_statement() && self.may_lack_brace;
        self.may_lack_brace &= !begins;
        begins.then_some(())
    }

    /// Returns whether the next token begins a statement outside of blocks, in a file with a block that
    /// is not closed: a keyword at the start of a line.
    fn is_outside(&self) -> bool {
        let is_keyword = self.peek().is_some_and(|token| {
            token.position.column == 1 && KEYWORDS.contains(&token.text.as_str())
        });
        self.blocks.has_unclosed && is_keyword
    }

    /// Ends a block without its `}`.
    fn end_unclosed(&mut self, block: OpenBlock) {
        if self.is_at_end() {
            self.report_unclosed(block);
        } else if block.kind == DeclarationKind::Message && self.may_be_nested() {
            // The grammar misses the brace at the end of the file.
            self.unclosed.get_or_insert(block);
        } else {
            self.open.push(block);
            self.unexpected::<()>("`}`");
            self.open.pop();
        }
    }

    /// Returns whether the next statement may be in a message too.
    fn may_be_nested(&self) -> bool {
        let words = ["message", "enum", "extend", "option"];
        words.iter().any(|word| self.is_word(word))
    }

    /// Reports the end of the file in a block.
    pub(super) fn report_unclosed(&mut self, block: OpenBlock) {
        self.open.push(self.unclosed.unwrap_or(block));
        let position = self.end_of_line().unwrap_or(self.place());
        self.report::<()>(position, "found the end of the file, expected `}`");
        self.open.pop();
    }

    /// Returns the advice for a problem in a block, if the file has one that is not closed.
    pub(super) fn help_with_brace(&self) -> Option<String> {
        let block = self.open.last().filter(|_| self.blocks.has_unclosed)?;
        let (file, position) = (&self.file.display_name, block.position);
        Some(format!(
            "a `}}` is missing in this file: the innermost block here begins at {file}:{position}"
        ))
    }
}

/// Returns the block of a declaration as problems show it.
fn block_of(kind: DeclarationKind) -> &'static str {
    match kind {
        DeclarationKind::Message => "the block of a message",
        DeclarationKind::Enum => "the block of an enum",
        DeclarationKind::Oneof => "the block of a oneof",
        DeclarationKind::Service => "the block of a service",
        DeclarationKind::Method => "the block of a method",
        DeclarationKind::Extension => "the block of an extension",
        DeclarationKind::Field | DeclarationKind::Value => "a block",
    }
}
