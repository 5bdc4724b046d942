//! The guide in `docs/`: its table of contents, its links, and what it quotes.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files below a directory that have one of these extensions.
fn files(directory: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            found.append(&mut files(&path, extensions));
        } else if extension.is_some_and(|extension| extensions.contains(&extension)) {
            found.push(path);
        }
    }
    found
}

/// Where the links of a page lead to, but for those into the web and within the page.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1);
    targets
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://"))
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let summary = read(root().join("docs/SUMMARY.md"));
    let mut listed: Vec<_> = links(&summary).collect();
    listed.sort_unstable();
    let pages = files(&root().join("docs"), &["md"]);
    let names = pages.iter().map(|page| page.file_name().unwrap());
    let mut names: Vec<_> = names.map(|name| name.to_str().unwrap()).collect();
    names.retain(|name| *name != "SUMMARY.md");
    names.sort_unstable();
    assert_eq!(listed, names);
}

#[test]
fn links_lead_to_files_that_are_there() {
    let top = [
        "README.md",
        "ARCHITECTURE.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ];
    let mut pages: Vec<_> = top.iter().map(|name| root().join(name)).collect();
    pages.append(&mut files(&root().join("docs"), &["md"]));
    pages.push(root().join("bench/README.md"));
    pages.push(root().join("examples/README.md"));
    for page in pages {
        for link in links(&read(&page)).filter(|link| link.contains(['.', '/'])) {
            let target = page.parent().unwrap().join(link);
            assert!(target.exists(), "{}: {link}", page.display());
        }
    }
}

/// The messages that the headings of a page quote, cut where the page has three dots.
fn quotes(page: &str) -> Vec<Vec<&str>> {
    let headings = page.lines().filter_map(|line| line.strip_prefix("### "));
    let quoted = headings.flat_map(|heading| heading.split('`').skip(1).step_by(2));
    quoted.map(|message| message.split('…').collect()).collect()
}

#[test]
fn messages_are_quoted_as_they_are() {
    let page = read(root().join("docs/troubleshooting.md"));
    let sources = [
        "messi-core/src",
        "messi-codegen/src",
        "messi-schema/src",
        "tests/ui/fail",
    ];
    let sources = sources.map(|source| files(&root().join(source), &["rs", "stderr"]));
    let texts: Vec<String> = sources.iter().flatten().map(read).collect();
    let quotes = quotes(&page);
    assert!(quotes.len() > 40, "{}", quotes.len());
    for parts in quotes {
        let has_all = |text: &&String| parts.iter().all(|part| text.contains(part));
        assert!(texts.iter().any(|text| has_all(&text)), "{parts:?}");
    }
}

#[test]
fn the_schema_of_the_tutorial_is_the_one_that_is_tested() {
    let tutorial = read(root().join("docs/tutorial.md"));
    let schema = read(root().join("docs/room.proto"));
    assert!(tutorial.contains(&format!("```proto\n{schema}```")));
}
