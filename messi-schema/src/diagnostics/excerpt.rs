//! The source line of a problem, with its place marked.

use std::fmt::{self, Formatter};

use crate::position::Position;

/// The number of characters shown of a line, which can be as long as its file.
const MAX_WIDTH: usize = 100;

/// The number of them before the place, in a line that is not shown from its start.
const BEFORE: usize = 40;

/// Writes a line with its number, and a line with carets below the word at the place.
pub(super) fn write(
    formatter: &mut Formatter<'_>,
    line: &str,
    position: Position,
    margin: usize,
) -> fmt::Result {
    let line = line.trim_end();
    // The parts of the standard library that are used here are fast on a line of megabytes, which a
    // file with thousands of problems may have.
    let length = line.chars().count();
    // The place of a missing token can be behind the last character.
    let place = (position.column - 1).min(length);
    let start = if length > MAX_WIDTH {
        place.saturating_sub(BEFORE)
    } else {
        0
    };
    let shown: Vec<char> = from(line, start).chars().take(MAX_WIDTH).collect();
    let marked = &shown[place - start..];
    let number = position.line;
    let ellipsis = |is_cut: bool| if is_cut { "…" } else { "" };
    let (before, after) = (start > 0, start + shown.len() < length);
    write!(formatter, "\n{:margin$} |", "")?;
    write!(formatter, "\n{number:margin$} | {}", ellipsis(before))?;
    write!(formatter, "{}{}", printable(&shown), ellipsis(after))?;
    write!(
        formatter,
        "\n{:margin$} | {}",
        "",
        ellipsis(before).replace('…', " ")
    )?;
    write!(formatter, "{}", blank(&shown[..place - start]))?;
    write!(formatter, "{}", "^".repeat(width_of_word(marked)))
}

/// Returns the line from a character on.
fn from(line: &str, character: usize) -> &str {
    if line.is_ascii() {
        return &line[character..];
    }
    let mut indices = line.char_indices();
    let index = indices.nth(character).map(|(index, _)| index);
    &line[index.unwrap_or(line.len())..]
}

fn printable(characters: &[char]) -> String {
    let characters = characters.iter();
    characters
        .map(|&c| if c.is_control() && c != '\t' { ' ' } else { c })
        .collect()
}

/// Returns blanks of the width of these characters. Tabs stay tabs.
fn blank(characters: &[char]) -> String {
    let characters = characters.iter();
    characters
        .map(|&c| if c == '\t' { c } else { ' ' })
        .collect()
}

/// Returns the length of the name, number or string at the start, or one.
fn width_of_word(characters: &[char]) -> usize {
    let Some(&first) = characters.first() else {
        return 1;
    };
    if matches!(first, '"' | '\'') {
        let closing = characters.iter().skip(1).position(|&c| c == first);
        return closing.map_or(1, |length| length + 2);
    }
    let is_part = |c: &&char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let length = characters[1..].iter().take_while(is_part).count();
    // A sign belongs to its number, a leading dot to its name.
    if is_part(&&first) || first == '-' {
        length + 1
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use super::*;

    struct Excerpt<'a>(&'a str, usize);

    impl Display for Excerpt<'_> {
        fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            let position = Position {
                line: 7,
                column: self.1,
            };
            write(formatter, self.0, position, 1)
        }
    }

    #[test]
    fn the_word_at_the_place_is_marked() {
        let cases = [
            ("  Shpae shape = 1;", 3, "  ^^^^^"),
            ("  .acme.Shape s = 1;", 3, "  ^^^^^^^^^^^"),
            ("import \"a b.proto\";", 8, "       ^^^^^^^^^^^"),
            ("A = -12;", 5, "    ^^^"),
            ("{ }", 3, "  ^"),
            ("\tint32 = 1;", 8, "\t      ^"),
            ("", 1, "^"),
            ("ä b", 3, "  ^"),
        ];
        for (line, column, carets) in cases {
            assert_eq!(
                Excerpt(line, column).to_string(),
                format!("\n  |\n7 | {line}\n  | {carets}")
            );
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}bad{}", " x".repeat(1000), " y".repeat(1000));
        let shown = Excerpt(&line, 2001).to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines[2].chars().count(),
            "7 | …".chars().count() + MAX_WIDTH + 1
        );
        assert!(lines[2].starts_with("7 | …") && lines[2].ends_with('…'));
        assert_eq!(lines[3].find("^^^"), Some(4 + 1 + BEFORE));
        let place = lines[2]
            .find("bad")
            .map(|end| lines[2][..end].chars().count());
        assert_eq!(place, Some(4 + 1 + BEFORE));
    }

    #[test]
    fn what_can_not_be_printed_is_left_out() {
        assert_eq!(
            Excerpt("a\u{1b}[31m b\r", 8).to_string(),
            "\n  |\n7 | a [31m b\n  |        ^"
        );
    }
}
