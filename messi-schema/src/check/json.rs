//! Checks that the fields of a message have different names in JSON.

use std::collections::HashMap;

use crate::ast::{Declaration, DeclarationKind, File, is_set};
use crate::diagnostics::Diagnostics;
use crate::json_name::{default_name, has_json_name, json_name};

/// The option that allows a message to have fields with the same default name.
const LEGACY: &str = "deprecated_legacy_json_field_conflicts";

pub(super) fn check(file: &File, diagnostics: &mut Diagnostics) {
    // protoc compares the default names too, even where an option replaces them.
    check_names(file, &|field| default_name(&field.name.value), diagnostics);
    let mut fields = file.of_kind(DeclarationKind::Field);
    if fields.any(has_json_name) {
        check_names(file, &json_name, diagnostics);
    }
}

fn check_names(
    file: &File,
    json_name: &dyn Fn(&Declaration) -> String,
    diagnostics: &mut Diagnostics,
) {
    let mut json_names: HashMap<(&str, String), &Declaration> = HashMap::new();
    for field in file.of_kind(DeclarationKind::Field) {
        let json_name = json_name(field);
        let key = (field.scope.as_str(), json_name.clone());
        let other = *json_names.entry(key).or_insert(field);
        if other.full_name == field.full_name {
            continue;
        }
        let (name, position) = (&field.name.value, field.name.position);
        let message = file.find(&field.scope);
        let is_allowed = message.is_some_and(|message| is_set(&message.settings, LEGACY));
        if is_allowed || diagnostics.has_problem_at(&file.display_name, position) {
            continue;
        }
        let other = &other.name.value;
        let message = format!(
            "found the field `{name}` beside the field `{other}`: both become `{json_name}` in JSON, which protobuf forbids"
        );
        diagnostics.report(&file.display_name, position, message);
    }
}
