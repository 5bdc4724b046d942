//! Goes through the tokens of a file. A statement that is not proto3 is reported and passed over,
//! and the next one is read, so that one run shows every such statement.

use super::{Declaration, DeclarationKind, Edit, START, Scan, Word};
use crate::diagnostics::{Diagnostics, Position};
use crate::lex::{Kind, Token};

/// Reads a file from its tokens. What gives an `Option` gives `None` when it has reported
/// something that is not proto3.
pub(super) struct Reader<'a, 'd> {
    pub(super) source: &'a str,
    tokens: &'a [Token],
    /// For each token that opens a block, the index of the one that closes it.
    closing: &'a [usize],
    next: usize,
    /// The package, which may be named anywhere in the file.
    package: String,
    /// The full names of the declarations around, outermost first.
    pub(super) scopes: Vec<String>,
    pub(super) scan: Scan,
    diagnostics: &'d mut Diagnostics,
}

impl<'a, 'd> Reader<'a, 'd> {
    pub(super) fn new(
        file: &str,
        source: &'a str,
        tokens: &'a [Token],
        closing: &'a [usize],
        diagnostics: &'d mut Diagnostics,
    ) -> Self {
        Self {
            source,
            tokens,
            closing,
            next: 0,
            package: String::new(),
            scopes: Vec::new(),
            scan: Scan::new(file),
            diagnostics,
        }
    }

    /// The full name of what is around the next token.
    pub(super) fn scope(&self) -> &str {
        self.scopes
            .last()
            .map_or(self.package.as_str(), String::as_str)
    }

    /// Looks ahead for the package, without which no name is complete.
    pub(super) fn find_package(&mut self) {
        let mut index = 0;
        while index < self.tokens.len() {
            let before = index.checked_sub(1).map(|index| &self.tokens[index]);
            let begins = before.is_none_or(|it| it.is_symbol(';') || it.is_symbol('}'));
            if self.tokens[index].is_word("package") && begins {
                let parts = self.tokens[index + 1..].iter();
                let parts = parts.take_while(|token| !token.is_symbol(';'));
                self.package = parts.map(|token| token.text.as_str()).collect();
                return;
            }
            index = self.closing[index] + 1;
        }
    }

    /// A declaration in the block that is being read.
    pub(super) fn declaration(&self, kind: DeclarationKind, name: Word) -> Declaration {
        Declaration::new(kind, name, self.scope())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    /// The token after the next one.
    pub(super) fn peek_second(&self) -> Option<&'a Token> {
        self.tokens.get(self.next + 1)
    }

    /// The token read last.
    pub(super) fn last(&self) -> Option<&'a Token> {
        self.tokens.get(self.next.checked_sub(1)?)
    }

    pub(super) fn is_symbol(&self, symbol: char) -> bool {
        self.peek().is_some_and(|token| token.is_symbol(symbol))
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    /// Passes over a symbol, if it is next.
    pub(super) fn eat(&mut self, symbol: char) -> bool {
        let is_next = self.is_symbol(symbol);
        self.next += usize::from(is_next);
        is_next
    }

    /// Passes over a keyword, if it is next.
    pub(super) fn eat_word(&mut self, word: &str) -> Option<Word> {
        self.is_word(word).then(|| self.bump())
    }

    /// Reads a symbol; `expected` says what for.
    pub(super) fn symbol(&mut self, symbol: char, expected: &str) -> Option<()> {
        if self.eat(symbol) {
            return Some(());
        }
        match self.end_of_line() {
            // Where it is missing says more than what is on the next line.
            Some(end) if symbol == ';' => {
                let message = format!("found the end of the line, expected {expected}");
                self.report(end, message)
            }
            _ => self.unexpected(expected),
        }
    }

    /// The place behind the token read last, if the next one is on another line.
    fn end_of_line(&self) -> Option<Position> {
        let last = self.last()?;
        let text = &self.source[last.span.clone()];
        let is_last = self
            .peek()
            .is_none_or(|next| next.position.line > last.position.line);
        let column = last.position.column + text.chars().count();
        is_last.then_some(Position {
            column,
            ..last.position
        })
    }

    /// Reads a name without dots.
    pub(super) fn identifier(&mut self, expected: &str) -> Option<Word> {
        match self.peek() {
            Some(token) if token.kind == Kind::Identifier => Some(self.bump()),
            _ => self.unexpected(expected),
        }
    }

    /// Reads a name with dots. That of a package begins with none.
    pub(super) fn dotted(&mut self, may_be_absolute: bool, expected: &str) -> Option<Word> {
        let position = self.place();
        let mut text = String::new();
        if may_be_absolute && self.eat('.') {
            text.push('.');
        }
        text.push_str(&self.identifier(expected)?.text);
        while self.eat('.') {
            text.push('.');
            text.push_str(&self.identifier("a name after the dot")?.text);
        }
        Some(Word { text, position })
    }

    /// Reads a text in quotes. Texts beside each other are one.
    pub(super) fn text(&mut self, expected: &str) -> Option<Word> {
        let Some(first) = self.peek().filter(|token| token.kind == Kind::Text) else {
            return self.unexpected(expected);
        };
        let mut word = self.bump();
        let mut is_joined = false;
        while let Some(token) = self.peek().filter(|token| token.kind == Kind::Text) {
            self.bump();
            word.text.push_str(&token.text);
            is_joined = true;
        }
        if is_joined {
            self.replace_since(first, quoted(&word.text));
        }
        Some(word)
    }

    /// Reads a whole number, with a minus sign where there may be one.
    pub(super) fn integer(&mut self, may_be_negative: bool, expected: &str) -> Option<Word> {
        let position = self.place();
        let sign = if may_be_negative && self.eat('-') {
            "-"
        } else {
            ""
        };
        match self.peek() {
            Some(token) if token.kind == Kind::Integer => {
                let text = format!("{sign}{}", self.bump().text);
                Some(Word { text, position })
            }
            _ => self.unexpected(expected),
        }
    }

    /// Reads the next token, whatever it is.
    pub(super) fn bump(&mut self) -> Word {
        let word = self.peek().map_or_else(Word::default, |token| Word {
            text: token.text.clone(),
            position: token.position,
        });
        self.next += 1;
        word
    }

    /// Passes over the block that begins here.
    pub(super) fn skip_block(&mut self) {
        self.next = self.closing.get(self.next).map_or(self.next, |end| end + 1);
    }

    /// Reads the statements of a block up to its closing brace; `None` where there is no block.
    pub(super) fn block(
        &mut self,
        expected: &str,
        mut statement: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if !self.is_symbol('{') {
            return self.unexpected(expected);
        }
        let end = self.closing[self.next];
        self.next += 1;
        while self.next < end {
            self.statement(&mut statement);
        }
        self.next = end + 1;
        Some(())
    }

    /// Reads a statement, or passes over one that is not proto3.
    pub(super) fn statement(&mut self, read: &mut impl FnMut(&mut Self) -> Option<()>) {
        let start = self.next;
        if !self.eat(';') && read(self).is_none() {
            self.next = self.end_of_statement(start);
        }
    }

    /// The index after the statement that begins here.
    fn end_of_statement(&self, start: usize) -> usize {
        let mut index = start;
        while let Some(token) = self.tokens.get(index) {
            if token.is_symbol(';') {
                return index + 1;
            }
            if token.is_symbol('{') {
                return self.closing[index] + 1;
            }
            if token.is_symbol('}') {
                return index.max(start + 1);
            }
            index += 1;
        }
        index
    }

    /// Lets `protobuf-parse` see this in place of all from a token to the one read last.
    pub(super) fn replace_since(&mut self, first: &Token, text: String) {
        let Some(last) = self.last() else { return };
        let span = first.span.start..last.span.end;
        // What was replaced inside is gone with the rest.
        let edits = &mut self.scan.edits;
        edits.retain(|edit| edit.span.end <= span.start);
        edits.push(Edit { span, text });
    }

    /// Reports the next token, which is not what is expected.
    pub(super) fn unexpected<T>(&mut self, expected: &str) -> Option<T> {
        let found = match self.peek() {
            Some(token) if token.kind == Kind::Text => format!("\"{}\"", token.text),
            Some(token) if token.is_symbol('-') => match self.peek_second() {
                Some(number) if number.kind == Kind::Integer => format!("`-{}`", number.text),
                _ => "`-`".into(),
            },
            Some(token) => format!("`{}`", token.text),
            None => "the end of the file".into(),
        };
        self.report(self.place(), format!("found {found}, expected {expected}"))
    }

    pub(super) fn report<T>(
        &mut self,
        position: Position,
        message: impl Into<String>,
    ) -> Option<T> {
        let file = &self.scan.file;
        self.diagnostics.report(file, position, message);
        None
    }

    pub(super) fn report_with_help<T>(
        &mut self,
        position: Position,
        message: impl Into<String>,
        help: &str,
    ) -> Option<T> {
        let file = &self.scan.file;
        self.diagnostics
            .report_with_help(file, position, message, help);
        None
    }

    /// The place of the next token, or of the last one at the end of the file.
    pub(super) fn place(&self) -> Position {
        let token = self.peek().or(self.tokens.last());
        token.map_or(START, |token| token.position)
    }
}

/// A text in double quotes, whatever the quotes that it had.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    let mut is_escaped = false;
    for character in text.chars() {
        if character == '"' && !is_escaped {
            quoted.push('\\');
        }
        is_escaped = character == '\\' && !is_escaped;
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// The comment of a declaration: what stands before it, and what stands behind it on its line.
pub(super) fn documentation(first: &Token, last: Option<&Token>) -> Vec<String> {
    let mut docs = first.leading.clone();
    let trailing = last.map_or(&[][..], |last| &last.trailing);
    if !docs.is_empty() && !trailing.is_empty() {
        docs.push(String::new());
    }
    docs.extend(trailing.iter().cloned());
    docs
}
