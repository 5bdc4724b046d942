//! Options and their values.

use super::Parser;
use crate::ast::{Setting, ValueKind};
use crate::lexer::Kind;
use crate::position::Spanned;

/// Options that `protobuf-parse` does not know yet.
const NEWEST: &[&str] = &[
    "debug_redact",
    "deprecated_legacy_json_field_conflicts",
    "retention",
    "targets",
];

impl Parser<'_, '_> {
    /// Reads `option name = value;`.
    pub(super) fn option(&mut self) -> Option<Setting> {
        let first = self.peek()?;
        self.bump();
        let setting = self.setting()?;
        self.symbol(';', "`;`")?;
        if !is_known(&setting) {
            self.replace_since(first, String::new());
        }
        Some(setting)
    }

    /// Reads `[name = value, …]`, if it is there.
    pub(super) fn settings(&mut self) -> Option<Vec<Setting>> {
        let Some(opening) = self.peek().filter(|token| token.is_symbol('[')) else {
            return Some(Vec::new());
        };
        self.bump();
        let mut settings = Vec::new();
        let mut known = Vec::new();
        loop {
            let start = self.peek()?.span.start;
            let setting = self.setting()?;
            if is_known(&setting) {
                known.push(&self.source[start..self.last()?.span.end]);
            }
            settings.push(setting);
            if !self.eat(',') {
                break;
            }
        }
        self.symbol(']', "`,` or `]`")?;
        if known.len() < settings.len() {
            let text = match known[..] {
                [] => String::new(),
                _ => format!("[{}]", known.join(",")),
            };
            self.replace_since(opening, text);
        }
        Some(settings)
    }

    fn setting(&mut self) -> Option<Setting> {
        let name = self.option_name()?;
        self.symbol('=', "`=` and the option's value")?;
        let (kind, value) = self.value()?;
        Some(Setting { name, kind, value })
    }

    /// Reads `name`, or `(acme.option).part`.
    fn option_name(&mut self) -> Option<Spanned<String>> {
        let position = self.place();
        let mut text = String::new();
        loop {
            if self.eat('(') {
                let name = self.dotted(true, "the name of an option")?.value;
                self.symbol(')', "`)`")?;
                text.push_str(&format!("({name})"));
            } else {
                text.push_str(&self.identifier("the name of an option")?.value);
            }
            if !self.eat('.') {
                return Some(Spanned {
                    value: text,
                    position,
                });
            }
            text.push('.');
        }
    }

    fn value(&mut self) -> Option<(ValueKind, Spanned<String>)> {
        const EXPECTED: &str = "the option's value";
        let position = self.place();
        if self.is_symbol('{') {
            self.skip_block();
            let text = "{ … }".into();
            return Some((
                ValueKind::Message,
                Spanned {
                    value: text,
                    position,
                },
            ));
        }
        let is_negative = self.eat('-');
        let Some(token) = self.peek() else {
            return self.unexpected(EXPECTED);
        };
        let kind = match token.kind {
            Kind::Integer => ValueKind::Integer,
            Kind::Float => ValueKind::Float,
            // Numbers of a kind.
            Kind::Identifier if is_negative && matches!(token.text.as_str(), "inf" | "nan") => {
                ValueKind::Float
            }
            Kind::Identifier if !is_negative => ValueKind::Identifier,
            Kind::Text if !is_negative => {
                let text = self.text(EXPECTED)?;
                return Some((ValueKind::Text, text));
            }
            _ => return self.unexpected(EXPECTED),
        };
        let mut value = self.bump();
        if is_negative {
            value = Spanned {
                value: format!("-{}", value.value),
                position,
            };
        }
        Some((kind, value))
    }
}

fn is_known(setting: &Setting) -> bool {
    !NEWEST.contains(&setting.name.value.as_str())
}
