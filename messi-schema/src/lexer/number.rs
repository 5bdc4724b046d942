//! The values of integers.

/// Returns the value of an integer in decimal, octal or hexadecimal, with or without a minus sign.
/// `None` if it is out of range.
pub(crate) fn value(text: &str) -> Option<i64> {
    integer(text).and_then(|value| value.try_into().ok())
}

/// Returns the same in a type that holds every integer of protobuf.
pub(crate) fn integer(text: &str) -> Option<i128> {
    match text.strip_prefix('-') {
        Some(digits) => unsigned(digits).map(|number| -number),
        None => unsigned(text),
    }
}

fn unsigned(text: &str) -> Option<i128> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return i128::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => i128::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_three_forms() {
        assert_eq!(value("10"), Some(10));
        assert_eq!(value("-0x1F"), Some(-31));
        assert_eq!(value("017"), Some(15));
        assert_eq!(value("0"), Some(0));
        assert_eq!(value("99999999999999999999"), None);
    }
}
