//! Checks the values of enums: their numbers, and their names without that of the enum.

use std::collections::HashMap;

use crate::ast::{Declaration, DeclarationKind, File, setting};
use crate::diagnostics::Diagnostics;
use crate::lexer::value;
use crate::numbers::{ranges, reserved_of};
use crate::options::ALLOW_ALIAS;

pub(super) fn check(file: &File, diagnostics: &mut Diagnostics) {
    for enumeration in file.of_kind(DeclarationKind::Enum) {
        // A message may have the same name. That is reported elsewhere.
        let values: Vec<&Declaration> = file
            .inside(&enumeration.full_name)
            .filter(|declaration| declaration.kind == DeclarationKind::Value)
            .collect();
        let check = &mut EnumCheck {
            file,
            enumeration,
            diagnostics,
        };
        check.first(values.first().copied());
        check.numbers(&values);
        check.names(&values);
        for value in values {
            check.reserved(value);
        }
    }
}

struct EnumCheck<'a> {
    file: &'a File,
    enumeration: &'a Declaration,
    diagnostics: &'a mut Diagnostics,
}

impl EnumCheck<'_> {
    fn first(&mut self, first: Option<&Declaration>) {
        let name = &self.enumeration.name;
        let Some(first) = first else {
            let message = format!("found the enum `{}` without a value", name.value);
            let help = "an enum has at least one value, of which the first is 0";
            self.diagnostics.report_with_help(
                &self.file.display_name,
                name.position,
                message,
                help,
            );
            return;
        };
        if value(&first.number.value).is_some_and(|number| number != 0) {
            let message = format!(
                "found {} as the number of `{}`, the first value of the enum `{}`, expected 0",
                first.number.value, first.name.value, name.value
            );
            let help = "the first value is the default of fields: begin with a value for that";
            self.diagnostics.report_with_help(
                &self.file.display_name,
                first.number.position,
                message,
                help,
            );
        }
    }

    fn numbers(&mut self, values: &[&Declaration]) {
        let aliases = setting(&self.enumeration.settings, ALLOW_ALIAS);
        let may_repeat = aliases.is_some_and(|aliases| aliases.value.text == "true");
        let mut numbers: HashMap<i64, &Declaration> = HashMap::new();
        let mut repeats = false;
        for declaration in values {
            let (name, number) = (&declaration.name.value, &declaration.number);
            let parsed = value(&number.value).filter(|&number| i32::try_from(number).is_ok());
            let Some(parsed) = parsed else {
                let message = format!(
                    "found the number {} of `{name}`, expected one from {} to {}",
                    number.value,
                    i32::MIN,
                    i32::MAX
                );
                self.diagnostics
                    .report(&self.file.display_name, number.position, message);
                continue;
            };
            let Some(other) = numbers.insert(parsed, declaration) else {
                continue;
            };
            repeats = true;
            if !may_repeat {
                let message = format!(
                    "found the number {parsed} for both `{}` and `{name}`, which only an enum with `option allow_alias = true;` may have",
                    other.name.value
                );
                self.diagnostics
                    .report(&self.file.display_name, number.position, message);
            }
        }
        if let Some(aliases) = aliases.filter(|_| !repeats) {
            let message = format!(
                "found `allow_alias = {}` in the enum `{}`, where no two values have the same number",
                aliases.value.text, self.enumeration.name.value
            );
            let help = "remove the option";
            let position = aliases.name.position;
            self.diagnostics
                .report_with_help(&self.file.display_name, position, message, help);
        }
    }

    /// Checks names that differ only by the name of the enum, case or underscores.
    fn names(&mut self, values: &[&Declaration]) {
        let enumeration = &self.enumeration.name.value;
        let mut names: HashMap<String, &Declaration> = HashMap::new();
        for declaration in values {
            let name = &declaration.name;
            let bare = pascal_case(without_prefix(enumeration, &name.value));
            let other = *names.entry(bare.clone()).or_insert(declaration);
            let is_alias = value(&other.number.value) == value(&declaration.number.value);
            if other.name.value != name.value && !is_alias {
                let message = format!(
                    "found the value `{}` beside the value `{}`: both become `{bare}` without the name of the enum, which protobuf forbids",
                    name.value, other.name.value
                );
                self.diagnostics
                    .report(&self.file.display_name, name.position, message);
            }
        }
    }

    fn reserved(&mut self, declaration: &Declaration) {
        let Some(reserved) = reserved_of(self.file, &self.enumeration.full_name) else {
            return;
        };
        let (name, number) = (&declaration.name, &declaration.number);
        let is_reserved = value(&number.value)
            .is_some_and(|number| ranges(reserved).any(|range| range.contains(&number)));
        if is_reserved {
            let message = format!(
                "found the number {} of `{}`, which is reserved",
                number.value, name.value
            );
            self.diagnostics
                .report(&self.file.display_name, number.position, message);
        }
        if reserved.names.iter().any(|word| word.value == name.value) {
            let message = format!(
                "found a value with the name `{}`, which is reserved",
                name.value
            );
            self.diagnostics
                .report(&self.file.display_name, name.position, message);
        }
    }
}

/// Removes the name of the enum from the start of a value's name, ignoring case and underscores.
fn without_prefix<'a>(enumeration: &str, value: &'a str) -> &'a str {
    let mut prefix = enumeration
        .chars()
        .filter(|&c| c != '_')
        .map(|c| c.to_ascii_lowercase())
        .peekable();
    let mut rest = value;
    while let Some(&expected) = prefix.peek() {
        let Some(found) = rest.chars().next() else {
            return value;
        };
        if found != '_' {
            if found.to_ascii_lowercase() != expected {
                return value;
            }
            prefix.next();
        }
        rest = &rest[1..];
    }
    match rest.trim_start_matches('_') {
        "" => value,
        rest => rest,
    }
}

fn pascal_case(name: &str) -> String {
    let parts = name.split('_').map(|part| {
        let mut rest = part.chars();
        let first = rest.next().map(|first| first.to_ascii_uppercase());
        let rest = rest.map(|c| c.to_ascii_lowercase());
        first.into_iter().chain(rest).collect::<String>()
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_enum_is_left_out() {
        assert_eq!(without_prefix("ColorKind", "COLOR_KIND_RED"), "RED");
        assert_eq!(without_prefix("ColorKind", "COLORKIND_RED"), "RED");
        assert_eq!(without_prefix("Color", "COLOR_"), "COLOR_");
        assert_eq!(without_prefix("Color", "RED"), "RED");
    }
}
