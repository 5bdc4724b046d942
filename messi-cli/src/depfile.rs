//! Rules for make, CMake and ninja: which files others depend on.

use std::path::{Path, PathBuf};

/// Returns a rule: when one of the sources changes, the targets are out of date.
pub(crate) fn rule(targets: &[PathBuf], sources: &[PathBuf]) -> String {
    format!("{}:{}\n", words(targets, ""), words(sources, " "))
}

/// Joins paths, with a line for each after the first.
fn words(paths: &[PathBuf], before_first: &str) -> String {
    let words: Vec<String> = paths.iter().map(|path| escape(path)).collect();
    match words.is_empty() {
        true => String::new(),
        false => format!("{before_first}{}", words.join(" \\\n  ")),
    }
}

/// Escapes the characters with a meaning in a rule. GNU make and ninja agree on these.
fn escape(path: &Path) -> String {
    let mut escaped = String::new();
    for character in path.to_string_lossy().chars() {
        match character {
            ' ' | '#' => escaped.extend(['\\', character]),
            '$' => escaped.push_str("$$"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_lists_targets_and_sources() {
        let targets = ["gen/chat.h".into(), "gen/chat.c".into()];
        let sources = ["my protos/chat#1.proto".into(), "$types.proto".into()];
        assert_eq!(
            rule(&targets, &sources),
            "gen/chat.h \\\n  gen/chat.c: my\\ protos/chat\\#1.proto \\\n  $$types.proto\n"
        );
    }
}
