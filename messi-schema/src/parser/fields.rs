//! Fields of messages.

use super::{Parser, comments};
use crate::ast::{Declaration, DeclarationKind};
use crate::lexer::Kind;
use crate::position::Spanned;

const LABELS: &[&str] = &["optional", "repeated", "required"];

impl Parser<'_, '_> {
    /// Reads `label type name = number [options];`, in a oneof or not.
    pub(super) fn field(&mut self, oneof: Option<&str>) -> Option<()> {
        let first = self.peek()?;
        let label = self.label(oneof);
        let types = self.types()?;
        if types.len() == 2 {
            self.check_map(&types, label.as_ref(), oneof)?;
        }
        let mut field = self.named(DeclarationKind::Field, types)?;
        // The name and the type count even if the rest is wrong.
        let read = self.number_of_field(&mut field);
        field.label = label;
        field.oneof = oneof.map(Into::into);
        field.comments = comments(first, self.last());
        self.file.declare(field);
        read
    }

    /// Reads a field in the block of an `extend`.
    pub(super) fn extension(&mut self) -> Option<()> {
        let first = self.peek()?;
        let label = self.label(None);
        let types = self.types()?;
        if types.len() == 2 {
            return self.report_with_help(
                types[0].position,
                "found a map as an extension, which can't be one",
                "declare a message with the map, and make that the extension",
            );
        }
        let mut extension = self.named(DeclarationKind::Extension, types)?;
        self.number_of_field(&mut extension)?;
        extension.label = label;
        extension.comments = comments(first, self.last());
        extension.extends = self.file.extended.len().checked_sub(1);
        self.file.declare(extension);
        Some(())
    }

    /// Reads the name.
    fn named(&mut self, kind: DeclarationKind, types: Vec<Spanned<String>>) -> Option<Declaration> {
        let name = self.field_name()?;
        let mut field = self.declaration(kind, name);
        field.types = types;
        Some(field)
    }

    /// Reads the number and the options.
    fn number_of_field(&mut self, field: &mut Declaration) -> Option<()> {
        self.symbol('=', "`=` and the number of the field")?;
        field.number = self.integer(false, "the number of the field")?;
        field.settings = self.settings()?;
        self.symbol(';', "`;`")
    }

    fn field_name(&mut self) -> Option<Spanned<String>> {
        let expected = "the name of the field";
        match self.peek().map(|token| token.text.as_str()) {
            Some("[" | "<") => {
                let help = "a list is `repeated string names = 1;`, and a map is `map<string, int32> counts = 1;`";
                self.unexpected_with_help(expected, help)
            }
            Some(":") => {
                let help = "the type is before the name: `int32 count = 1;`";
                self.unexpected_with_help(expected, help)
            }
            _ => self.identifier(expected),
        }
    }

    /// Reads the label, if there is one. A wrong one is reported and left out.
    fn label(&mut self, oneof: Option<&str>) -> Option<Spanned<String>> {
        let found = LABELS.iter().find_map(|label| self.eat_word(label))?;
        if found.value == "required" && self.is_proto3 {
            return self.report_with_help(
                found.position,
                "found `required`, which proto3 does not have",
                "remove it, or write `optional` to tell a missing value from a default one",
            );
        }
        if oneof.is_some() {
            let message = format!(
                "found `{}` in a oneof, whose members have no label",
                found.value
            );
            let help = match found.value.as_str() {
                "repeated" => "declare a message with the list, and make that the member",
                _ => "remove it: one member of a oneof is set at most",
            };
            return self.report_with_help(found.position, message, help);
        }
        if let Some(second) = LABELS.iter().find(|second| self.is_second_label(second)) {
            let first = &found.value;
            let message = format!("found `{second}` after `{first}`, expected one label at most");
            let help = "remove `optional`: a list may be empty";
            self.report_with_help::<()>(self.place(), message, help);
            self.bump();
        }
        Some(found)
    }

    /// Returns whether a label is next, and not a type of that name.
    fn is_second_label(&self, label: &str) -> bool {
        let is_type = self
            .tokens
            .get(self.next + 2)
            .is_some_and(|token| token.is_symbol('='));
        let is_followed = self
            .peek_second()
            .is_some_and(|token| token.kind == Kind::Identifier);
        self.is_word(label) && is_followed && !is_type
    }

    /// Reads the type of a field, or the key and the value of a map.
    fn types(&mut self) -> Option<Vec<Spanned<String>>> {
        if self.is_word("group") {
            return self.report_with_help(
                self.place(),
                "found a group, which proto3 does not have",
                "declare a message, and a field of its type",
            );
        }
        let is_map = self.is_word("map") && self.peek_second().is_some_and(|it| it.is_symbol('<'));
        if !is_map {
            return Some(vec![self.dotted(true, "a type")?]);
        }
        self.bump();
        self.bump();
        let key = self.dotted(true, "the type of the map's keys")?;
        self.symbol(',', "`,` and the type of the map's values")?;
        if self.is_word("map") && self.peek_second().is_some_and(|it| it.is_symbol('<')) {
            return self.report_with_help(
                self.place(),
                "found a map as the value of a map",
                "declare a message with the inner map, and make that the value",
            );
        }
        let value = self.dotted(true, "the type of the map's values")?;
        self.symbol('>', "`>`")?;
        Some(vec![key, value])
    }

    fn check_map(
        &mut self,
        types: &[Spanned<String>],
        label: Option<&Spanned<String>>,
        oneof: Option<&str>,
    ) -> Option<()> {
        if let Some(label) = label {
            let message = format!("found `{} map`, but a map has no label", label.value);
            self.report_with_help::<()>(
                label.position,
                message,
                "remove it: a map holds any number of entries",
            );
        }
        if oneof.is_some() {
            return self.report_with_help(
                types[0].position,
                "found a map in a oneof, which can't hold one",
                "declare a message with the map, and make that the member",
            );
        }
        Some(())
    }
}
