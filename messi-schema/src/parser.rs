//! Parses a file into its syntax tree.
//!
//! A statement that is not proto3 is reported and skipped, and the next one is parsed, so that one
//! run shows all of them. The parser knows the grammar alone: names and numbers are for
//! [`check`](crate::check).
//!
//! If a brace is missing, only the first problem is reported, as those behind it may follow from it.
//! The rest of the file is read as if the brace was there, where its place can be guessed.
//!
//! This file has the parser's steps over tokens; the statements are in the modules below.

mod blocks;
mod braces;
mod fields;
mod head;
mod literal;
mod nesting;
mod settings;

use self::braces::OpenBlock;
use self::nesting::Blocks;
use crate::ast::{Declaration, DeclarationKind, File};
use crate::comments::Comments;
use crate::diagnostics::Diagnostics;
use crate::lexer::{Kind, Lexed, Token, lex};
use crate::position::{Position, Spanned};

/// Parses a file and reports every statement that is not proto3. Returns `None` if its blocks are
/// nested too deep.
pub(crate) fn parse(file: &str, text: &str, diagnostics: &mut Diagnostics) -> Option<File> {
    let Lexed { tokens, error } = lex(text);
    let is_split = error.is_none();
    if let Some(error) = error {
        diagnostics.report(file, error.position, error.message);
    }
    let blocks = Blocks::find(file, &tokens, diagnostics)?;
    // In a file of another syntax, that syntax is the only problem worth a report. Statements that proto3
    // has as well are parsed, for files that import it. In a text that can't be split, tokens are missing.
    let mut ignored = Diagnostics::default();
    let is_proto3 = begins_as_proto3(&tokens);
    let diagnostics = match is_proto3 && is_split {
        true => diagnostics,
        false => &mut ignored,
    };
    let mut parser = Parser::new(file, text, &tokens, &blocks, diagnostics);
    parser.is_proto3 = is_proto3;
    Some(parser.file())
}

/// Returns whether a text is a file of proto3, with or without mistakes.
///
/// ```
/// use messi_schema::is_proto3;
///
/// assert!(is_proto3("syntax = \"proto3\"; package chat;"));
/// assert!(!is_proto3("syntax = \"proto2\"; package chat;"));
/// assert!(!is_proto3("package chat;"));
/// ```
pub fn is_proto3(text: &str) -> bool {
    let Lexed { tokens, error } = lex(text);
    // A text that can't be split into tokens has mistakes.
    error.is_some() || begins_as_proto3(&tokens)
}

/// Returns whether a file begins like one of proto3, with or without mistakes.
fn begins_as_proto3(tokens: &[Token]) -> bool {
    let statement = tokens.split(|token| token.is_symbol(';')).next();
    let statement = statement.unwrap_or_default();
    let has_syntax = tokens.iter().any(|token| token.is_word("syntax"));
    let is_text = |token: &&Token| token.kind == Kind::Text;
    // Adjacent texts are one.
    let texts = statement.iter().skip_while(|token| !is_text(token));
    let texts = texts.take_while(is_text);
    let syntax: String = texts.map(|text| text.text.as_str()).collect();
    let names_another = !syntax.is_empty() && syntax != "proto3";
    has_syntax && !(names_another && statement[0].is_word("syntax"))
}

/// The state of parsing one file. Methods that return an `Option` return `None` after they have
/// reported a problem.
struct Parser<'a, 'd> {
    source: &'a str,
    tokens: &'a [Token],
    blocks: &'a Blocks,
    is_proto3: bool,
    next: usize,
    /// The blocks around the next token, outermost first.
    open: Vec<OpenBlock>,
    /// Whether a block may begin without its brace: once, in a file with a `}` too many.
    may_lack_brace: bool,
    /// The innermost block that the start of a declaration outside of it has closed.
    unclosed: Option<OpenBlock>,
    /// Whether further problems are not reported.
    is_muted: bool,
    /// The package, which may be named anywhere in the file.
    package: String,
    /// The full names of the declarations around the next token, outermost first.
    scopes: Vec<String>,
    file: File,
    diagnostics: &'d mut Diagnostics,
}

impl<'a, 'd> Parser<'a, 'd> {
    fn new(
        file: &str,
        source: &'a str,
        tokens: &'a [Token],
        blocks: &'a Blocks,
        diagnostics: &'d mut Diagnostics,
    ) -> Self {
        Self {
            source,
            tokens,
            blocks,
            is_proto3: true,
            next: 0,
            open: Vec::new(),
            may_lack_brace: blocks.has_unopened,
            unclosed: None,
            is_muted: false,
            package: String::new(),
            scopes: Vec::new(),
            file: File::new(file),
            diagnostics,
        }
    }

    /// Returns the full name of the innermost declaration around the next token, or the package.
    fn scope(&self) -> &str {
        self.scopes
            .last()
            .map_or(self.package.as_str(), String::as_str)
    }

    /// Finds the package. It may be named behind the declarations with full names that need it.
    fn find_package(&mut self) {
        let mut index = 0;
        while index < self.tokens.len() {
            let before = index.checked_sub(1).map(|index| &self.tokens[index]);
            let begins = before.is_none_or(|it| it.is_symbol(';') || it.is_symbol('}'));
            if self.tokens[index].is_word("package") && begins {
                let parts = self.tokens[index + 1..].iter().enumerate();
                let parts = parts.take_while(|(index, token)| match index % 2 {
                    0 => token.kind == Kind::Identifier,
                    _ => token.is_symbol('.'),
                });
                let name: String = parts.map(|(_, token)| token.text.as_str()).collect();
                self.package = name.trim_end_matches('.').into();
                return;
            }
            index = self.blocks.closing[index] + 1;
        }
    }

    /// Creates a declaration in the current block.
    fn declaration(&self, kind: DeclarationKind, name: Spanned<String>) -> Declaration {
        Declaration::new(kind, name, self.scope())
    }

    fn is_at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    /// Returns the token after the next one.
    fn peek_second(&self) -> Option<&'a Token> {
        self.tokens.get(self.next + 1)
    }

    /// Returns the token read last.
    fn last(&self) -> Option<&'a Token> {
        self.tokens.get(self.next.checked_sub(1)?)
    }

    fn is_symbol(&self, symbol: char) -> bool {
        self.peek().is_some_and(|token| token.is_symbol(symbol))
    }

    fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    /// Reads a symbol if it is next.
    fn eat(&mut self, symbol: char) -> bool {
        let is_next = self.is_symbol(symbol);
        self.next += usize::from(is_next);
        is_next
    }

    /// Reads a keyword if it is next.
    fn eat_word(&mut self, word: &str) -> Option<Spanned<String>> {
        self.is_word(word).then(|| self.bump())
    }

    /// Reads a symbol, described by `expected` in problems.
    fn symbol(&mut self, symbol: char, expected: &str) -> Option<()> {
        if self.eat(symbol) {
            return Some(());
        }
        match self.end_of_line() {
            // The place behind the statement is clearer than the first word of the next line.
            Some(end) if symbol == ';' => {
                let message = format!("found the end of the line, expected {expected}");
                self.report::<()>(end, message);
                // The next line is another statement, which would be skipped with this one.
                self.begins_statement().then_some(())
            }
            _ => self.unexpected(expected),
        }
    }

    /// Returns whether a statement may begin with the next token.
    fn begins_statement(&self) -> bool {
        let kind = self.peek().map(|token| token.kind);
        kind == Some(Kind::Identifier) || self.is_symbol('}')
    }

    /// Returns the place behind the token read last if the next token is on another line.
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
    fn identifier(&mut self, expected: &str) -> Option<Spanned<String>> {
        match self.peek() {
            Some(token) if token.kind == Kind::Identifier => Some(self.bump()),
            _ => self.unexpected(expected),
        }
    }

    /// Reads a name with dots, with one at its start if it may be absolute.
    fn dotted(&mut self, may_be_absolute: bool, expected: &str) -> Option<Spanned<String>> {
        let position = self.place();
        let mut text = String::new();
        if may_be_absolute && self.eat('.') {
            text.push('.');
        }
        text.push_str(&self.identifier(expected)?.value);
        while self.eat('.') {
            text.push('.');
            text.push_str(&self.identifier("a name after the dot")?.value);
        }
        Some(Spanned {
            value: text,
            position,
        })
    }

    /// Reads a string literal. Adjacent literals are one.
    fn text(&mut self, expected: &str) -> Option<Spanned<String>> {
        let Some(first) = self.peek().filter(|token| token.kind == Kind::Text) else {
            return self.unexpected(expected);
        };
        let mut word = self.bump();
        let mut is_joined = false;
        while let Some(token) = self.peek().filter(|token| token.kind == Kind::Text) {
            self.bump();
            word.value.push_str(&token.text);
            is_joined = true;
        }
        if is_joined {
            self.replace_since(first, quoted(&word.value));
        }
        Some(word)
    }

    /// Reads a whole number, with a minus sign where there may be one.
    fn integer(&mut self, may_be_negative: bool, expected: &str) -> Option<Spanned<String>> {
        let position = self.place();
        let sign = if may_be_negative && self.eat('-') {
            "-"
        } else {
            ""
        };
        match self.peek() {
            Some(token) if token.kind == Kind::Integer => {
                let text = format!("{sign}{}", self.bump().value);
                Some(Spanned {
                    value: text,
                    position,
                })
            }
            _ => self.unexpected(expected),
        }
    }

    /// Reads the next token, whatever it is.
    fn bump(&mut self) -> Spanned<String> {
        let word = self.peek().map_or_else(Spanned::default, |token| Spanned {
            value: token.text.clone(),
            position: token.position,
        });
        self.next += 1;
        word
    }

    /// Reads a statement, or skips one that is not proto3.
    fn statement(&mut self, read: &mut impl FnMut(&mut Self) -> Option<()>) {
        let start = self.next;
        if !self.eat(';') && read(self).is_none() {
            self.next = self.end_of_statement(start);
        }
    }

    /// Returns the index behind the statement that begins here.
    fn end_of_statement(&self, start: usize) -> usize {
        let mut index = start;
        while let Some(token) = self.tokens.get(index) {
            if token.is_symbol(';') {
                return index + 1;
            }
            if token.is_symbol('{') {
                return self.blocks.closing[index] + 1;
            }
            if token.is_symbol('}') {
                return index.max(start + 1);
            }
            index += 1;
        }
        index
    }

    /// Shows `protobuf-parse` a text in place of the tokens from `first` to the one read last.
    fn replace_since(&mut self, first: &Token, text: String) {
        let Some(last) = self.last() else { return };
        let span = first.span.start..last.span.end;
        self.file.edits.replace(span, text);
    }

    /// Reports that the next token is unexpected.
    fn unexpected<T>(&mut self, expected: &str) -> Option<T> {
        if self.is_in_name() {
            let help = "names have letters, digits and underscores";
            return self.unexpected_with_help(expected, help);
        }
        let message = format!("found {}, expected {expected}", self.found());
        self.report(self.place(), message)
    }

    /// Reports that the next token is unexpected, with advice.
    fn unexpected_with_help<T>(&mut self, expected: &str, help: &str) -> Option<T> {
        let message = format!("found {}, expected {expected}", self.found());
        self.report_with_help(self.place(), message, help)
    }

    /// Returns whether the next token is a dash in a name.
    fn is_in_name(&self) -> bool {
        let (Some(last), Some(dash)) = (self.last(), self.peek()) else {
            return false;
        };
        let is_joined = last.span.end == dash.span.start;
        dash.is_symbol('-') && last.kind == Kind::Identifier && is_joined
    }

    /// Returns the next token as problems show it.
    fn found(&self) -> String {
        match self.peek() {
            Some(token) if token.kind == Kind::Text => format!("\"{}\"", token.text),
            Some(token) if token.is_symbol('-') => match self.peek_second() {
                Some(number) if number.kind == Kind::Integer => format!("`-{}`", number.text),
                _ => "`-`".into(),
            },
            Some(token) => format!("`{}`", token.text),
            None => "the end of the file".into(),
        }
    }

    fn report<T>(&mut self, position: Position, message: impl Into<String>) -> Option<T> {
        if let Some(help) = self.help_with_brace() {
            return self.report_with_help(position, message, &help);
        }
        if self.may_report() {
            let file = &self.file.display_name;
            self.diagnostics.report(file, position, message);
        }
        None
    }

    fn report_with_help<T>(
        &mut self,
        position: Position,
        message: impl Into<String>,
        help: &str,
    ) -> Option<T> {
        if self.may_report() {
            let file = &self.file.display_name;
            self.diagnostics
                .report_with_help(file, position, message, help);
        }
        None
    }

    /// Returns whether a problem is to be reported, which may be the last one.
    fn may_report(&mut self) -> bool {
        !std::mem::replace(&mut self.is_muted, !self.blocks.are_closed())
    }

    /// Returns the place of the next token, or of the last one at the end of the file.
    fn place(&self) -> Position {
        let token = self.peek().or(self.tokens.last());
        token.map_or(Position::START, |token| token.position)
    }
}

/// Puts the content of a string literal into double quotes.
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

/// Returns the comments of a declaration from its first token and the token at the end of its first
/// line.
fn comments(first: &Token, last: Option<&Token>) -> Comments {
    Comments {
        leading: first.leading.clone(),
        trailing: last.map(|last| last.trailing.clone()).unwrap_or_default(),
    }
}
