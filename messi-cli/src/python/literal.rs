//! Literals of Python.

/// The number of bytes in a line.
const LINE: usize = 64;

/// Returns bytes as literals, one for each line.
pub(crate) fn bytes(bytes: &[u8]) -> Vec<String> {
    let lines = bytes.chunks(LINE).map(|line| {
        let text: String = line.iter().map(|byte| escape(*byte)).collect();
        format!("b'{text}'")
    });
    lines.collect()
}

fn escape(byte: u8) -> String {
    match byte {
        b'\\' | b'\'' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).into(),
        b'\n' => "\\n".into(),
        _ => format!("\\x{byte:02x}"),
    }
}

/// Returns a text that can stand in a docstring and in a comment.
pub(crate) fn plain(text: &str) -> String {
    let plain = text.chars().map(|character| match character {
        '\\' => '/',
        '"' => '\'',
        control if control.is_control() => ' ',
        other => other,
    });
    plain.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_literals() {
        assert_eq!(bytes(b"a'\\\n\x00~\xff"), [r"b'a\'\\\n\x00~\xff'"]);
        assert_eq!(bytes(&[b'x'; 65])[1], "b'x'");
        assert!(bytes(b"").is_empty());
    }

    #[test]
    fn a_text_in_a_docstring_does_not_end_it() {
        assert_eq!(plain("a\"\"\"\\\n.proto"), "a'''/ .proto");
    }
}
