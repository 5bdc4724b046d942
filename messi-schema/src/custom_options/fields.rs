//! Fields of messages, and extensions, with the types of their values.

use crate::ast::{Declaration, DeclarationKind, File, is_set, join};
use crate::lexer::value;
use crate::resolve::{Meaning, Symbols};
use crate::scalar::Scalar;

/// The declarations of all files.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) symbols: &'a Symbols<'a>,
}

/// A declaration and its file.
#[derive(Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) file: &'a File,
    pub(super) declaration: &'a Declaration,
}

/// A field or an extension.
#[derive(Clone, Copy)]
pub(super) struct FieldRef<'a>(Declared<'a>);

/// The type of a value.
#[derive(Clone, Copy)]
pub(super) enum FieldType<'a> {
    Scalar(Scalar),
    Enum(Declared<'a>),
    Message(Declared<'a>),
    /// The entry of a map, which is a message of a key and a value.
    Entry(FieldRef<'a>),
}

impl<'a> Fields<'a> {
    /// Returns an extension by its full name.
    pub(super) fn extension(&self, full_name: &str) -> Option<FieldRef<'a>> {
        self.find(full_name, DeclarationKind::Extension)
            .map(FieldRef)
    }

    /// Returns a field of a message by its name.
    pub(super) fn of_message(&self, message: Declared<'a>, name: &str) -> Option<FieldRef<'a>> {
        let full_name = join(&message.declaration.full_name, name);
        self.find(&full_name, DeclarationKind::Field).map(FieldRef)
    }

    fn find(&self, full_name: &str, kind: DeclarationKind) -> Option<Declared<'a>> {
        let (file, declaration) = self.symbols.declaration(full_name)?;
        (declaration.kind == kind).then_some(Declared { file, declaration })
    }
}

impl<'a> FieldRef<'a> {
    pub(super) fn is_repeated(&self) -> bool {
        self.0.declaration.is_repeated()
    }

    /// Returns whether the field holds several values.
    pub(super) fn is_list(&self) -> bool {
        self.is_repeated() || self.0.declaration.is_map()
    }

    /// Returns whether a default value is written like any other.
    pub(super) fn has_presence(&self) -> bool {
        let Declared { file, declaration } = self.0;
        !file.is_proto3() || declaration.is_optional() || declaration.oneof.is_some()
    }

    /// Returns whether numbers in a list share one length on the wire.
    pub(super) fn is_packed(&self) -> bool {
        let Declared { file, declaration } = self.0;
        match file.is_proto2() {
            true => is_set(&declaration.settings, "packed"),
            false => declaration.may_be_packed(),
        }
    }

    /// Returns the number. One that is out of range has been reported.
    pub(super) fn number(&self) -> u32 {
        let number = value(&self.0.declaration.number.value);
        number.and_then(|it| u32::try_from(it).ok()).unwrap_or(1)
    }

    /// Returns the message that an extension extends, if its name resolves.
    pub(super) fn extendee(&self, symbols: &Symbols<'_>) -> Option<String> {
        let Declared { file, declaration } = self.0;
        let extended = file.extended.get(declaration.extends?)?;
        match symbols.resolve(file, &extended.scope, &extended.name.value) {
            Meaning::Declared(_, full_name) => Some(full_name),
            _ => None,
        }
    }

    /// Returns the type of a value.
    pub(super) fn value_type(&self, fields: Fields<'a>) -> Option<FieldType<'a>> {
        match self.0.declaration.is_map() {
            true => Some(FieldType::Entry(*self)),
            false => self.part_type(0, fields),
        }
    }

    /// Returns the type of the key (0) or of the value (1) of a map, or of any other field (0).
    pub(super) fn part_type(&self, index: usize, fields: Fields<'a>) -> Option<FieldType<'a>> {
        let Declared { file, declaration } = self.0;
        let name = declaration.types.get(index)?;
        if let Some(scalar) = Scalar::from_name(&name.value) {
            return Some(FieldType::Scalar(scalar));
        }
        let meaning = fields
            .symbols
            .resolve(file, &declaration.scope, &name.value);
        let Meaning::Declared(kind, full_name) = meaning else {
            return None;
        };
        let declared = fields.find(&full_name, kind)?;
        Some(match kind {
            DeclarationKind::Enum => FieldType::Enum(declared),
            _ => FieldType::Message(declared),
        })
    }
}
