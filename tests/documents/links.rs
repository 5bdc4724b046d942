//! Links of Markdown pages that are read as files, and of doc comments.

use std::path::{Path, PathBuf};

use crate::markdown::{Link, anchors, files, links, read, root, sources};

/// Returns every Markdown page that is read as a file.
fn pages() -> Vec<PathBuf> {
    let top = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "bench/README.md",
        "examples/README.md",
    ];
    let mut pages: Vec<_> = top.iter().map(|name| root().join(name)).collect();
    pages.append(&mut files("docs", "md"));
    pages.append(&mut files(".github", "md"));
    pages
}

fn is_on_the_web(target: &str) -> bool {
    target.contains("://")
}

/// Returns whether a target relative to a page is a file, and its anchor a heading of that file.
fn exists(page: &Path, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = match path {
        "" => page.to_owned(),
        path => page.parent().unwrap().join(path),
    };
    let has_anchor = || anchors(&read(&file)).iter().any(|it| it == anchor);
    file.exists() && (anchor.is_empty() || has_anchor())
}

#[test]
fn relative_links_lead_to_files_and_headings_that_exist() {
    for page in pages() {
        let links = links(&read(&page));
        let targets = links.iter().filter_map(Link::target);
        for target in targets.filter(|target| !is_on_the_web(target)) {
            assert!(exists(&page, target), "{}: {target}", page.display());
        }
    }
}

#[test]
fn every_reference_has_a_definition_and_every_definition_a_reference() {
    for page in pages() {
        let (mut used, mut defined) = (Vec::new(), Vec::new());
        for link in links(&read(&page)) {
            match link {
                Link::Reference { label } => used.push(label),
                Link::Definition { label, .. } => defined.push(label),
                Link::Inline { .. } | Link::Shortcut { .. } => {}
            }
        }
        used.sort();
        used.dedup();
        defined.sort();
        assert_eq!(used, defined, "{}", page.display());
    }
}

#[test]
fn no_page_has_links_that_only_rustdoc_resolves() {
    for page in pages() {
        for link in links(&read(&page)) {
            let is_path = link.target().is_some_and(|target| target.contains("::"));
            let is_rustdoc = is_path || matches!(link, Link::Shortcut { .. });
            assert!(!is_rustdoc, "{}: {link:?}", page.display());
        }
    }
}

#[test]
fn no_doc_comment_links_to_a_file() {
    for source in sources() {
        let text = read(&source);
        let comments = text.lines().map(str::trim_start);
        let docs = comments.filter_map(|it| it.strip_prefix("///").or(it.strip_prefix("//!")));
        for link in links(&docs.collect::<Vec<_>>().join("\n")) {
            let target = link.target().unwrap_or_default();
            let is_file = target.contains('/') || target.contains(".md");
            assert!(
                !is_file || is_on_the_web(target),
                "{}: {target}",
                source.display()
            );
        }
    }
}
