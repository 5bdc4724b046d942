//! What messages and enums reserve: ranges within limits, in order and apart, and names once.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::fields::NUMBERS;
use crate::diagnostics::{Diagnostics, Position};
use crate::lex::value;
use crate::scan::{DeclarationKind, Reserved, Scan, Word};

/// The numbers that a value may have.
const OF_VALUES: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;

pub(super) fn check(scan: &Scan, diagnostics: &mut Diagnostics) {
    for block in &scan.reserved {
        check_names(scan, block, diagnostics);
        check_ranges(scan, block, diagnostics);
    }
}

/// What a message or an enum reserves, if anything.
pub(super) fn reserved_of<'a>(scan: &'a Scan, owner: &str) -> Option<&'a Reserved> {
    scan.reserved.iter().find(|block| block.owner == owner)
}

/// The numbers that are reserved.
pub(super) fn ranges(block: &Reserved) -> impl Iterator<Item = RangeInclusive<i64>> {
    let limits = limits(block);
    block
        .ranges
        .iter()
        .filter_map(move |words| range(words, &limits))
}

fn limits(block: &Reserved) -> RangeInclusive<i64> {
    match block.kind {
        DeclarationKind::Enum => OF_VALUES,
        _ => NUMBERS,
    }
}

fn check_names(scan: &Scan, block: &Reserved, diagnostics: &mut Diagnostics) {
    let mut names = HashSet::new();
    for name in &block.names {
        if !names.insert(&name.text) {
            let message = format!("found the name `{}` reserved twice", name.text);
            diagnostics.report(&scan.file, name.position, message);
        }
    }
}

fn check_ranges(scan: &Scan, block: &Reserved, diagnostics: &mut Diagnostics) {
    let limits = limits(block);
    let mut before: Vec<(RangeInclusive<i64>, Position)> = Vec::new();
    for words in &block.ranges {
        let Some(position) = words.first().map(|word| word.position) else {
            continue;
        };
        let Some(range) = range(words, &limits) else {
            let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            let (first, last) = (limits.start(), limits.end());
            let message = format!(
                "found the reserved range {}, expected one from {first} to {last}",
                words.join(" ")
            );
            diagnostics.report(&scan.file, position, message);
            continue;
        };
        let shown = shown(&range);
        if range.is_empty() {
            let message = format!("found the reserved range {shown}, which ends before it begins");
            diagnostics.report(&scan.file, position, message);
        } else if !limits.contains(range.start()) || !limits.contains(range.end()) {
            let (first, last) = (limits.start(), limits.end());
            let message =
                format!("found the reserved range {shown}, expected one from {first} to {last}");
            diagnostics.report(&scan.file, position, message);
        }
        let overlaps = |other: &RangeInclusive<i64>| {
            other.start() <= range.end() && range.start() <= other.end()
        };
        if let Some((other, place)) = before.iter().find(|(other, _)| overlaps(other)) {
            let message = format!("found the reserved range {shown}, part of which is reserved");
            let help = format!("{} is at {}:{place}", self::shown(other), scan.file);
            diagnostics.report_with_help(&scan.file, position, message, help);
        }
        before.push((range, position));
    }
}

/// `1`, `-1`, `1 to 2` or `1 to max`; nothing where a number is beyond all limits.
fn range(words: &[Word], limits: &RangeInclusive<i64>) -> Option<RangeInclusive<i64>> {
    let first = value(&words.first()?.text)?;
    let last = match words.get(2).map(|word| word.text.as_str()) {
        None => first,
        Some("max") => *limits.end(),
        Some(last) => value(last)?,
    };
    Some(first..=last)
}

fn shown(range: &RangeInclusive<i64>) -> String {
    if range.start() == range.end() {
        range.start().to_string()
    } else {
        format!("{} to {}", range.start(), range.end())
    }
}
