//! The guide: its tables of contents, its links in the crate's documentation, and its quotes.

use std::collections::BTreeMap;
use std::path::Path;

use crate::markdown::{Link, files, links, read, sources};

/// Returns the names of the pages in `docs/`, in order.
fn pages() -> Vec<String> {
    let files = files("docs", "md");
    let names = files.iter().map(|page| page.file_stem().unwrap());
    let mut names: Vec<String> = names.map(|name| name.to_str().unwrap().into()).collect();
    names.retain(|name| name != "SUMMARY");
    names
}

/// Returns the definitions of a page: label and target.
fn definitions(page: &str) -> BTreeMap<String, String> {
    let links = links(page).into_iter();
    let definitions = links.filter_map(|link| match link {
        Link::Definition { label, target } => Some((label, target)),
        _ => None,
    });
    definitions.collect()
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let links = links(&read("docs/SUMMARY.md"));
    let targets = links.iter().filter_map(Link::target);
    let mut listed: Vec<_> = targets.map(|it| it.trim_end_matches(".md")).collect();
    listed.sort_unstable();
    assert_eq!(listed, pages());
}

#[test]
fn every_page_is_a_module_of_the_crate() {
    let source = read("src/guide.rs");
    for page in pages() {
        let module = format!("{page} = \"../docs/{page}.md\"");
        let contents = format!("]({page}):");
        assert!(source.contains(&module), "{module}");
        assert!(source.contains(&contents), "{contents}");
    }
}

/// Returns the module that shows a page of the guide, with the anchor of its target.
fn module(target: &str) -> Option<String> {
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, format!("#{anchor}")),
        None => (target, String::new()),
    };
    let name = Path::new(path).file_stem()?.to_str()?.to_lowercase();
    let is_module = name == "security" || pages().contains(&name);
    is_module.then(|| format!("crate::guide::{name}{anchor}"))
}

/// Links to files would be dead in the crate's documentation, so `src/guide/links.txt` replaces their targets.
#[test]
fn links_between_pages_lead_to_modules_in_the_documentation_of_the_crate() {
    let in_docs = definitions(&read("src/guide/links.txt"));
    let mut in_files = BTreeMap::new();
    let pages = pages().into_iter().map(|name| format!("docs/{name}.md"));
    for page in pages.chain(["SECURITY.md".into()]) {
        let page = read(page);
        for link in links(&page) {
            if let Link::Inline { target } = &link {
                let is_valid = target.contains("://") || target.starts_with('#');
                assert!(is_valid, "not a reference, so not replaced: {target}");
            }
        }
        in_files.append(&mut definitions(&page));
    }
    assert!(
        in_docs.keys().eq(in_files.keys()),
        "{in_docs:?} {in_files:?}"
    );
    for (label, target) in &in_files {
        let in_docs = &in_docs[label];
        assert!(
            module(target).is_none_or(|it| it == *in_docs),
            "{target}: {in_docs}"
        );
    }
}

/// Returns the messages that the headings of a page quote, split at three dots.
fn quotes(page: &str) -> Vec<Vec<&str>> {
    let headings = page.lines().filter_map(|line| line.strip_prefix("### "));
    let quoted = headings.flat_map(|heading| heading.split('`').skip(1).step_by(2));
    quoted.map(|message| message.split('…').collect()).collect()
}

#[test]
fn quoted_messages_exist_in_the_sources_or_in_stored_errors() {
    let page = read("docs/troubleshooting.md");
    let mut sources = sources();
    sources.append(&mut files("tests/ui/fail", "stderr"));
    let texts: Vec<String> = sources.iter().map(read).collect();
    let quotes = quotes(&page);
    assert!(quotes.len() > 40, "{}", quotes.len());
    for parts in quotes {
        let has_all = |text: &&String| parts.iter().all(|part| text.contains(part));
        assert!(texts.iter().any(|text| has_all(&text)), "{parts:?}");
    }
}

#[test]
fn pages_show_the_schemas_that_their_code_is_tested_with() {
    for (page, schema) in [
        ("docs/tutorial.md", "docs/room.proto"),
        ("docs/bulk.md", "docs/files.proto"),
        ("docs/topics.md", "docs/rooms.proto"),
        ("docs/at_least_once.md", "docs/readings.proto"),
    ] {
        let schema = read(schema);
        assert!(
            read(page).contains(&format!("```proto\n{schema}```")),
            "{page}"
        );
    }
}
