//! The keys of maps, and the messages that protobuf makes of their entries.

use super::join;
use crate::diagnostics::Diagnostics;
use crate::scan::{Declaration, Scan};

/// The types that a key may have.
const KEYS: &[&str] = &[
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "bool", "string",
];

pub(super) fn check_keys(scan: &Scan, diagnostics: &mut Diagnostics) {
    for field in maps(scan) {
        let (name, key) = (&field.name.text, &field.types[0]);
        let is_known = !diagnostics.concern_place(&scan.file, key.position);
        if is_known && !KEYS.contains(&key.text.as_str()) {
            let message = format!(
                "found the type of key `{}` in the map `{name}`, expected an integer, `bool` or `string`",
                key.text
            );
            diagnostics.report(&scan.file, key.position, message);
        }
    }
}

/// Whether something has the name of the message that holds an entry.
pub(super) fn check_entries(scan: &Scan, diagnostics: &mut Diagnostics) {
    for field in maps(scan) {
        let (name, entry) = (&field.name, entry_name(&field.name.text));
        let Some(other) = scan.find(&join(&field.scope, &entry)) else {
            continue;
        };
        let message = format!(
            "found the map `{}` beside `{entry}`, the name that protobuf gives to the message of its entries",
            name.text
        );
        let help = format!("rename `{entry}`, at {}:{}", scan.file, other.name.position);
        diagnostics.report_with_help(&scan.file, name.position, message, help);
    }
}

fn maps(scan: &Scan) -> impl Iterator<Item = &Declaration> {
    scan.declarations.iter().filter(|field| field.is_map())
}

fn entry_name(field: &str) -> String {
    let parts = field.split('_').map(|part| {
        let mut rest = part.chars();
        let first = rest.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(rest).collect::<String>()
    });
    format!("{}Entry", parts.collect::<String>())
}
