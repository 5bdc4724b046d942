//! Reads a file statement by statement.

use super::{Declaration, DeclarationKind, Reserved, START, Scan, Word};
use crate::check::join;
use crate::diagnostics::Position;
use crate::lex::{Kind, Token};

/// What the statements of a file declare.
pub(super) fn scan(file: &str, tokens: &[Token]) -> Scan {
    let mut scanner = Scanner {
        tokens,
        next: 0,
        scopes: Vec::new(),
        scan: Scan {
            file: file.into(),
            ..Scan::default()
        },
    };
    while scanner.next < tokens.len() {
        scanner.statement();
    }
    scanner.scan
}

struct Scanner<'a> {
    tokens: &'a [Token],
    next: usize,
    scopes: Vec<Scope>,
    scan: Scan,
}

/// A block that declarations are in.
struct Scope {
    kind: DeclarationKind,
    /// The full name that those inside begin with.
    prefix: String,
    /// The index of what it reserves, once it does.
    reserved: Option<usize>,
}

impl<'a> Scanner<'a> {
    fn statement(&mut self) {
        let token = self.bump();
        let inside = self.scopes.last().map(|scope| scope.kind);
        if token.is_symbol('}') {
            self.scopes.pop();
        } else if token.kind == Kind::Symbol && !token.is_symbol('.') {
            // Nothing begins with another symbol: the parser will say so.
        } else if inside.is_none() && self.head(token) {
        } else if self.is_block(token, inside) {
            self.block(token);
        } else if let Some(kind) = inside.filter(|&kind| self.is_reserved(token, kind)) {
            self.reserved(kind);
        } else if inside == Some(DeclarationKind::Enum) {
            self.value(token);
        } else if inside.is_some() && !self.is_option(token) {
            self.field(token);
        } else {
            self.skip_statement();
        }
    }

    /// Reads a statement of the file's head.
    fn head(&mut self, token: &Token) -> bool {
        match token.text.as_str() {
            "syntax" | "edition" => {
                if self.peek().is_some_and(|token| token.is_symbol('=')) {
                    self.bump();
                }
                let word = self.word();
                self.scan.syntax.push(word);
            }
            "package" => {
                let word = self.word();
                self.scan.packages.push(word);
            }
            "import" => {
                if self
                    .peek()
                    .is_some_and(|token| token.is_word("public") || token.is_word("weak"))
                {
                    self.bump();
                }
                let word = self.word();
                self.scan.imports.push(word);
            }
            _ => return false,
        }
        self.skip_statement();
        true
    }

    fn is_block(&self, token: &Token, inside: Option<DeclarationKind>) -> bool {
        let is_type = token.is_word("message") || token.is_word("enum");
        let is_block = match inside {
            None => is_type || token.is_word("extend") || token.is_word("service"),
            Some(DeclarationKind::Message) => {
                is_type || token.is_word("oneof") || token.is_word("extend")
            }
            _ => false,
        };
        is_block
            && self
                .peek()
                .is_some_and(|token| token.kind == Kind::Identifier)
    }

    /// Whether a statement declares nothing: `option …`, `reserved 1`, `extensions 2 to 3`.
    fn is_option(&self, token: &Token) -> bool {
        let is_range = ["reserved", "extensions"]
            .iter()
            .any(|word| token.is_word(word));
        let names_a_field = self
            .peek()
            .is_some_and(|token| token.kind == Kind::Identifier);
        token.is_word("option") || (is_range && !names_a_field)
    }

    /// Whether `reserved` begins a statement of its own, not the declaration of a field or value.
    fn is_reserved(&self, token: &Token, inside: DeclarationKind) -> bool {
        let block = matches!(inside, DeclarationKind::Message | DeclarationKind::Enum);
        block
            && token.is_word("reserved")
            && self.peek().is_some_and(|token| {
                matches!(token.kind, Kind::Number | Kind::Text) || token.is_symbol('-')
            })
    }

    /// Reads `reserved 1, 2 to 3;` or `reserved "name", "other";`.
    fn reserved(&mut self, kind: DeclarationKind) {
        let mut ranges: Vec<Vec<Word>> = vec![Vec::new()];
        let mut names = Vec::new();
        while let Some(token) = self.peek() {
            if token.is_symbol(';') || token.is_symbol('}') {
                break;
            }
            let word = Word {
                text: token.text.clone(),
                position: token.position,
            };
            self.bump();
            if token.is_symbol(',') {
                ranges.push(Vec::new());
            } else if token.kind == Kind::Text {
                names.push(word);
            } else if let Some(range) = ranges.last_mut() {
                range.push(word);
            }
        }
        let begun = self.scopes.last_mut().and_then(|scope| scope.reserved);
        if let Some(index) = begun {
            let reserved: &mut Reserved = &mut self.scan.reserved[index];
            reserved.ranges.extend(ranges);
            reserved.names.extend(names);
        } else {
            if let Some(scope) = self.scopes.last_mut() {
                scope.reserved = Some(self.scan.reserved.len());
            }
            self.scan.reserved.push(Reserved {
                kind,
                ranges,
                names,
            });
        }
    }

    fn block(&mut self, keyword: &Token) {
        let kind = match keyword.text.as_str() {
            "message" => DeclarationKind::Message,
            "enum" => DeclarationKind::Enum,
            "oneof" => DeclarationKind::Oneof,
            text => {
                if text == "extend" {
                    let word = Word {
                        text: text.into(),
                        position: keyword.position,
                    };
                    self.scan.foreign.push(word);
                }
                return self.skip_statement();
            }
        };
        let name = self.bump();
        let full_name = self.full_name(&name.text);
        let Some(brace) = self.peek().filter(|token| token.is_symbol('{')) else {
            return self.skip_statement();
        };
        self.bump();
        let docs = documentation(keyword, brace);
        self.declare(
            full_name.clone(),
            kind,
            name.position,
            Vec::new(),
            Word::default(),
            docs,
        );
        // The members of a oneof are fields of its message.
        let prefix = match kind {
            DeclarationKind::Oneof => self.prefix().into(),
            _ => full_name,
        };
        self.scopes.push(Scope {
            kind,
            prefix,
            reserved: None,
        });
    }

    /// Reads `NAME = number;`.
    fn value(&mut self, name: &Token) {
        if !self.peek().is_some_and(|token| token.is_symbol('=')) {
            return self.skip_statement();
        }
        self.bump();
        let number = self.number();
        let full_name = self.full_name(&name.text);
        let end = self.skip_to_end();
        let docs = documentation(name, end);
        self.declare(
            full_name,
            DeclarationKind::Value,
            name.position,
            Vec::new(),
            number,
            docs,
        );
    }

    /// Reads `label type name = number;`.
    fn field(&mut self, first: &Token) {
        let mut types = Vec::new();
        let mut token = first;
        if ["optional", "repeated", "required"]
            .iter()
            .any(|label| first.is_word(label))
            && !self.peek().is_some_and(|token| token.is_symbol('='))
        {
            token = self.bump();
        }
        if token.is_word("group") {
            self.scan.foreign.push(Word {
                text: "group".into(),
                position: token.position,
            });
            return self.skip_statement();
        }
        if token.is_word("map") && self.peek().is_some_and(|token| token.is_symbol('<')) {
            self.bump();
            types.push(self.type_name(None));
            self.bump();
            types.push(self.type_name(None));
            self.bump();
        } else {
            types.push(self.type_name(Some(token)));
        }
        let Some(name) = self.peek().filter(|token| token.kind == Kind::Identifier) else {
            return self.skip_statement();
        };
        self.bump();
        if !self.peek().is_some_and(|token| token.is_symbol('=')) {
            return self.skip_statement();
        }
        self.bump();
        let number = self.number();
        let full_name = self.full_name(&name.text);
        let end = self.skip_to_end();
        let docs = documentation(first, end);
        self.declare(
            full_name,
            DeclarationKind::Field,
            name.position,
            types,
            number,
            docs,
        );
    }

    /// Reads a name with dots, of which the first token may have been read already.
    fn type_name(&mut self, first: Option<&Token>) -> Word {
        let first = first.unwrap_or_else(|| self.bump());
        let mut word = Word {
            text: first.text.clone(),
            position: first.position,
        };
        let mut after_dot = first.is_symbol('.');
        while let Some(token) = self.peek() {
            let fits = if after_dot {
                token.kind == Kind::Identifier
            } else {
                token.is_symbol('.')
            };
            if !fits {
                break;
            }
            after_dot = token.is_symbol('.');
            word.text.push_str(&token.text);
            self.bump();
        }
        word
    }

    /// The number that comes next, if one does; its place in any case.
    fn number(&self) -> Word {
        let token = self.peek();
        Word {
            text: token.map(|token| token.text.clone()).unwrap_or_default(),
            position: token.map_or(START, |token| token.position),
        }
    }

    /// Reads a text, or a name with dots.
    fn word(&mut self) -> Word {
        match self.peek() {
            Some(token) if token.kind == Kind::Text || token.kind == Kind::Identifier => {
                self.type_name(None)
            }
            other => {
                let position = other.map_or(START, |token| token.position);
                Word {
                    text: String::new(),
                    position,
                }
            }
        }
    }

    fn declare(
        &mut self,
        full_name: String,
        kind: DeclarationKind,
        position: Position,
        types: Vec<Word>,
        number: Word,
        docs: Vec<String>,
    ) {
        let declaration = Declaration {
            kind,
            position,
            types,
            number,
            docs,
        };
        self.scan
            .declarations
            .entry(full_name)
            .or_default()
            .push(declaration);
    }

    fn prefix(&self) -> &str {
        self.scopes
            .last()
            .map_or_else(|| self.scan.package(), |scope| &scope.prefix)
    }

    fn full_name(&self, name: &str) -> String {
        join(self.prefix(), name)
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    /// The next token. At the end, where only a broken statement asks for more, the last again.
    fn bump(&mut self) -> &'a Token {
        let token = &self.tokens[self.next.min(self.tokens.len() - 1)];
        self.next += 1;
        token
    }

    fn skip_statement(&mut self) {
        self.skip_to_end();
    }

    /// Passes over the rest of a statement, blocks in it included, and gives its last token. A
    /// closing brace of the block around it is left.
    fn skip_to_end(&mut self) -> &'a Token {
        let mut depth = 0;
        let mut last = &self.tokens[self.next.clamp(1, self.tokens.len()) - 1];
        if last.is_symbol(';') {
            return last;
        }
        while let Some(token) = self.peek() {
            match token.text.as_str() {
                "{" | "[" | "(" if token.kind == Kind::Symbol => depth += 1,
                "}" | "]" | ")" if token.kind == Kind::Symbol => {
                    if depth == 0 {
                        return last;
                    }
                    depth -= 1;
                }
                _ => {}
            }
            last = self.bump();
            let ends = last.is_symbol(';') || last.is_symbol('}');
            if depth == 0 && ends {
                break;
            }
        }
        last
    }
}

/// The comment of a declaration: what stands before it, and what stands behind it on its line.
fn documentation(first: &Token, last: &Token) -> Vec<String> {
    let mut docs = first.leading.clone();
    if !docs.is_empty() && !last.trailing.is_empty() {
        docs.push(String::new());
    }
    docs.extend(last.trailing.iter().cloned());
    docs
}
