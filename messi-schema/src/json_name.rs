//! The names of fields in JSON.

use crate::ast::{Declaration, setting};
use crate::lexer::unescape;
use crate::options::JSON_NAME;

/// Returns the name of a field in JSON: that of its option, or the default.
pub(crate) fn json_name(field: &Declaration) -> String {
    match setting(&field.settings, JSON_NAME) {
        Some(setting) => String::from_utf8_lossy(&unescape(&setting.value.text)).into_owned(),
        None => default_name(&field.name.value),
    }
}

/// Returns whether a field has the option for its name in JSON.
pub(crate) fn has_json_name(field: &Declaration) -> bool {
    setting(&field.settings, JSON_NAME).is_some()
}

/// Returns the name that protobuf gives to a field in JSON.
pub(crate) fn default_name(name: &str) -> String {
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
