//! The syntax tree of a file: its statements and declarations, with the place of every word that a
//! problem may be about, and with comments.
//!
//! The tree holds names and numbers as written. [`check`](crate::check) decides whether they are
//! valid, [`lower`](crate::lower) computes their meaning.

use std::collections::HashMap;

use crate::comments::Comments;
use crate::edits::Edits;
use crate::position::{Position, Spanned};

/// The editions of protobuf, in which a file has no syntax.
const EDITIONS: &[&str] = &["2023", "2024"];

/// The statements and declarations of a file.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// The path that problems show: as the user or the import wrote it.
    pub(crate) display_name: String,
    /// The comments of the `syntax` statement.
    pub(crate) comments: Comments,
    /// The words of the `syntax` and `edition` statements.
    pub(crate) syntax: Vec<Spanned<String>>,
    /// The `package` statements.
    pub(crate) packages: Vec<Spanned<String>>,
    /// The comments of the `package` statement.
    pub(crate) package_comments: Comments,
    /// The `import` statements.
    pub(crate) imports: Vec<ImportStatement>,
    /// The options of the file.
    pub(crate) settings: Vec<Setting>,
    /// Every declaration, in the order of the file.
    pub(crate) declarations: Vec<Declaration>,
    /// The reserved names and numbers of each message and enum.
    pub(crate) reserved: Vec<ReservedBlock>,
    /// The messages that `extend` statements extend.
    pub(crate) extended: Vec<Reference>,
    /// Changes for `protobuf-parse`.
    pub(crate) edits: Edits,
    /// The index of each declaration, by its full name.
    index: HashMap<String, Vec<usize>>,
}

/// An `import` statement.
#[derive(Clone, Debug)]
pub(crate) struct ImportStatement {
    pub(crate) path: Spanned<String>,
    pub(crate) kind: ImportKind,
    pub(crate) comments: Comments,
}

/// The kind of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportKind {
    /// `import`.
    #[default]
    Private,
    /// `import public`: files that import this one see the declarations of the imported one too.
    Public,
    /// `import weak`, which means the same as `import`.
    Weak,
}

/// The `reserved` statements of a message or an enum.
#[derive(Debug)]
pub(crate) struct ReservedBlock {
    /// The kind of the owner: a message or an enum.
    pub(crate) kind: DeclarationKind,
    /// The full name of the message or enum.
    pub(crate) owner: String,
    /// The words of each number or range: `1`, or `1`, `to`, `2`.
    pub(crate) ranges: Vec<Vec<Spanned<String>>>,
    pub(crate) names: Vec<Spanned<String>>,
}

/// A name that refers to a declaration.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) name: Spanned<String>,
    /// The full name of the innermost declaration around it, or the package.
    pub(crate) scope: String,
}

/// A declaration of a name.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(crate) kind: DeclarationKind,
    pub(crate) name: Spanned<String>,
    /// The full name of the message, enum or service around it, or the package.
    pub(crate) scope: String,
    /// The name within the scope: `acme.types.Shape.Inner`.
    pub(crate) full_name: String,
    /// The `optional` or `repeated` of a field.
    pub(crate) label: Option<Spanned<String>>,
    /// The type of a field; the key and the value of a map; the request and response of a method.
    pub(crate) types: Vec<Spanned<String>>,
    /// The number of a field or value.
    pub(crate) number: Spanned<String>,
    /// The index in [`File::extended`] of the message that an extension extends.
    pub(crate) extends: Option<usize>,
    /// The full name of the oneof that a field is in.
    pub(crate) oneof: Option<String>,
    /// Whether the request and the response of a method are streams.
    pub(crate) streams: [bool; 2],
    /// Whether a method has a block for options, which may be empty.
    pub(crate) has_block: bool,
    pub(crate) settings: Vec<Setting>,
    pub(crate) comments: Comments,
}

/// The kind of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// An option that is set.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// `deprecated`, or `(acme.option).part`.
    pub(crate) name: Spanned<String>,
    pub(crate) value: Literal,
}

/// The value of an option.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    pub(crate) kind: LiteralKind,
    /// The value as written, a string without its quotes, `{ … }` for a message.
    pub(crate) text: String,
    pub(crate) position: Position,
    /// The fields of a message.
    pub(crate) fields: Vec<LiteralField>,
}

/// A field of a message that is written as the value of an option.
#[derive(Clone, Debug)]
pub(crate) struct LiteralField {
    /// `name`, or `[acme.option]`.
    pub(crate) name: Spanned<String>,
    /// The value, or the elements of a list.
    pub(crate) values: Vec<Literal>,
    pub(crate) is_list: bool,
}

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LiteralKind {
    Identifier,
    Integer,
    Float,
    Text,
    /// `{ … }`
    Message,
}

impl File {
    /// Creates a file without statements.
    pub(crate) fn new(display_name: &str) -> Self {
        Self {
            display_name: display_name.into(),
            ..Self::default()
        }
    }

    /// Returns whether the file is of proto3.
    pub(crate) fn is_proto3(&self) -> bool {
        self.syntax.first().is_some_and(|it| it.value == "proto3")
    }

    /// Returns whether the file is of proto2, which is the syntax of files that name no syntax.
    pub(crate) fn is_proto2(&self) -> bool {
        self.syntax.first().is_none_or(|it| it.value == "proto2")
    }

    /// Returns whether the file is of proto2 or of an edition. Files of proto3 may import it.
    pub(crate) fn is_foreign(&self) -> bool {
        let is_edition = |it: &Spanned<String>| EDITIONS.contains(&it.value.as_str());
        self.is_proto2() || self.syntax.first().is_some_and(is_edition)
    }

    /// Returns the package, or an empty name.
    pub(crate) fn package(&self) -> &str {
        self.packages.first().map_or("", |package| &package.value)
    }

    /// Returns the first declaration of a name.
    pub(crate) fn find(&self, full_name: &str) -> Option<&Declaration> {
        let first = self.index.get(full_name)?.first()?;
        self.declarations.get(*first)
    }

    /// Returns the declarations of a kind.
    pub(crate) fn of_kind(&self, kind: DeclarationKind) -> impl Iterator<Item = &Declaration> {
        self.declarations
            .iter()
            .filter(move |declaration| declaration.kind == kind)
    }

    /// Returns the declarations directly inside a message, an enum, a service or the package.
    pub(crate) fn inside<'a>(&'a self, scope: &'a str) -> impl Iterator<Item = &'a Declaration> {
        self.declarations
            .iter()
            .filter(move |declaration| declaration.scope == scope)
    }

    /// Replaces or removes each declaration.
    pub(crate) fn map(&mut self, mut map: impl FnMut(Declaration) -> Option<Declaration>) {
        self.index.clear();
        for declaration in std::mem::take(&mut self.declarations) {
            if let Some(declaration) = map(declaration) {
                self.declare(declaration);
            }
        }
    }

    /// Adds a declaration and returns its index.
    pub(crate) fn declare(&mut self, declaration: Declaration) -> usize {
        let index = self.declarations.len();
        let indices = self.index.entry(declaration.full_name.clone());
        indices.or_default().push(index);
        self.declarations.push(declaration);
        index
    }
}

impl Declaration {
    /// Creates a declaration of a name, with all else empty.
    pub(crate) fn new(kind: DeclarationKind, name: Spanned<String>, scope: &str) -> Self {
        Self {
            kind,
            full_name: join(scope, &name.value),
            name,
            scope: scope.into(),
            label: None,
            types: Vec::new(),
            number: Spanned::default(),
            extends: None,
            oneof: None,
            streams: [false; 2],
            has_block: false,
            settings: Vec::new(),
            comments: Comments::default(),
        }
    }

    /// Returns whether a field is a map.
    pub(crate) fn is_map(&self) -> bool {
        self.kind == DeclarationKind::Field && self.types.len() == 2
    }

    /// Returns whether a field is marked `repeated`.
    pub(crate) fn is_repeated(&self) -> bool {
        self.has_label("repeated")
    }

    /// Returns whether a repeated field is packed, if its type can be: unless its option forbids it.
    pub(crate) fn may_be_packed(&self) -> bool {
        setting(&self.settings, "packed").is_none() || is_set(&self.settings, "packed")
    }

    /// Returns whether a field is marked `optional`.
    pub(crate) fn is_optional(&self) -> bool {
        self.has_label("optional")
    }

    fn has_label(&self, name: &str) -> bool {
        let label = self.label.as_ref();
        label.is_some_and(|label| label.value == name)
    }

    /// Returns the name by which protobuf knows the declaration: a value of an enum belongs to the
    /// scope around its enum.
    pub(crate) fn scoped_name(&self) -> String {
        if self.kind != DeclarationKind::Value {
            return self.full_name.clone();
        }
        let around = self.scope.rsplit_once('.').map_or("", |(it, _)| it);
        join(around, &self.name.value)
    }
}

impl Setting {
    /// Returns whether the option is declared by a schema.
    pub(crate) fn is_custom(&self) -> bool {
        self.name.value.starts_with('(')
    }
}

impl DeclarationKind {
    /// Returns whether the declaration is a type.
    pub(crate) fn is_type(self) -> bool {
        matches!(self, Self::Message | Self::Enum)
    }

    /// Returns the name of the kind with its article.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Message => "the message",
            Self::Enum => "the enum",
            Self::Oneof => "the oneof",
            Self::Field => "the field",
            Self::Extension => "the extension",
            Self::Value => "the value",
            Self::Service => "the service",
            Self::Method => "the method",
        }
    }
}

/// Returns the value given to an option, if one is.
pub(crate) fn setting<'a>(settings: &'a [Setting], name: &str) -> Option<&'a Setting> {
    settings.iter().find(|setting| setting.name.value == name)
}

/// Returns whether an option is set to `true`.
pub(crate) fn is_set(settings: &[Setting], name: &str) -> bool {
    setting(settings, name).is_some_and(|setting| setting.value.text == "true")
}

/// Returns the full name of a name in a scope.
pub(crate) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.into()
    } else {
        format!("{scope}.{name}")
    }
}
