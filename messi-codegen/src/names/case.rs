//! Converts names to snake case and upper camel case.
//!
//! Words are split like in the crate heck, which prost uses. heck itself is a dependency of the tests
//! alone, because every build of a user waits for the dependencies of the macro.

/// Returns a name in snake case: `foo_req` for `FooReq`.
pub(super) fn snake(name: &str) -> String {
    if is_snake(name) {
        return name.into();
    }
    let words = words(name).map(str::to_lowercase);
    words.collect::<Vec<_>>().join("_")
}

/// Returns whether a name is in snake case already, as most are. Compares bytes, since macros run without optimisation.
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
    words(name).map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first
        .chain(characters.as_str().to_lowercase().chars())
        .collect()
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    let parts = name.split(|character: char| !character.is_alphanumeric());
    parts.flat_map(humps).filter(|word| !word.is_empty())
}

/// Splits a part of a name at its capitals: `HTTP`, `Server` and `2nd` for `HTTPServer2nd`.
fn humps(part: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    // Whether the last letter of the word was a capital. Digits do not change it.
    let mut after_capital = None;
    let nexts = part.char_indices().skip(1);
    for ((here, character), (next, follower)) in part.char_indices().zip(nexts) {
        let is_capital = match character {
            _ if character.is_uppercase() => Some(true),
            _ if character.is_lowercase() => Some(false),
            _ => after_capital,
        };
        let ends_acronym =
            after_capital == Some(true) && character.is_uppercase() && follower.is_lowercase();
        let end = match is_capital {
            Some(false) if follower.is_uppercase() => next,
            _ if ends_acronym => here,
            _ => {
                after_capital = is_capital;
                continue;
            }
        };
        words.push(&part[start..end]);
        start = end;
        after_capital = None;
    }
    words.push(&part[start..]);
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
        check_all(&['a', 'B', 'ß', 'Ä', '語', '.'], 4, &mut String::new());
        for name in ["HTTPServer2nd", "_leading", "trailing__", "XYZ", "x86_64Ab"] {
            check(name);
        }
    }
}
