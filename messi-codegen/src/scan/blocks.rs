//! Messages, oneofs, enums, services and what they reserve.

use super::reader::{Reader, documentation};
use super::{DeclarationKind, Reference, Reserved, Word};
use crate::lex::{Kind, Token, value};

impl<'a> Reader<'a, '_> {
    pub(super) fn message(&mut self) -> Option<()> {
        let message = self.begin_block(DeclarationKind::Message)?;
        self.enclosed(message, "the block of a message", Self::in_message)
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
        let full_name = self.scan.declarations[oneof].full_name.clone();
        // Its members are fields of the message.
        self.block("the block of a oneof", |reader| {
            if reader.is_word("option") {
                reader.setting_of(oneof)
            } else {
                reader.field(Some(&full_name))
            }
        })
    }

    pub(super) fn enumeration(&mut self) -> Option<()> {
        let enumeration = self.begin_block(DeclarationKind::Enum)?;
        self.enclosed(
            enumeration,
            "the block of an enum",
            |reader, enumeration| match reader.peek()?.text.as_str() {
                "option" => reader.setting_of(enumeration),
                "reserved" => reader.reserved(enumeration),
                _ => reader.value_of_enum(),
            },
        )
    }

    pub(super) fn service(&mut self) -> Option<()> {
        let service = self.begin_block(DeclarationKind::Service)?;
        self.enclosed(
            service,
            "the block of a service",
            |reader, service| match reader.peek()?.text.as_str() {
                "option" => reader.setting_of(service),
                "rpc" => reader.method(),
                _ => reader.unexpected("`rpc` or `option`"),
            },
        )
    }

    /// Reads `rpc Name(stream Type) returns (Type);`.
    fn method(&mut self) -> Option<()> {
        let first = self.peek()?;
        self.bump();
        let name = self.identifier("the name of a method")?;
        let mut method = self.declaration(DeclarationKind::Method, name);
        let takes = self.method_type()?;
        if self.eat_word("returns").is_none() {
            return self.unexpected("`returns`");
        }
        method.types = vec![takes, self.method_type()?];
        method.docs = documentation(first, self.peek());
        let method = self.scan.declare(method);
        if self.is_symbol('{') {
            return self.block("the block of a method", |reader| {
                if reader.is_word("option") {
                    reader.setting_of(method)
                } else {
                    reader.unexpected("`option`")
                }
            });
        }
        self.symbol(';', "`;`")
    }

    fn method_type(&mut self) -> Option<Word> {
        self.symbol('(', "`(` and a message type")?;
        self.eat_word("stream");
        let ty = self.dotted(true, "a message type")?;
        self.symbol(')', "`)`")?;
        Some(ty)
    }

    /// Reads `extend google.protobuf.FieldOptions { … }`.
    pub(super) fn extend(&mut self) -> Option<()> {
        self.bump();
        let name = self.dotted(true, "the message to extend")?;
        let position = name.position;
        let scope = self.scope().into();
        self.scan.extended.push(Reference { name, scope });
        let before = self.scan.declarations.len();
        self.block("the block of an extension", Self::extension)?;
        if self.scan.declarations.len() == before {
            let help = "declare an option in it, or leave it out";
            return self.report_with_help(position, "found an `extend` without a field", help);
        }
        Some(())
    }

    /// Reads `keyword Name {` but for the brace, and declares the name.
    fn begin_block(&mut self, kind: DeclarationKind) -> Option<usize> {
        let first = self.peek()?;
        let keyword = self.bump();
        let name = self.identifier(&format!("the name of the {}", keyword.text))?;
        let mut declaration = self.declaration(kind, name);
        declaration.docs = documentation(first, self.peek());
        Some(self.scan.declare(declaration))
    }

    /// Reads the block of a declaration, whose name is then the scope.
    fn enclosed(
        &mut self,
        owner: usize,
        expected: &str,
        mut statement: impl FnMut(&mut Self, usize) -> Option<()>,
    ) -> Option<()> {
        let scope = self.scan.declarations[owner].full_name.clone();
        self.scopes.push(scope);
        let read = self.block(expected, |reader| statement(reader, owner));
        self.scopes.pop();
        read
    }

    fn setting_of(&mut self, owner: usize) -> Option<()> {
        let setting = self.option()?;
        self.scan.declarations[owner].settings.push(setting);
        Some(())
    }

    /// Reads `NAME = number;`.
    fn value_of_enum(&mut self) -> Option<()> {
        let first = self.peek()?;
        let name = self.identifier("the name of a value")?;
        let mut value = self.declaration(DeclarationKind::Value, name);
        self.symbol('=', "`=` and the number of the value")?;
        value.number = self.integer(true, "the number of the value")?;
        value.settings = self.settings()?;
        self.symbol(';', "`;`")?;
        value.docs = documentation(first, self.last());
        self.scan.declare(value);
        Some(())
    }

    /// Reads `reserved 1, 2 to 3;` or `reserved "name", "other";`.
    fn reserved(&mut self, owner: usize) -> Option<()> {
        let first = self.peek()?;
        self.bump();
        let kind = self.scan.declarations[owner].kind;
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
        // The model needs none of them.
        if !ranges.iter().flatten().all(is_for_parser) {
            self.replace_since(first, String::new());
        }
        let full_name = &self.scan.declarations[owner].full_name;
        let begun = self.scan.reserved.iter_mut();
        if let Some(reserved) = begun.rev().find(|reserved| reserved.owner == *full_name) {
            reserved.ranges.extend(ranges);
            reserved.names.extend(names);
        } else {
            self.scan.reserved.push(Reserved {
                kind,
                owner: full_name.clone(),
                ranges,
                names,
            });
        }
        Some(())
    }

    /// Reads `1`, `1 to 2` or `1 to max`.
    fn range(&mut self, kind: DeclarationKind) -> Option<Vec<Word>> {
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

/// Whether `protobuf-parse` can read this word of a reserved range: it knows no negative numbers,
/// and overflows at the greatest.
fn is_for_parser(word: &Word) -> bool {
    let number = value(&word.text).unwrap_or(i64::MAX);
    matches!(word.text.as_str(), "to" | "max") || (0..i64::from(i32::MAX)).contains(&number)
}
