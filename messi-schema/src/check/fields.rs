//! Checks the numbers of fields: within limits, unique and not reserved.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::ast::{Declaration, DeclarationKind, File};
use crate::diagnostics::Diagnostics;
use crate::lexer::value;
use crate::numbers::{KEPT, NUMBERS, is_allowed, ranges, reserved_of};

pub(super) fn check(file: &File, diagnostics: &mut Diagnostics) {
    let mut check = FieldCheck {
        file,
        diagnostics,
        free_numbers: HashMap::new(),
    };
    let mut numbers: HashMap<(&str, i64), &Declaration> = HashMap::new();
    for field in file.of_kind(DeclarationKind::Field) {
        let number = value(&field.number.value);
        match number.filter(|number| is_allowed(*number)) {
            None => check.report_number(field),
            Some(number) => {
                check.reserved(field, number);
                let other = *numbers.entry((&field.scope, number)).or_insert(field);
                if !std::ptr::eq(other, field) {
                    check.report_second(field, other);
                }
            }
        }
    }
}

struct FieldCheck<'a> {
    file: &'a File,
    diagnostics: &'a mut Diagnostics,
    /// The number to suggest for each message that has needed one.
    free_numbers: HashMap<&'a str, Option<i64>>,
}

impl<'a> FieldCheck<'a> {
    fn report_number(&mut self, field: &'a Declaration) {
        let message = format!(
            "found the field number {}, expected one from {} to {}, and none from {} to {}",
            field.number.value,
            NUMBERS.start(),
            NUMBERS.end(),
            KEPT.start(),
            KEPT.end()
        );
        self.report(field, message);
    }

    fn report_second(&mut self, field: &'a Declaration, other: &Declaration) {
        let (number, other, name) = (&field.number.value, &other.name.value, &field.name.value);
        let message = format!("found the field number {number} for both `{other}` and `{name}`");
        self.report(field, message);
    }

    fn reserved(&mut self, field: &'a Declaration, number: i64) {
        let Some(reserved) = reserved_of(self.file, &field.scope) else {
            return;
        };
        let name = &field.name.value;
        if ranges(reserved).any(|range| range.contains(&number)) {
            let message = format!("found the field number {number} of `{name}`, which is reserved");
            self.report(field, message);
        }
        if reserved.names.iter().any(|word| word.value == *name) {
            let message = format!("found a field with the name `{name}`, which is reserved");
            let help = "give the field another name";
            let (file, position) = (&self.file.display_name, field.name.position);
            self.diagnostics
                .report_with_help(file, position, message, help);
        }
    }

    /// Reports a number, and suggests another.
    fn report(&mut self, field: &'a Declaration, message: String) {
        let (file, position) = (&self.file.display_name, field.number.position);
        let free = self.free_numbers.entry(&field.scope);
        match free.or_insert_with(|| free_number(self.file, &field.scope)) {
            Some(free) => {
                let help = format!("the number {free} is free");
                self.diagnostics
                    .report_with_help(file, position, message, help);
            }
            None => self.diagnostics.report(file, position, message),
        }
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
