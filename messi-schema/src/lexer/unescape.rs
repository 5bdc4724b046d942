//! The values of string literals.

/// Replaces the escapes of a string literal, which the lexer has checked, by the bytes they stand
/// for.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..start]);
        rest = escape(&rest[start + 1..], &mut bytes);
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Reads an escape after its backslash and returns the text after it.
fn escape<'a>(text: &'a str, bytes: &mut Vec<u8>) -> &'a str {
    let Some(first) = text.chars().next() else {
        return text;
    };
    let rest = &text[first.len_utf8()..];
    match first {
        '0'..='7' => digits(text, 8, 3, bytes),
        'x' | 'X' => digits(rest, 16, 2, bytes),
        'u' => character(rest, 4, bytes),
        'U' => character(rest, 8, bytes),
        _ => {
            bytes.push(match first {
                'a' => 0x07,
                'b' => 0x08,
                'f' => 0x0c,
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'v' => 0x0b,
                // `\\`, `\?`, `\'` and `\"` stand for themselves.
                other => other as u8,
            });
            rest
        }
    }
}

/// Reads a byte of at most `max` digits.
fn digits<'a>(text: &'a str, radix: u32, max: usize, bytes: &mut Vec<u8>) -> &'a str {
    let is_digit = |c: &char| c.is_digit(radix);
    let count = text.chars().take(max).take_while(is_digit).count();
    let value = u32::from_str_radix(&text[..count], radix).unwrap_or_default();
    // protoc keeps the low byte of `\777` too.
    bytes.push(value as u8);
    &text[count..]
}

/// Reads a character of exactly `count` hexadecimal digits.
fn character<'a>(text: &'a str, count: usize, bytes: &mut Vec<u8>) -> &'a str {
    let Some(digits) = text.get(..count) else {
        return text;
    };
    let code = u32::from_str_radix(digits, 16).ok();
    let character = code.and_then(char::from_u32);
    let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    &text[count..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_bytes() {
        let cases: [(&str, &[u8]); 8] = [
            ("plain", b"plain"),
            (r#"a\"b\'c\\d"#, b"a\"b'c\\d"),
            (r"\n\t\?", b"\n\t?"),
            (r"\1018", b"A8"),
            (r"\x41g\x4", b"Ag\x04"),
            (r"\u00e4b", "äb".as_bytes()),
            (r"\U0001F600", "😀".as_bytes()),
            (r"ä\\", "ä\\".as_bytes()),
        ];
        for (text, bytes) in cases {
            assert_eq!(unescape(text), bytes, "{text}");
        }
    }
}
