//! Checks reservations: ranges are within limits and do not overlap, names are unique.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::ast::{File, ReservedBlock};
use crate::diagnostics::Diagnostics;
use crate::numbers::{limits, range};
use crate::position::Position;

pub(super) fn check(file: &File, diagnostics: &mut Diagnostics) {
    for block in &file.reserved {
        check_names(file, block, diagnostics);
        check_ranges(file, block, diagnostics);
    }
}

fn check_names(file: &File, block: &ReservedBlock, diagnostics: &mut Diagnostics) {
    let mut names = HashSet::new();
    for name in &block.names {
        if !names.insert(&name.value) {
            let message = format!("found the name `{}` reserved twice", name.value);
            diagnostics.report(&file.display_name, name.position, message);
        }
    }
}

fn check_ranges(file: &File, block: &ReservedBlock, diagnostics: &mut Diagnostics) {
    let limits = limits(block);
    let mut before: Vec<(RangeInclusive<i64>, Position)> = Vec::new();
    for words in &block.ranges {
        let Some(position) = words.first().map(|word| word.position) else {
            continue;
        };
        let Some(range) = range(words, &limits) else {
            let words: Vec<&str> = words.iter().map(|word| word.value.as_str()).collect();
            let (first, last) = (limits.start(), limits.end());
            let message = format!(
                "found the reserved range {}, expected one from {first} to {last}",
                words.join(" ")
            );
            diagnostics.report(&file.display_name, position, message);
            continue;
        };
        let shown = shown(&range);
        if range.is_empty() {
            let message = format!("found the reserved range {shown}, which ends before it begins");
            diagnostics.report(&file.display_name, position, message);
        } else if !limits.contains(range.start()) || !limits.contains(range.end()) {
            let (first, last) = (limits.start(), limits.end());
            let message =
                format!("found the reserved range {shown}, expected one from {first} to {last}");
            diagnostics.report(&file.display_name, position, message);
        }
        let overlaps = |other: &RangeInclusive<i64>| {
            other.start() <= range.end() && range.start() <= other.end()
        };
        if let Some((other, place)) = before.iter().find(|(other, _)| overlaps(other)) {
            let message =
                format!("found the reserved range {shown}, part of which is reserved already");
            let help = format!("{} is at {}:{place}", self::shown(other), file.display_name);
            diagnostics.report_with_help(&file.display_name, position, message, help);
        }
        before.push((range, position));
    }
}

fn shown(range: &RangeInclusive<i64>) -> String {
    if range.start() == range.end() {
        range.start().to_string()
    } else {
        format!("{} to {}", range.start(), range.end())
    }
}
