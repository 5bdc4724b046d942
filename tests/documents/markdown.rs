//! Reads the parts of Markdown that the tests compare: prose, links, headings and code blocks.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a file of the repository.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the files below a directory of the repository that have this extension, in order.
pub(crate) fn files(directory: impl AsRef<Path>, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(directory)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut files(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Returns the directories of messi and its crates.
pub(crate) fn members() -> Vec<PathBuf> {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap());
    let is_member = |name: &str| name.starts_with("messi-");
    let members = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_member));
    let mut members: Vec<_> = members.map(|entry| entry.path()).collect();
    members.push(root().to_owned());
    members
}

/// Returns the Rust files of messi and its crates.
pub(crate) fn sources() -> Vec<PathBuf> {
    let directories = members().into_iter().map(|member| member.join("src"));
    directories.flat_map(|it| files(it, "rs")).collect()
}

/// A line of a page, with the info string of the code block that it is in.
struct Line<'a> {
    text: &'a str,
    code: Option<&'a str>,
}

/// Splits a page into lines, without the lines of code fences.
fn lines(page: &str) -> Vec<Line<'_>> {
    let mut code = None;
    let mut lines = Vec::new();
    for text in page.lines() {
        match text.trim_start().strip_prefix("```") {
            Some(info) if code.is_none() => code = Some(info),
            Some(_) => code = None,
            None => lines.push(Line { text, code }),
        }
    }
    lines
}

/// Returns the lines of all Rust code blocks.
pub(crate) fn rust_code(page: &str) -> Vec<&str> {
    let is_rust = |line: &Line<'_>| line.code.is_some_and(|info| info.starts_with("rust"));
    let lines = lines(page).into_iter().filter(is_rust);
    lines.map(|line| line.text).collect()
}

/// Returns a page without code blocks, and with a `_` for each code span.
pub(crate) fn prose(page: &str) -> String {
    let lines = lines(page).into_iter().filter(|line| line.code.is_none());
    let text: Vec<_> = lines.map(|line| line.text).collect();
    let text = text.join("\n");
    let outside = text.split('`').step_by(2);
    outside.collect::<Vec<_>>().join("_")
}

/// Returns the rows of all tables, each as a map from the column's name to the cell.
pub(crate) fn rows(page: &str) -> Vec<HashMap<&str, &str>> {
    let mut head = Vec::new();
    let mut rows = Vec::new();
    for line in lines(page) {
        let cells = line.text.trim().strip_prefix('|');
        let Some(cells) = cells.and_then(|it| it.strip_suffix('|')) else {
            head.clear();
            continue;
        };
        let cells: Vec<_> = cells.split('|').map(str::trim).collect();
        if head.is_empty() {
            head = cells;
        } else if !cells.iter().all(|cell| cell.starts_with("---")) {
            rows.push(head.iter().copied().zip(cells).collect());
        }
    }
    rows
}

/// A link in Markdown, or a part of one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// `[text](target)`
    Inline { target: String },
    /// `[text][label]`
    Reference { label: String },
    /// `[label]: target`
    Definition { label: String, target: String },
    /// `[text]`, which only rustdoc resolves.
    Shortcut { text: String },
}

impl Link {
    /// Returns the target, if this part has it.
    pub(crate) fn target(&self) -> Option<&str> {
        match self {
            Self::Inline { target } | Self::Definition { target, .. } => Some(target),
            Self::Reference { .. } | Self::Shortcut { .. } => None,
        }
    }
}

/// Returns the links of a page, outside of code.
pub(crate) fn links(page: &str) -> Vec<Link> {
    let prose = prose(page);
    let mut rest = prose.as_str();
    let mut links = Vec::new();
    while let Some((_, opened)) = rest.split_once('[') {
        let Some((text, after)) = opened.split_once(']') else {
            break;
        };
        // The image in the text of a link is a separate link.
        if text.contains('[') {
            rest = opened;
            continue;
        }
        let (link, after) = link(text, after);
        links.extend(link);
        rest = after;
    }
    links
}

/// Reads a link after its first bracket, and returns it with the rest of the page.
fn link<'a>(text: &str, after: &'a str) -> (Option<Link>, &'a str) {
    let text = text.to_owned();
    if let Some((target, rest)) = enclosed(after, '(', ')') {
        let target = target.to_owned();
        (Some(Link::Inline { target }), rest)
    } else if let Some((label, rest)) = enclosed(after, '[', ']') {
        let label = label.to_owned();
        (Some(Link::Reference { label }), rest)
    } else if let Some(definition) = after.strip_prefix(": ") {
        let (target, rest) = definition.split_once('\n').unwrap_or((definition, ""));
        let (label, target) = (text, target.trim().to_owned());
        (Some(Link::Definition { label, target }), rest)
    } else if matches!(text.as_str(), " " | "x") {
        // A check box.
        (None, after)
    } else {
        (Some(Link::Shortcut { text }), after)
    }
}

/// Splits a text that starts with a bracket at the closing one.
fn enclosed(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    text.strip_prefix(open)?.split_once(close)
}

/// Returns the anchors of the headings of a page, as GitHub and rustdoc make them.
pub(crate) fn anchors(page: &str) -> Vec<String> {
    let lines = lines(page).into_iter().filter(|line| line.code.is_none());
    let headings = lines.filter(|line| line.text.starts_with('#'));
    headings
        .map(|line| anchor(line.text.trim_start_matches('#').trim()))
        .collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|&it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn each_form_of_link_is_found() {
    let page =
        "[a](b.md) `[no](link)` [`c`][d]\n```rust\n[no](link)\n```\n- [ ] e\n\n[d]: f.md#g\n[`H`]";
    let owned = str::to_owned;
    let expected = [
        Link::Inline {
            target: owned("b.md"),
        },
        Link::Reference { label: owned("d") },
        Link::Definition {
            label: owned("d"),
            target: owned("f.md#g"),
        },
        Link::Shortcut { text: owned("_") },
    ];
    assert_eq!(links(page), expected);
}

#[test]
fn anchors_have_no_punctuation() {
    let page = "# Tutorial: a chat-room\n```text\n# no heading\n```\n## TLS and `unix`";
    assert_eq!(anchors(page), ["tutorial-a-chat-room", "tls-and-unix"]);
}
