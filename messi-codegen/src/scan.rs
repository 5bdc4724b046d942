//! What a schema file declares, statement by statement, with the place of every word that a
//! problem may be about, and the comments that become documentation.
//!
//! This runs before `protobuf-parse` sees the file. That parser recurses into nested blocks and
//! imports without a limit, takes much that is not proto3, and forgets places and comments; the
//! scan has none of these faults. It knows the grammar, and nothing of what names and numbers mean:
//! that is for `check`.

mod blocks;
mod fields;
mod head;
mod nesting;
mod reader;
mod settings;

use std::collections::HashMap;
use std::ops::Range;

use self::reader::Reader;
use crate::check::join;
use crate::diagnostics::{Diagnostics, Position};
use crate::lex::{Kind, Token, lex};

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
    pub(crate) imports: Vec<Import>,
    /// The options of the file.
    pub(crate) settings: Vec<Setting>,
    /// Every declaration, in the order of the file.
    pub(crate) declarations: Vec<Declaration>,
    /// What each message and enum reserves.
    pub(crate) reserved: Vec<Reserved>,
    /// What `extend` statements extend.
    pub(crate) extended: Vec<Reference>,
    /// What `protobuf-parse` shall read otherwise: see [`Edit`].
    pub(crate) edits: Vec<Edit>,
    /// The index of each declaration, by its full name.
    index: HashMap<String, Vec<usize>>,
}

/// An `import` statement.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) path: Word,
    /// Whether those who import this file see what it imports here.
    pub(crate) is_public: bool,
}

/// A part of the file that is read here and that `protobuf-parse`, which would stumble over it,
/// shall see as something else. It says no less for that: a schema's meaning is not changed.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    span: Range<usize>,
    text: String,
}

/// What the `reserved` statements of one message or enum say.
#[derive(Debug)]
pub(crate) struct Reserved {
    /// Of a message or an enum.
    pub(crate) kind: DeclarationKind,
    /// The full name of the message or enum.
    pub(crate) owner: String,
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

/// A name that refers to a declaration.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) name: Word,
    /// The full name of what is around it.
    pub(crate) scope: String,
}

/// A declaration of a name.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(crate) kind: DeclarationKind,
    pub(crate) name: Word,
    /// The full name of the message, enum or service around it, or the package.
    pub(crate) scope: String,
    /// The name with that of all that is around it.
    pub(crate) full_name: String,
    /// The `optional` or `repeated` of a field.
    pub(crate) label: Option<Word>,
    /// The type of a field; the key and the value of a map; what a method takes and gives.
    pub(crate) types: Vec<Word>,
    /// The number of a field or value.
    pub(crate) number: Word,
    /// The index, among what is extended, of what an extension extends.
    pub(crate) extends: Option<usize>,
    /// The full name of the oneof that a field is in.
    pub(crate) oneof: Option<String>,
    pub(crate) settings: Vec<Setting>,
    pub(crate) docs: Vec<String>,
}

/// What is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeclarationKind {
    Message,
    Enum,
    Oneof,
    Field,
    Extension,
    Value,
    Service,
    Method,
}

/// A value given to an option.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// `deprecated`, or `(acme.option).part`.
    pub(crate) name: Word,
    pub(crate) kind: ValueKind,
    pub(crate) value: Word,
}

/// The form of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Identifier,
    Integer,
    Float,
    Text,
    /// `{ … }`
    Message,
}

impl Scan {
    /// A scan of a file in which nothing has been found yet.
    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: file.into(),
            ..Self::default()
        }
    }

    /// The package, or nothing.
    pub(crate) fn package(&self) -> &str {
        self.packages.first().map_or("", |package| &package.text)
    }

    /// Where a name is declared; the start of the file if that is not known.
    pub(crate) fn position(&self, full_name: &str) -> Position {
        self.find(full_name)
            .map_or(START, |declaration| declaration.name.position)
    }

    /// The first declaration of a name.
    pub(crate) fn find(&self, full_name: &str) -> Option<&Declaration> {
        let first = self.index.get(full_name)?.first()?;
        self.declarations.get(*first)
    }

    /// The comment of a declaration.
    pub(crate) fn docs(&self, full_name: &str) -> Vec<String> {
        self.find(full_name)
            .map(|declaration| declaration.docs.clone())
            .unwrap_or_default()
    }

    /// The text of the file as `protobuf-parse` shall see it, every place in it the same.
    pub(crate) fn edited(&self, text: &str) -> String {
        let mut edited = String::with_capacity(text.len());
        let mut end = 0;
        for edit in &self.edits {
            edited.push_str(&text[end..edit.span.start]);
            edited.push_str(&edit.text);
            let rest = text[edit.span.clone()]
                .chars()
                .skip(edit.text.chars().count());
            edited.extend(rest.map(|c| if c == '\n' { '\n' } else { ' ' }));
            end = edit.span.end;
        }
        edited.push_str(&text[end..]);
        edited
    }

    /// The declarations of one kind.
    pub(crate) fn of_kind(&self, kind: DeclarationKind) -> impl Iterator<Item = &Declaration> {
        self.declarations
            .iter()
            .filter(move |declaration| declaration.kind == kind)
    }

    /// What is declared right inside a message, an enum or a service.
    pub(crate) fn inside<'a>(&'a self, scope: &'a str) -> impl Iterator<Item = &'a Declaration> {
        self.declarations
            .iter()
            .filter(move |declaration| declaration.scope == scope)
    }

    /// Adds a declaration and gives its index.
    pub(crate) fn declare(&mut self, declaration: Declaration) -> usize {
        let index = self.declarations.len();
        let indices = self.index.entry(declaration.full_name.clone());
        indices.or_default().push(index);
        self.declarations.push(declaration);
        index
    }
}

impl Declaration {
    /// A declaration of which no more is known yet than its name.
    pub(crate) fn new(kind: DeclarationKind, name: Word, scope: &str) -> Self {
        Self {
            kind,
            full_name: join(scope, &name.text),
            name,
            scope: scope.into(),
            label: None,
            types: Vec::new(),
            number: Word::default(),
            extends: None,
            oneof: None,
            settings: Vec::new(),
            docs: Vec::new(),
        }
    }

    /// Whether a field is a map.
    pub(crate) fn is_map(&self) -> bool {
        self.kind == DeclarationKind::Field && self.types.len() == 2
    }

    pub(crate) fn is_repeated(&self) -> bool {
        self.label
            .as_ref()
            .is_some_and(|label| label.text == "repeated")
    }
}

impl Setting {
    /// Whether the option is one that a schema declares.
    pub(crate) fn is_custom(&self) -> bool {
        self.name.text.starts_with('(')
    }
}

/// The start of a file.
pub(crate) const START: Position = Position { line: 1, column: 1 };

/// Scans a file. What is not proto3 is reported; `None` if that can't even be split into tokens
/// and balanced blocks.
pub(crate) fn scan(file: &str, text: &str, diagnostics: &mut Diagnostics) -> Option<Scan> {
    let tokens = match lex(text) {
        Ok(tokens) => tokens,
        Err(error) => {
            diagnostics.report(file, error.position, error.message);
            return None;
        }
    };
    let closing = nesting::check(file, &tokens, diagnostics)?;
    // In a file that is not of proto3, that alone is worth a report.
    let mut unheard = Diagnostics::default();
    let diagnostics = if is_proto3(&tokens) {
        diagnostics
    } else {
        &mut unheard
    };
    Some(Reader::new(file, text, &tokens, &closing, diagnostics).file())
}

/// Whether a file begins as if it were of proto3, be it with mistakes.
fn is_proto3(tokens: &[Token]) -> bool {
    let statement = tokens.split(|token| token.is_symbol(';')).next();
    let statement = statement.unwrap_or_default();
    let has_syntax = tokens.iter().any(|token| token.is_word("syntax"));
    let mut texts = statement.iter().filter(|token| token.kind == Kind::Text);
    let names_another = texts.next().is_some_and(|text| text.text != "proto3");
    has_syntax && !(names_another && statement[0].is_word("syntax"))
}
