//! Checks the numbers of fields: within limits, unique and not reserved.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::ast::{Declaration, DeclarationKind, File};
use crate::diagnostics::Diagnostics;
use crate::lexer::value;
use crate::numbers::{KEPT, NUMBERS, is_allowed, ranges, reserved_of};

pub(super) fn check(file: &File, diagnostics: &mut Diagnostics) {
    let mut numbers: HashMap<(&str, i64), &Declaration> = HashMap::new();
    for field in file.of_kind(DeclarationKind::Field) {
        let number = value(&field.number.value);
        match number.filter(|number| is_allowed(*number)) {
            None => report_number(file, field, diagnostics),
            Some(number) => {
                check_reserved(file, field, number, diagnostics);
                let other = *numbers.entry((&field.scope, number)).or_insert(field);
                if !std::ptr::eq(other, field) {
                    report_second(file, field, other, diagnostics);
                }
            }
        }
    }
}

fn report_number(file: &File, field: &Declaration, diagnostics: &mut Diagnostics) {
    let message = format!(
        "found the field number {}, expected one from {} to {}, and none from {} to {}",
        field.number.value,
        NUMBERS.start(),
        NUMBERS.end(),
        KEPT.start(),
        KEPT.end()
    );
    report(file, field, message, diagnostics);
}

fn report_second(
    file: &File,
    field: &Declaration,
    other: &Declaration,
    diagnostics: &mut Diagnostics,
) {
    let (number, other, name) = (&field.number.value, &other.name.value, &field.name.value);
    let message = format!("found the field number {number} for both `{other}` and `{name}`");
    report(file, field, message, diagnostics);
}

fn check_reserved(file: &File, field: &Declaration, number: i64, diagnostics: &mut Diagnostics) {
    let Some(reserved) = reserved_of(file, &field.scope) else {
        return;
    };
    let name = &field.name.value;
    if ranges(reserved).any(|range| range.contains(&number)) {
        let message = format!("found the field number {number} of `{name}`, which is reserved");
        report(file, field, message, diagnostics);
    }
    if reserved.names.iter().any(|word| word.value == *name) {
        let message = format!("found a field with the name `{name}`, which is reserved");
        let help = "give the field another name";
        diagnostics.report_with_help(&file.display_name, field.name.position, message, help);
    }
}

/// Reports a number, and suggests another.
fn report(file: &File, field: &Declaration, message: String, diagnostics: &mut Diagnostics) {
    let position = field.number.position;
    match free_number(file, &field.scope) {
        Some(free) => {
            let help = format!("the number {free} is free");
            diagnostics.report_with_help(&file.display_name, position, message, help);
        }
        None => diagnostics.report(&file.display_name, position, message),
    }
}

/// Returns the least number of a message that is neither used nor reserved.
fn free_number(file: &File, message: &str) -> Option<i64> {
    let fields = file
        .inside(message)
        .filter(|field| field.kind == DeclarationKind::Field);
    let taken = fields.filter_map(|field| value(&field.number.value));
    let mut taken: Vec<RangeInclusive<i64>> = taken.map(|number| number..=number).collect();
    taken.extend(reserved_of(file, message).into_iter().flat_map(ranges));
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
