//! The numbers that fields and values may have, and those that are reserved.

use std::ops::RangeInclusive;

use crate::ast::{DeclarationKind, File, ReservedBlock};
use crate::lexer::value;
use crate::position::Spanned;

/// The numbers that a field may have.
pub(crate) const NUMBERS: RangeInclusive<i64> = 1..=(1 << 29) - 1;

/// The numbers that protobuf keeps for itself.
pub(crate) const KEPT: RangeInclusive<i64> = 19_000..=19_999;

/// The numbers that a value of an enum may have.
const OF_VALUES: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;

/// Returns whether a field may have this number.
pub(crate) fn is_allowed(number: i64) -> bool {
    NUMBERS.contains(&number) && !KEPT.contains(&number)
}

/// Returns the reserved names and numbers of a message or an enum.
pub(crate) fn reserved_of<'a>(file: &'a File, owner: &str) -> Option<&'a ReservedBlock> {
    file.reserved.iter().find(|block| block.owner == owner)
}

/// Returns the reserved ranges of numbers.
pub(crate) fn ranges(block: &ReservedBlock) -> impl Iterator<Item = RangeInclusive<i64>> {
    let limits = limits(block);
    block
        .ranges
        .iter()
        .filter_map(move |words| range(words, &limits))
}

/// Returns the numbers that may be reserved.
pub(crate) fn limits(block: &ReservedBlock) -> RangeInclusive<i64> {
    match block.kind {
        DeclarationKind::Enum => OF_VALUES,
        _ => NUMBERS,
    }
}

/// Returns the range of `1`, `-1`, `1 to 2` or `1 to max`, or `None` if a number does not fit.
pub(crate) fn range(
    words: &[Spanned<String>],
    limits: &RangeInclusive<i64>,
) -> Option<RangeInclusive<i64>> {
    let first = value(&words.first()?.value)?;
    let last = match words.get(2).map(|word| word.value.as_str()) {
        None => first,
        Some("max") => *limits.end(),
        Some(last) => value(last)?,
    };
    Some(first..=last)
}
