//! The numbers of fields: within limits, one for each, and none that is reserved.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::reserved::{ranges, reserved_of};
use crate::diagnostics::Diagnostics;
use crate::lex::value;
use crate::scan::{Declaration, DeclarationKind, Scan};

/// The numbers that a field may have.
pub(super) const NUMBERS: RangeInclusive<i64> = 1..=(1 << 29) - 1;

/// Numbers that protobuf keeps for itself.
pub(super) const KEPT: RangeInclusive<i64> = 19_000..=19_999;

pub(super) fn check(scan: &Scan, diagnostics: &mut Diagnostics) {
    let mut numbers: HashMap<(&str, i64), &Declaration> = HashMap::new();
    for field in scan.of_kind(DeclarationKind::Field) {
        let number = value(&field.number.text);
        match number.filter(|number| is_allowed(*number)) {
            None => report_number(scan, field, diagnostics),
            Some(number) => {
                check_reserved(scan, field, number, diagnostics);
                let other = *numbers.entry((&field.scope, number)).or_insert(field);
                if !std::ptr::eq(other, field) {
                    report_second(scan, field, other, diagnostics);
                }
            }
        }
    }
}

fn is_allowed(number: i64) -> bool {
    NUMBERS.contains(&number) && !KEPT.contains(&number)
}

fn report_number(scan: &Scan, field: &Declaration, diagnostics: &mut Diagnostics) {
    let message = format!(
        "found the field number {}, expected one from {} to {}, and none from {} to {}",
        field.number.text,
        NUMBERS.start(),
        NUMBERS.end(),
        KEPT.start(),
        KEPT.end()
    );
    report(scan, field, message, diagnostics);
}

fn report_second(
    scan: &Scan,
    field: &Declaration,
    other: &Declaration,
    diagnostics: &mut Diagnostics,
) {
    let (number, other, name) = (&field.number.text, &other.name.text, &field.name.text);
    let message = format!("found the field number {number} for both `{other}` and `{name}`");
    report(scan, field, message, diagnostics);
}

fn check_reserved(scan: &Scan, field: &Declaration, number: i64, diagnostics: &mut Diagnostics) {
    let Some(reserved) = reserved_of(scan, &field.scope) else {
        return;
    };
    let name = &field.name.text;
    if ranges(reserved).any(|range| range.contains(&number)) {
        let message = format!("found the field number {number} of `{name}`, which is reserved");
        report(scan, field, message, diagnostics);
    }
    if reserved.names.iter().any(|word| word.text == *name) {
        let message = format!("found a field with the name `{name}`, which is reserved");
        let help = "give the field another name";
        diagnostics.report_with_help(&scan.file, field.name.position, message, help);
    }
}

/// Reports a number, and which one the field could have.
fn report(scan: &Scan, field: &Declaration, message: String, diagnostics: &mut Diagnostics) {
    let position = field.number.position;
    match free_number(scan, &field.scope) {
        Some(free) => {
            let help = format!("the number {free} is free");
            diagnostics.report_with_help(&scan.file, position, message, help);
        }
        None => diagnostics.report(&scan.file, position, message),
    }
}

/// The least number that no field of a message has had, as far as the schema tells.
fn free_number(scan: &Scan, message: &str) -> Option<i64> {
    let fields = scan
        .inside(message)
        .filter(|field| field.kind == DeclarationKind::Field);
    let taken = fields.filter_map(|field| value(&field.number.text));
    let mut taken: Vec<RangeInclusive<i64>> = taken.map(|number| number..=number).collect();
    taken.extend(reserved_of(scan, message).into_iter().flat_map(ranges));
    taken.push(KEPT);
    taken.sort_by_key(|range| *range.start());
    let mut free = *NUMBERS.start();
    for range in taken {
        if range.contains(&free) {
            free = range.end().saturating_add(1);
        }
    }
    NUMBERS.contains(&free).then_some(free)
}
