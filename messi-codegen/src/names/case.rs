//! Converts names to snake case and upper camel case.
//!
//! Words are split like in the crate heck, which prost uses. heck itself is a dependency of the tests
//! alone, because every build of a user waits for the dependencies of the macro. The names of a schema are ASCII letters,
//! digits and underscores, which are compared as bytes: this code is run without optimisation.

/// Returns a name in snake case: `foo_req` for `FooReq`.
pub(super) fn snake(name: &str) -> String {
    if is_snake(name) {
        return name.into();
    }
    let words: Vec<String> = words(name)
        .iter()
        .map(|it| it.to_ascii_lowercase())
        .collect();
    words.join("_")
}

/// Returns whether a name is in snake case already, as most are.
fn is_snake(name: &str) -> bool {
    let mut last = b'_';
    for &byte in name.as_bytes() {
        match byte {
            b'_' if last == b'_' => return false,
            b'a'..=b'z' | b'0'..=b'9' | b'_' => last = byte,
            _ => return false,
        }
    }
    last != b'_'
}

/// Returns a name in upper camel case: `FooReq` for `foo_req`.
pub(super) fn upper_camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for word in words(name) {
        let start = camel.len();
        camel.push_str(word);
        camel[start..].make_ascii_lowercase();
        if let Some(first) = camel.get_mut(start..=start) {
            first.make_ascii_uppercase();
        }
    }
    camel
}

/// Splits a name at underscores and capitals: `HTTP`, `Server` and `2nd` for `HTTPServer_2nd`.
fn words(name: &str) -> Vec<&str> {
    let bytes = name.as_bytes();
    let mut words = Vec::new();
    let mut start = 0;
    // Whether the last letter of the word was a capital. Digits do not change it.
    let mut after_capital = None;
    for here in 0..bytes.len() {
        let byte = bytes[here];
        if byte == b'_' {
            words.push(&name[start..here]);
            start = here + 1;
            after_capital = None;
            continue;
        }
        let follower = bytes.get(here + 1).copied().unwrap_or(b'_');
        let is_capital = match byte {
            b'A'..=b'Z' => Some(true),
            b'a'..=b'z' => Some(false),
            _ => after_capital,
        };
        let ends_acronym = after_capital == Some(true)
            && byte.is_ascii_uppercase()
            && follower.is_ascii_lowercase();
        let end = match is_capital {
            Some(false) if follower.is_ascii_uppercase() => here + 1,
            _ if ends_acronym => here,
            _ => {
                after_capital = is_capital;
                continue;
            }
        };
        words.push(&name[start..end]);
        start = end;
        after_capital = None;
    }
    words.push(&name[start..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use heck::{ToSnakeCase, ToUpperCamelCase};

    use super::*;

    fn check(name: &str) {
        assert_eq!(snake(name), name.to_snake_case(), "{name:?}");
        assert_eq!(upper_camel(name), name.to_upper_camel_case(), "{name:?}");
    }

    /// Every text of these characters up to a length.
    fn check_all(characters: &[char], length: usize, text: &mut String) {
        check(text);
        if length == 0 {
            return;
        }
        for &character in characters {
            text.push(character);
            check_all(characters, length - 1, text);
            text.pop();
        }
    }

    #[test]
    fn words_are_those_of_prost() {
        check_all(&['a', 'B', '1', '_'], 7, &mut String::new());
        for name in ["HTTPServer2nd", "_leading", "trailing__", "XYZ", "x86_64Ab"] {
            check(name);
        }
    }
}
