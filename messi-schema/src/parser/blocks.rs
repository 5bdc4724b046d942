//! Messages, oneofs, enums, services and reservations.

use super::{Parser, comments};
use crate::ast::{Declaration, DeclarationKind, Reference, ReservedBlock};
use crate::lexer::{Kind, Token, value};
use crate::position::Spanned;

impl<'a> Parser<'a, '_> {
    pub(super) fn message(&mut self) -> Option<()> {
        let message = self.begin_block(DeclarationKind::Message)?;
        self.enclosed(message, Self::in_message)
    }

    fn in_message(&mut self, message: usize) -> Option<()> {
        let token = self.peek()?;
        match token.text.as_str() {
            "message" => self.message(),
            "enum" => self.enumeration(),
            "oneof" => self.oneof(),
            "extend" => self.extend(),
            "option" => self.setting_of(message),
            "reserved" => self.reserved(message),
            "extensions" => self.report_with_help(
                token.position,
                "found `extensions`, which proto3 does not have",
                "only the options of google.protobuf can be extended",
            ),
            _ => self.field(None),
        }
    }

    fn oneof(&mut self) -> Option<()> {
        let oneof = self.begin_block(DeclarationKind::Oneof)?;
        let full_name = self.file.declarations[oneof].full_name.clone();
        // Its members are fields of the message.
        self.block(DeclarationKind::Oneof, |parser| {
            if parser.is_word("option") {
                parser.setting_of(oneof)
            } else {
                parser.field(Some(&full_name))
            }
        })
    }

    pub(super) fn enumeration(&mut self) -> Option<()> {
        let enumeration = self.begin_block(DeclarationKind::Enum)?;
        self.enclosed(enumeration, |parser, enumeration| {
            match parser.peek()?.text.as_str() {
                "option" => parser.setting_of(enumeration),
                "reserved" => parser.reserved(enumeration),
                _ => parser.value_of_enum(),
            }
        })
    }

    pub(super) fn service(&mut self) -> Option<()> {
        let service = self.begin_block(DeclarationKind::Service)?;
        self.enclosed(service, |parser, service| {
            match parser.peek()?.text.as_str() {
                "option" => parser.setting_of(service),
                "rpc" => parser.method(),
                _ => parser.unexpected("`rpc` or `option`"),
            }
        })
    }

    /// Reads `rpc Name(stream Type) returns (Type);`.
    fn method(&mut self) -> Option<()> {
        let first = self.peek()?;
        self.bump();
        let name = self.identifier("the name of a method")?;
        let mut method = self.declaration(DeclarationKind::Method, name);
        let (takes_stream, takes) = self.method_type()?;
        if self.eat_word("returns").is_none() {
            return self.unexpected("`returns`");
        }
        let (gives_stream, gives) = self.method_type()?;
        method.types = vec![takes, gives];
        method.streams = [takes_stream, gives_stream];
        method.comments = comments(first, self.peek());
        method.has_block = self.is_symbol('{');
        let method = self.file.declare(method);
        if self.is_symbol('{') {
            return self.block(DeclarationKind::Method, |parser| {
                if parser.is_word("option") {
                    parser.setting_of(method)
                } else {
                    parser.unexpected("`option`")
                }
            });
        }
        self.symbol(';', "`;`")
    }

    /// Reads `(stream Type)`.
    fn method_type(&mut self) -> Option<(bool, Spanned<String>)> {
        self.symbol('(', "`(` and a message type")?;
        let is_stream = self.eat_word("stream").is_some();
        let ty = self.dotted(true, "a message type")?;
        self.symbol(')', "`)`")?;
        Some((is_stream, ty))
    }

    /// Reads `extend google.protobuf.FieldOptions { … }`.
    pub(super) fn extend(&mut self) -> Option<()> {
        self.bump();
        let name = self.dotted(true, "the message to extend")?;
        let position = name.position;
        let scope = self.scope().into();
        self.file.extended.push(Reference { name, scope });
        let before = self.file.declarations.len();
        self.block(DeclarationKind::Extension, Self::extension)?;
        if self.file.declarations.len() == before {
            let help = "declare an option in it, or remove it";
            return self.report_with_help(position, "found an `extend` without a field", help);
        }
        Some(())
    }

    /// Reads `keyword Name` and declares the name.
    fn begin_block(&mut self, kind: DeclarationKind) -> Option<usize> {
        let first = self.peek()?;
        let keyword = self.bump();
        let name = self.identifier(&format!("the name of the {}", keyword.value))?;
        let mut declaration = self.declaration(kind, name);
        declaration.comments = comments(first, self.peek());
        Some(self.file.declare(declaration))
    }

    /// Reads the block of a declaration. The name of the declaration is the scope inside.
    fn enclosed(
        &mut self,
        owner: usize,
        mut statement: impl FnMut(&mut Self, usize) -> Option<()>,
    ) -> Option<()> {
        let declaration = &self.file.declarations[owner];
        let (kind, scope) = (declaration.kind, declaration.full_name.clone());
        self.scopes.push(scope);
        let read = self.block(kind, |parser| statement(parser, owner));
        self.scopes.pop();
        read
    }

    fn setting_of(&mut self, owner: usize) -> Option<()> {
        let setting = self.option()?;
        self.file.declarations[owner].settings.push(setting);
        Some(())
    }

    /// Reads `NAME = number;`.
    fn value_of_enum(&mut self) -> Option<()> {
        let first = self.peek()?;
        let name = self.identifier("the name of a value")?;
        let mut value = self.declaration(DeclarationKind::Value, name);
        // The name counts even if the rest is wrong.
        let read = self.number_of_value(&mut value);
        value.comments = comments(first, self.last());
        self.file.declare(value);
        read
    }

    fn number_of_value(&mut self, value: &mut Declaration) -> Option<()> {
        self.symbol('=', "`=` and the number of the value")?;
        value.number = self.integer(true, "the number of the value")?;
        value.settings = self.settings()?;
        self.symbol(';', "`;`")
    }

    /// Reads `reserved 1, 2 to 3;` or `reserved "name", "other";`.
    fn reserved(&mut self, owner: usize) -> Option<()> {
        let first = self.peek()?;
        self.bump();
        let kind = self.file.declarations[owner].kind;
        let (mut ranges, mut names) = (Vec::new(), Vec::new());
        let holds_names = self.is_kind(Kind::Text);
        loop {
            if holds_names {
                names.push(self.text("a name in quotes")?);
            } else {
                ranges.push(self.range(kind)?);
            }
            if !self.eat(',') {
                break;
            }
        }
        self.symbol(';', "`,` or `;`")?;
        if !ranges.iter().flatten().all(is_for_protobuf_parse) {
            self.replace_since(first, String::new());
        }
        let full_name = &self.file.declarations[owner].full_name;
        let begun = self.file.reserved.iter_mut();
        if let Some(reserved) = begun.rev().find(|reserved| reserved.owner == *full_name) {
            reserved.ranges.extend(ranges);
            reserved.names.extend(names);
        } else {
            self.file.reserved.push(ReservedBlock {
                kind,
                owner: full_name.clone(),
                ranges,
                names,
            });
        }
        Some(())
    }

    /// Reads `1`, `1 to 2` or `1 to max`.
    fn range(&mut self, kind: DeclarationKind) -> Option<Vec<Spanned<String>>> {
        let may_be_negative = kind == DeclarationKind::Enum;
        let mut words = vec![self.integer(may_be_negative, "a number, or names in quotes")?];
        if let Some(to) = self.eat_word("to") {
            words.push(to);
            words.push(match self.eat_word("max") {
                Some(max) => max,
                None => self.integer(may_be_negative, "a number or `max`")?,
            });
        }
        Some(words)
    }

    fn is_kind(&self, kind: Kind) -> bool {
        self.peek()
            .is_some_and(|token: &'a Token| token.kind == kind)
    }
}

/// Returns whether `protobuf-parse` can read a word of a reserved range: it has no negative
/// numbers, and overflows at the greatest.
fn is_for_protobuf_parse(word: &Spanned<String>) -> bool {
    let number = value(&word.value).unwrap_or(i64::MAX);
    matches!(word.value.as_str(), "to" | "max") || (0..i64::from(i32::MAX)).contains(&number)
}
