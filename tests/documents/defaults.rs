//! The defaults that the README, the guide and the documentation of the builders state.

use crate::markdown::{files, read, root, rows, sources};
use crate::settings::is_default;

/// A default that a document states.
#[derive(Debug)]
struct Statement {
    setting: String,
    default: String,
}

impl Statement {
    fn new(setting: &str, default: &str) -> Self {
        let setting = setting.rsplit("::").next().unwrap_or_default().into();
        let default = default.replace(['`', '[', ']'], "").trim().into();
        Self { setting, default }
    }
}

/// Returns the first code span of a text.
fn code(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

/// Returns the statements of tables that have a column "default", and a column "method" or "setting".
fn in_tables(page: &str) -> Vec<Statement> {
    let rows = rows(page).into_iter();
    let statements = rows.filter_map(|row| {
        let setting = row.get("method").or(row.get("setting"))?;
        let default = row.get("default")?;
        let is_fixed = setting.starts_with("fixed");
        (!is_fixed).then(|| Statement::new(code(setting).unwrap_or(setting), default))
    });
    statements.collect()
}

/// Returns the statements of sentences, as in "`max_clients` (10,000)".
fn in_sentences(page: &str) -> Vec<Statement> {
    let parts: Vec<_> = page.split('`').collect();
    let pairs = parts.windows(2).filter_map(|pair| {
        let (default, _) = pair[1].strip_prefix(" (")?.split_once(')')?;
        let is_number = default.starts_with(|it: char| it.is_ascii_digit());
        is_number.then(|| Statement::new(pair[0], default))
    });
    pairs.collect()
}

/// Returns the statements of doc comments, as in "Default: 10,000." before the method of a builder.
fn in_doc_comments(source: &str) -> Vec<Statement> {
    let mut comment = String::new();
    let mut statements = Vec::new();
    for line in source.lines().map(str::trim_start) {
        if let Some(line) = line.strip_prefix("///") {
            comment += line;
        } else if let Some(method) = line.strip_prefix("pub fn ") {
            let builder = method.split_once("(mut self");
            let default = comment.split_once("Default: ");
            if let (Some((name, _)), Some((_, default))) = (builder, default) {
                // The default ends with its sentence, or is the text of a link.
                let default = default.split(['.', ';', ']']).next().unwrap_or_default();
                // Two defaults are not values: the runtime, and the builder's setting for a single request.
                let is_value = name != "runtime" && !default.starts_with("the builder's");
                if is_value {
                    statements.push(Statement::new(name, default));
                }
            }
            comment.clear();
        } else if !line.starts_with("#[") {
            comment.clear();
        }
    }
    statements
}

/// Returns the statements of all doc comments.
fn in_all_doc_comments() -> Vec<Statement> {
    let sources = sources().into_iter();
    sources
        .flat_map(|source| in_doc_comments(&read(source)))
        .collect()
}

fn assert_defaults(statements: &[Statement], place: &str) {
    for Statement { setting, default } in statements {
        let is_default = is_default(setting, default);
        assert_eq!(is_default, Some(true), "{place}: `{setting}` ({default})");
    }
}

#[test]
fn pages_state_the_defaults_of_the_builders() {
    let mut pages = files("docs", "md");
    pages.push(root().join("README.md"));
    pages.push(root().join("SECURITY.md"));
    pages.push(root().join("CONTRIBUTING.md"));
    let mut count = 0;
    for page in pages {
        let text = read(&page);
        let mut statements = in_tables(&text);
        statements.append(&mut in_sentences(&text));
        assert_defaults(&statements, &page.display().to_string());
        count += statements.len();
    }
    assert!(count > 40, "{count}");
}

#[test]
fn doc_comments_state_the_defaults_of_the_builders() {
    let statements = in_all_doc_comments();
    assert!(statements.len() > 20, "{statements:?}");
    assert_defaults(&statements, "doc comment");
}

#[test]
fn the_guide_states_every_default() {
    let listed = in_tables(&read("docs/limits.md"));
    for Statement { setting, .. } in in_all_doc_comments() {
        assert!(listed.iter().any(|it| it.setting == setting), "{setting}");
    }
}
