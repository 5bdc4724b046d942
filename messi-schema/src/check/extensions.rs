//! Checks the numbers of extensions: within limits, and unique in a file. Files that do not import each
//! other may use the same number.

use std::collections::HashMap;

use crate::ast::{Declaration, DeclarationKind, File};
use crate::diagnostics::Diagnostics;
use crate::google::PACKAGE;
use crate::lexer::value;
use crate::numbers::{KEPT, NUMBERS, is_allowed};
use crate::resolve::{Meaning, Symbols};

/// The least number of an extension of options.
const LEAST: i64 = 1000;

pub(super) fn check(files: &[&File], symbols: &Symbols<'_>, diagnostics: &mut Diagnostics) {
    for &file in files {
        let mut taken: HashMap<(String, i64), &Declaration> = HashMap::new();
        for extension in file.of_kind(DeclarationKind::Extension) {
            let Some(extended) = extended(file, extension, symbols) else {
                continue;
            };
            let number = &extension.number;
            let allowed = value(&number.value).filter(|it| *it >= LEAST && is_allowed(*it));
            let Some(allowed) = allowed else {
                let message = format!(
                    "found the number {} of the extension `{}`, expected one from {LEAST} to {}, and none from {} to {}",
                    number.value,
                    extension.name.value,
                    NUMBERS.end(),
                    KEPT.start(),
                    KEPT.end()
                );
                let help = "50000 to 99999 are for use within an organisation";
                diagnostics.report_with_help(&file.display_name, number.position, message, help);
                continue;
            };
            let key = (extended, allowed);
            let other = *taken.entry(key).or_insert(extension);
            if !std::ptr::eq(other, extension) {
                let message = format!(
                    "found the extension number {allowed} for both `{}` and `{}`",
                    other.name.value, extension.name.value
                );
                let help = format!(
                    "the first is at {}:{}",
                    file.display_name, other.number.position
                );
                diagnostics.report_with_help(&file.display_name, number.position, message, help);
            }
        }
    }
}

/// Returns the full name of the options that an extension extends. Other messages have been
/// reported.
fn extended(file: &File, extension: &Declaration, symbols: &Symbols<'_>) -> Option<String> {
    let extended = file.extended.get(extension.extends?)?;
    match symbols.resolve(file, &extended.scope, &extended.name.value) {
        Meaning::Declared(_, full_name) if full_name.starts_with(PACKAGE) => Some(full_name),
        _ => None,
    }
}
