//! Splits the text of a schema into tokens, with their places and the comments around them.

mod literal;
mod number;
#[cfg(test)]
mod tests;
mod token;
mod unescape;

use self::literal::{is_escape, is_hex, number_kind};
pub(crate) use self::number::{integer, value};
pub(crate) use self::token::{Kind, Token};
pub(crate) use self::unescape::unescape;
use crate::position::Position;

/// The reason why a text can't be split into tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LexError {
    pub(crate) message: String,
    pub(crate) position: Position,
}

/// The tokens of a text.
#[derive(Debug)]
pub(crate) struct Lexed {
    /// All tokens, without those of lines that can't be split.
    pub(crate) tokens: Vec<Token>,
    /// The first reason why a line can't be split.
    pub(crate) error: Option<LexError>,
}

/// Splits a text into tokens. The rest of a line that can't be split is left out.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer {
        rest: text,
        length: text.len(),
        position: Position::START,
        tokens: Vec::new(),
        comment: Comment::default(),
    };
    let mut first_error = None;
    loop {
        match lexer.step() {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                first_error.get_or_insert(error);
                lexer.take_while(|c| c != '\n');
            }
        }
    }
    lexer.end_comment();
    Lexed {
        tokens: lexer.tokens,
        error: first_error,
    }
}

struct Lexer<'a> {
    rest: &'a str,
    /// The length of the whole text.
    length: usize,
    position: Position,
    tokens: Vec<Token>,
    comment: Comment,
}

/// The last comment. It belongs to the token before it, or to the one after it, or is dropped.
#[derive(Debug, Default)]
struct Comment {
    lines: Vec<String>,
    first_line: usize,
    last_line: usize,
}

impl Lexer<'_> {
    /// Reads the next token. Returns false at the end of the text.
    fn step(&mut self) -> Result<bool, LexError> {
        let has_token = self.skip_space()?;
        if has_token {
            self.next_token()?;
        }
        Ok(has_token)
    }

    fn next_token(&mut self) -> Result<(), LexError> {
        let position = self.position;
        let start = self.offset();
        let leading = self.leading_comment();
        let (kind, text) = match self.peek() {
            Some('"' | '\'') => (Kind::Text, self.text()?),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => (
                Kind::Identifier,
                self.take_while(|c| c.is_ascii_alphanumeric() || c == '_'),
            ),
            Some(c) if c.is_ascii_digit() || (c == '.' && self.begins_fraction()) => {
                self.number()?
            }
            Some(c) if c.is_ascii_punctuation() && !matches!(c, '`' | '\\' | '@' | '#' | '?') => {
                self.advance(c);
                (Kind::Symbol, c.into())
            }
            Some(c) => {
                let comment = if c == '#' {
                    ": comments begin with `//`"
                } else {
                    ""
                };
                let message =
                    format!("found the character {c:?}, which is not part of proto3{comment}");
                return Err(LexError { message, position });
            }
            None => return Ok(()),
        };
        self.tokens.push(Token {
            kind,
            text,
            position,
            span: start..self.offset(),
            leading,
            trailing: Vec::new(),
        });
        Ok(())
    }

    fn number(&mut self) -> Result<(Kind, String), LexError> {
        let position = self.position;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            // The sign of an exponent is part of the number.
            let is_sign = matches!(c, '+' | '-') && text.ends_with(['e', 'E']) && !is_hex(&text);
            if !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || is_sign) {
                break;
            }
            self.advance(c);
            text.push(c);
        }
        let kind = number_kind(&text).ok_or_else(|| LexError {
            message: format!(
                "found `{text}`, which is not a number: one in decimal begins with 1 to 9, in octal with 0, in hexadecimal with 0x"
            ),
            position,
        })?;
        Ok((kind, text))
    }

    /// Returns whether the next point begins a number, as in `.5`.
    fn begins_fraction(&self) -> bool {
        self.rest[1..].starts_with(|c: char| c.is_ascii_digit())
    }

    /// Returns the number of bytes read.
    fn offset(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Skips space and comments. Returns false at the end of the text.
    fn skip_space(&mut self) -> Result<bool, LexError> {
        loop {
            if self.rest.starts_with("//") {
                self.line_comment();
            } else if self.rest.starts_with("/*") {
                self.block_comment()?;
            } else {
                match self.peek() {
                    Some(c) if c.is_ascii_whitespace() || c == '\u{b}' => self.advance(c),
                    Some(_) => return Ok(true),
                    None => return Ok(false),
                }
            }
        }
    }

    fn line_comment(&mut self) {
        let line = self.position.line;
        let text = self.take_while(|c| c != '\n');
        let text = text.trim_start_matches('/').trim_end();
        self.add_comment(
            line,
            line,
            vec![text.strip_prefix(' ').unwrap_or(text).into()],
            true,
        );
    }

    fn block_comment(&mut self) -> Result<(), LexError> {
        let start = self.position;
        let Some(end) = self.rest.find("*/") else {
            self.take_while(|_| true);
            let message = "found a comment without its end, `*/`".into();
            return Err(LexError {
                message,
                position: start,
            });
        };
        let text = self.rest[2..end.max(2)].to_string();
        let mut count = self.rest[..end + 2].chars().count();
        while count > 0 {
            if let Some(c) = self.peek() {
                self.advance(c);
            }
            count -= 1;
        }
        if text.contains("/*") {
            let message = "found `/*` inside a comment, which ends at the first `*/`".into();
            return Err(LexError {
                message,
                position: start,
            });
        }
        let mut lines: Vec<String> = text.lines().map(block_comment_line).collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        let blank = lines.iter().take_while(|line| line.is_empty()).count();
        lines.drain(..blank);
        self.add_comment(start.line, self.position.line, lines, false);
        Ok(())
    }

    /// Adds a comment. Line comments on adjacent lines are one.
    fn add_comment(&mut self, first: usize, last: usize, lines: Vec<String>, may_join: bool) {
        // A block comment is never part of another comment.
        let joins =
            may_join && !self.comment.lines.is_empty() && self.comment.last_line + 1 == first;
        if !joins {
            self.end_comment();
            self.comment.first_line = first;
        }
        self.comment.lines.extend(lines);
        self.comment.last_line = last;
        // A comment behind a token ends with its line, so that the next one is not joined.
        if self.is_trailing() {
            self.end_comment();
        }
    }

    /// Returns whether the comment begins on the line of the last token.
    fn is_trailing(&self) -> bool {
        self.tokens
            .last()
            .is_some_and(|token| token.position.line == self.comment.first_line)
    }

    /// Attaches the comment to the token before it on its line, or drops it.
    fn end_comment(&mut self) {
        let is_trailing = self.is_trailing();
        let lines = std::mem::take(&mut self.comment.lines);
        if let Some(token) = self.tokens.last_mut().filter(|_| is_trailing) {
            token.trailing.extend(lines);
        }
    }

    /// Takes the comment for the token that begins here, if it ends on this line or the one before.
    fn leading_comment(&mut self) -> Vec<String> {
        let line = self.position.line;
        let touches = (self.comment.last_line..=self.comment.last_line + 1).contains(&line);
        if self.is_trailing() || !touches {
            self.end_comment();
        }
        std::mem::take(&mut self.comment.lines)
    }

    /// Reads a string literal. Escapes are checked and kept as written: see [`unescape`].
    fn text(&mut self) -> Result<String, LexError> {
        let position = self.position;
        let unterminated = || LexError {
            message: "found a string without a closing quote on the same line".into(),
            position,
        };
        let quote = self.peek().ok_or_else(unterminated)?;
        self.advance(quote);
        let mut text = String::new();
        loop {
            match self.peek() {
                None | Some('\n') => return Err(unterminated()),
                Some(c) => {
                    let position = self.position;
                    if c == '\\' && !is_escape(self.rest) {
                        if self.rest.len() == 1 {
                            return Err(unterminated());
                        }
                        let message = "found an escape that proto3 does not have: write `\\\\` for a backslash".into();
                        return Err(LexError { message, position });
                    }
                    self.advance(c);
                    if c == quote {
                        return Ok(text);
                    }
                    text.push(c);
                    if c == '\\' {
                        let escaped = self.peek().ok_or_else(unterminated)?;
                        self.advance(escaped);
                        text.push(escaped);
                    }
                }
            }
        }
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek().filter(|&c| is_part(c)) {
            self.advance(c);
            taken.push(c);
        }
        taken
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn advance(&mut self, character: char) {
        self.rest = &self.rest[character.len_utf8()..];
        if character == '\n' {
            self.position = Position {
                line: self.position.line + 1,
                column: 1,
            };
        } else {
            self.position.column += 1;
        }
    }
}

/// Removes the indentation and the star before a line of a block comment.
fn block_comment_line(line: &str) -> String {
    let line = line.trim();
    let line = line.strip_prefix('*').unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line).into()
}
