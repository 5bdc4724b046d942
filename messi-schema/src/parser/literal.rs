//! Values of options.

use super::Parser;
use crate::ast::{Literal, LiteralField, LiteralKind};
use crate::lexer::Kind;
use crate::position::Spanned;

const EXPECTED: &str = "the option's value";

impl Parser<'_, '_> {
    /// Reads a number, a string, a name or a message.
    pub(super) fn literal(&mut self) -> Option<Literal> {
        let position = self.place();
        if self.is_symbol('{') {
            let first = self.peek()?;
            let message = self.message_literal()?;
            // `protobuf-parse` does not know all of the text format, and need not.
            self.replace_since(first, "{}".into());
            return Some(message);
        }
        if let Some(Kind::Text) = self.peek().map(|token| token.kind) {
            let text = self.text(EXPECTED)?;
            return Some(literal(LiteralKind::Text, text));
        }
        let sign = if self.eat('-') { "-" } else { "" };
        let kind = match self.peek().map(|token| (token.kind, token.text.as_str())) {
            Some((Kind::Integer, _)) => LiteralKind::Integer,
            Some((Kind::Float, _)) => LiteralKind::Float,
            Some((Kind::Identifier, "inf" | "nan")) if !sign.is_empty() => LiteralKind::Float,
            Some((Kind::Identifier, _)) if sign.is_empty() => LiteralKind::Identifier,
            _ => return self.unexpected(EXPECTED),
        };
        let value = format!("{sign}{}", self.bump().value);
        Some(literal(kind, Spanned { value, position }))
    }

    /// Reads `{ name: value, other { … } }`, in protobuf's text format.
    fn message_literal(&mut self) -> Option<Literal> {
        let position = self.place();
        let end = if self.is_symbol('<') { '>' } else { '}' };
        self.bump();
        let mut fields = Vec::new();
        while !self.eat(end) {
            fields.push(self.literal_field()?);
            // Fields may be separated, or not.
            let _ = self.eat(',') || self.eat(';');
        }
        let value = "{ … }".into();
        let mut message = literal(LiteralKind::Message, Spanned { value, position });
        message.fields = fields;
        Some(message)
    }

    fn literal_field(&mut self) -> Option<LiteralField> {
        let name = self.literal_name()?;
        let has_colon = self.eat(':');
        let is_list = self.is_symbol('[');
        if !has_colon && !is_list && !self.is_symbol('{') && !self.is_symbol('<') {
            return self.unexpected("`:` and a value");
        }
        let values = match is_list {
            true => self.literal_list()?,
            false => vec![self.field_value()?],
        };
        Some(LiteralField {
            name,
            values,
            is_list,
        })
    }

    /// Reads the value of a field. A message in there may be in `<` and `>`.
    fn field_value(&mut self) -> Option<Literal> {
        if self.is_symbol('<') {
            self.message_literal()
        } else {
            self.literal()
        }
    }

    /// Reads `name`, `[acme.option]` or `[type.googleapis.com/acme.Message]`.
    fn literal_name(&mut self) -> Option<Spanned<String>> {
        let position = self.place();
        if !self.eat('[') {
            return self.identifier("the name of a field");
        }
        let mut value = format!("[{}", self.dotted(true, "the name of an option")?.value);
        while self.eat('/') {
            value = format!(
                "{value}/{}",
                self.dotted(false, "the name of a message")?.value
            );
        }
        self.symbol(']', "`]`")?;
        value.push(']');
        Some(Spanned { value, position })
    }

    fn literal_list(&mut self) -> Option<Vec<Literal>> {
        self.bump();
        let mut values = Vec::new();
        while !self.is_symbol(']') {
            values.push(self.field_value()?);
            if !self.eat(',') {
                break;
            }
        }
        self.symbol(']', "`,` or `]`")?;
        Some(values)
    }
}

fn literal(kind: LiteralKind, text: Spanned<String>) -> Literal {
    Literal {
        kind,
        text: text.value,
        position: text.position,
        fields: Vec::new(),
    }
}
