//! The subjects of channels.
//!
//! A subject is divided by dots, `*` and `>` stand for parts of others, and it has no spaces. Names of channels have
//! parts that clients choose. So a name becomes one part of a subject, with all but a few characters as `%` and two
//! hexadecimal digits, and no two names have the same subject.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Begins all subjects.
const PREFIX: &str = "messi.";

/// The part that stands for an empty name: a part must not be empty, and no other name becomes this.
const EMPTY: &str = "%";

/// All but the characters of the names that nodes mostly have.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'/')
    .remove(b':')
    .remove(b'_');

/// Returns the subject of a channel: at most 906 bytes, while a server takes 4,096 in a line.
pub(crate) fn of_channel(channel: &str) -> String {
    if channel.is_empty() {
        return format!("{PREFIX}{EMPTY}");
    }
    format!("{PREFIX}{}", utf8_percent_encode(channel, ESCAPED))
}

/// Returns the subject that a connection sends messages to itself with. It is that of no channel, since it has a dot more.
pub(crate) fn of_connection(server: &str, connection: u64) -> String {
    format!(
        "{PREFIX}sync.{}-{connection}",
        utf8_percent_encode(server, ESCAPED)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn usual_names_can_be_read() {
        assert_eq!(
            of_channel("messi:Chat:topic/room_4-2"),
            "messi.messi:Chat:topic/room_4-2"
        );
    }

    #[test]
    fn names_are_one_part_without_special_characters() {
        for name in [
            "",
            " ",
            "*",
            ">",
            ".",
            "a.b",
            "a.>",
            "*.a",
            "%",
            "%2A",
            "$SYS",
            "\0\r\n\t",
            "räk 🦀",
        ] {
            let subject = of_channel(name);
            let part = subject.strip_prefix(PREFIX).unwrap();
            assert!(!part.is_empty());
            let is_safe = |it: char| it.is_ascii_alphanumeric() || "%-/:_".contains(it);
            assert!(part.chars().all(is_safe), "{subject}");
        }
    }

    #[test]
    fn no_two_names_have_the_same_subject() {
        let characters = ['%', '2', '5', 'A', 'a', '.', '*', ' ', 'ä', '\0'];
        let mut names = vec![String::new()];
        for _ in 0..4 {
            let longer = names
                .iter()
                .flat_map(|name| characters.map(|it| format!("{name}{it}")));
            names.extend(longer.collect::<Vec<_>>());
        }
        let names: HashSet<_> = names.into_iter().collect();
        let subjects: HashSet<_> = names.iter().map(|it| of_channel(it)).collect();
        assert_eq!(subjects.len(), names.len());
        assert!(!subjects.contains(&of_connection("a", 1)));
    }

    #[test]
    fn the_longest_name_is_within_the_limit_of_servers() {
        assert_eq!(of_channel(&"*".repeat(300)).len(), 906);
    }
}
