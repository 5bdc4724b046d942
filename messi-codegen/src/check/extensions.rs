//! The numbers of extensions: within limits, and one for each in a file. protobuf lets files that
//! know nothing of each other take the same.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::fields::{KEPT, NUMBERS};
use super::symbols::{Meaning, Symbols};
use crate::bundled::PACKAGE;
use crate::diagnostics::Diagnostics;
use crate::lex::value;
use crate::scan::{Declaration, DeclarationKind, Scan};

/// The least number of an extension of options.
const LEAST: i64 = 1000;

pub(super) fn check(scans: &[&Scan], symbols: &Symbols<'_>, diagnostics: &mut Diagnostics) {
    for &scan in scans {
        let mut taken: HashMap<(String, i64), &Declaration> = HashMap::new();
        for extension in scan.of_kind(DeclarationKind::Extension) {
            let Some(extended) = extended(scan, extension, symbols) else {
                continue;
            };
            let number = &extension.number;
            let allowed = value(&number.text).filter(|it| is_allowed(*it));
            let Some(allowed) = allowed else {
                let message = format!(
                    "found the number {} of the extension `{}`, expected one from {LEAST} to {}, and none from {} to {}",
                    number.text,
                    extension.name.text,
                    NUMBERS.end(),
                    KEPT.start(),
                    KEPT.end()
                );
                let help = "50000 to 99999 are for use within an organisation";
                diagnostics.report_with_help(&scan.file, number.position, message, help);
                continue;
            };
            let key = (extended, allowed);
            let other = *taken.entry(key).or_insert(extension);
            if !std::ptr::eq(other, extension) {
                let message = format!(
                    "found the extension number {allowed} for both `{}` and `{}`",
                    other.name.text, extension.name.text
                );
                let help = format!("the first is at {}:{}", scan.file, other.number.position);
                diagnostics.report_with_help(&scan.file, number.position, message, help);
            }
        }
    }
}

fn is_allowed(number: i64) -> bool {
    let numbers: RangeInclusive<i64> = LEAST..=*NUMBERS.end();
    numbers.contains(&number) && !KEPT.contains(&number)
}

/// The full name of the options that an extension extends. That it extends anything else has been
/// reported.
fn extended(scan: &Scan, extension: &Declaration, symbols: &Symbols<'_>) -> Option<String> {
    let extended = scan.extended.get(extension.extends?)?;
    match symbols.resolve(scan, &extended.scope, &extended.name.text) {
        Meaning::Declared(_, full_name) if full_name.starts_with(PACKAGE) => Some(full_name),
        _ => None,
    }
}
