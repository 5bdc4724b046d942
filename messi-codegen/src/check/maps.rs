//! The keys of maps, and the messages that protobuf makes of their entries.

use super::join;
use crate::diagnostics::Diagnostics;
use crate::scan::{Declaration, Scan};

/// The types that a key may have.
const KEYS: &[&str] = &[
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "bool", "string",
];

pub(super) fn check(scan: &Scan, diagnostics: &mut Diagnostics) {
    for field in scan.declarations.iter().filter(|it| it.is_map()) {
        let (name, key) = (&field.name.text, &field.types[0]);
        if !KEYS.contains(&key.text.as_str()) {
            let message = format!(
                "found the type of key `{}` in the map `{name}`, expected an integer, `bool` or `string`",
                key.text
            );
            diagnostics.report(&scan.file, key.position, message);
        }
        check_entry(scan, field, diagnostics);
    }
}

/// Whether something has the name of the message that holds an entry.
fn check_entry(scan: &Scan, field: &Declaration, diagnostics: &mut Diagnostics) {
    let entry = entry_name(&field.name.text);
    if let Some(other) = scan.find(&join(&field.scope, &entry)) {
        let message = format!(
            "found the map `{}` beside `{entry}`, the name that protobuf gives to the message of its entries",
            field.name.text
        );
        let help = format!("rename `{entry}`, at {}:{}", scan.file, other.name.position);
        diagnostics.report_with_help(&scan.file, field.name.position, message, help);
    }
}

fn entry_name(field: &str) -> String {
    let parts = field.split('_').map(|part| {
        let mut rest = part.chars();
        let first = rest.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(rest).collect::<String>()
    });
    format!("{}Entry", parts.collect::<String>())
}
