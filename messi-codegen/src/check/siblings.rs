//! Fields of one message: each has a number of its own, and a name of its own in JSON too.

use std::collections::HashMap;

use crate::diagnostics::Diagnostics;
use crate::scan::{Declaration, DeclarationKind, Scan};

pub(super) fn check(scan: &Scan, diagnostics: &mut Diagnostics) {
    let mut numbers: HashMap<(&str, u64), &str> = HashMap::new();
    let mut json_names: HashMap<(&str, String), &str> = HashMap::new();
    for (message, name, field) in fields(scan) {
        let other =
            number(&field.number.text).and_then(|number| numbers.insert((message, number), name));
        if let Some(other) = other {
            let number = &field.number.text;
            let text = format!("found the field number {number} for both `{other}` and `{name}`");
            diagnostics.report(&scan.file, field.number.position, text);
        }
        let json_name = json_name(name);
        if let Some(other) = json_names.insert((message, json_name.clone()), name) {
            let text = format!(
                "found the field `{name}` beside the field `{other}`: both become `{json_name}` in JSON, which protobuf forbids"
            );
            diagnostics.report(&scan.file, field.position, text);
        }
    }
}

/// Every field with the name of its message, in the order of declaration.
fn fields(scan: &Scan) -> Vec<(&str, &str, &Declaration)> {
    let declarations = scan.declarations.iter();
    let mut fields: Vec<_> = declarations
        .filter_map(|(full_name, declarations)| {
            let (message, name) = full_name.rsplit_once('.')?;
            let field = declarations.first()?;
            (field.kind == DeclarationKind::Field).then_some((message, name, field))
        })
        .collect();
    fields.sort_by_key(|(_, _, field)| field.position);
    fields
}

/// The value of a number in any of its forms. What is too large for a number is another's to say.
pub(super) fn number(text: &str) -> Option<u64> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u64::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// The name that protobuf gives a field in JSON.
fn json_name(name: &str) -> String {
    let mut json_name = String::new();
    let mut begins_word = false;
    for character in name.chars() {
        if character == '_' {
            begins_word = true;
        } else if std::mem::take(&mut begins_word) {
            json_name.push(character.to_ascii_uppercase());
        } else {
            json_name.push(character);
        }
    }
    json_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_three_forms() {
        assert_eq!(number("10"), Some(10));
        assert_eq!(number("0x1F"), Some(31));
        assert_eq!(number("017"), Some(15));
        assert_eq!(number("0"), Some(0));
        assert_eq!(number("99999999999999999999"), None);
    }

    #[test]
    fn json_names_are_camel_case() {
        assert_eq!(json_name("foo_bar_1"), "fooBar1");
        assert_eq!(json_name("fooBar"), "fooBar");
    }
}
