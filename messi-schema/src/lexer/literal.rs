//! The forms of numbers and escapes.

use super::token::Kind;

/// Returns whether a text is a number in hexadecimal, or begins one.
pub(super) fn is_hex(text: &str) -> bool {
    text.starts_with("0x") || text.starts_with("0X")
}

/// Returns the kind of number that a text is, if it is a number.
pub(super) fn number_kind(text: &str) -> Option<Kind> {
    let all = |digits: &str, radix: u32| {
        !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
    };
    if is_hex(text) {
        return all(&text[2..], 16).then_some(Kind::Integer);
    }
    if all(text, 10) {
        let is_sound = text == "0" || !text.starts_with('0') || all(text, 8);
        return is_sound.then_some(Kind::Integer);
    }
    let has_digits = text
        .trim_start_matches('.')
        .starts_with(|c: char| c.is_ascii_digit());
    let is_plain = !text.contains('_') && has_digits;
    (is_plain && text.trim_end_matches(['f', 'F']).parse::<f64>().is_ok()).then_some(Kind::Float)
}

/// Returns whether a text begins with a valid escape of a string literal.
pub(super) fn is_escape(text: &str) -> bool {
    let mut characters = text.chars().skip(1);
    let hex = |count: usize| {
        let digits = text.chars().skip(2).take(count);
        digits.filter(char::is_ascii_hexdigit).count()
    };
    match characters.next() {
        Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | '?' | '\'' | '"' | '0'..='7') => true,
        Some('x' | 'X') => hex(1) == 1,
        Some('u') => hex(4) == 4,
        Some('U') => hex(8) == 8,
        _ => false,
    }
}
