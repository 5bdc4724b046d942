//! Checks the keys of maps, and the names of the messages of their entries.

use crate::diagnostics::Diagnostics;
use crate::entries::entry_name;
use crate::scalar::Scalar;
use std::collections::HashMap;

use crate::ast::{Declaration, File, join};

pub(super) fn check_keys(file: &File, diagnostics: &mut Diagnostics) {
    for field in maps(file) {
        let (name, key) = (&field.name.value, &field.types[0]);
        let is_known = !diagnostics.has_problem_at(&file.display_name, key.position);
        if is_known && !Scalar::from_name(&key.value).is_some_and(Scalar::is_map_key) {
            let message = format!(
                "found the type of key `{}` in the map `{name}`, expected an integer, `bool` or `string`",
                key.value
            );
            diagnostics.report(&file.display_name, key.position, message);
        }
    }
}

/// Reports maps with entries of the same name, or of the name of another declaration.
pub(super) fn check_entries(file: &File, diagnostics: &mut Diagnostics) {
    let mut entries: HashMap<String, &Declaration> = HashMap::new();
    for field in maps(file) {
        let (name, entry) = (&field.name, entry_name(&field.name.value));
        let other = *entries.entry(join(&field.scope, &entry)).or_insert(field);
        if other.name.value != name.value {
            let message = format!(
                "found the map `{}` beside the map `{}`: protobuf gives the message of the entries of both the name `{entry}`",
                name.value, other.name.value
            );
            diagnostics.report(&file.display_name, name.position, message);
        }
        let Some(other) = file.find(&join(&field.scope, &entry)) else {
            continue;
        };
        let message = format!(
            "found the map `{}` beside `{entry}`, the name that protobuf gives to the message of its entries",
            name.value
        );
        let help = format!(
            "rename `{entry}`, at {}:{}",
            file.display_name, other.name.position
        );
        diagnostics.report_with_help(&file.display_name, name.position, message, help);
    }
}

fn maps(file: &File) -> impl Iterator<Item = &Declaration> {
    file.declarations.iter().filter(|field| field.is_map())
}
