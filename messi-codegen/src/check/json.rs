//! The names of fields in JSON: one for each field of a message.

use std::collections::HashMap;

use super::options::{is_set, setting};
use crate::diagnostics::Diagnostics;
use crate::scan::{Declaration, DeclarationKind, Scan};

/// The option with which a message may keep names that are the same by default.
const LEGACY: &str = "deprecated_legacy_json_field_conflicts";

pub(super) fn check(scan: &Scan, diagnostics: &mut Diagnostics) {
    // Names that are given don't keep those that would be the default apart.
    check_names(scan, &|field| default_name(&field.name.text), diagnostics);
    check_names(scan, &json_name, diagnostics);
}

fn check_names(
    scan: &Scan,
    json_name: &dyn Fn(&Declaration) -> String,
    diagnostics: &mut Diagnostics,
) {
    let mut json_names: HashMap<(&str, String), &Declaration> = HashMap::new();
    for field in scan.of_kind(DeclarationKind::Field) {
        let message = scan.find(&field.scope);
        if message.is_some_and(|message| is_set(&message.settings, LEGACY)) {
            continue;
        }
        let json_name = json_name(field);
        let (name, position) = (&field.name.text, field.name.position);
        let key = (field.scope.as_str(), json_name.clone());
        let other = *json_names.entry(key).or_insert(field);
        let is_reported = diagnostics.concern_place(&scan.file, position);
        if other.full_name != field.full_name && !is_reported {
            let other = &other.name.text;
            let message = format!(
                "found the field `{name}` beside the field `{other}`: both become `{json_name}` in JSON, which protobuf forbids"
            );
            diagnostics.report(&scan.file, position, message);
        }
    }
}

/// The name of a field in JSON: that of its option, or the one that protobuf gives it.
fn json_name(field: &Declaration) -> String {
    match setting(&field.settings, "json_name") {
        Some(setting) => setting.value.text.clone(),
        None => default_name(&field.name.text),
    }
}

fn default_name(name: &str) -> String {
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
    fn json_names_are_camel_case() {
        assert_eq!(default_name("foo_bar_1"), "fooBar1");
        assert_eq!(default_name("fooBar"), "fooBar");
    }
}
