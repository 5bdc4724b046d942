//! Checks the README: its code has no hidden lines, which only rustdoc hides.

use crate::markdown::{read, rust_code};

#[test]
fn the_readme_has_no_hidden_lines() {
    let page = read("README.md");
    let code = rust_code(&page);
    assert!(code.len() > 100, "{}", code.len());
    for line in code {
        let start = line.trim_start();
        let is_hidden = start == "#" || start.starts_with("# ");
        assert!(!is_hidden, "{line}");
    }
}

#[test]
fn pages_state_the_minimum_supported_rust_version_of_the_manifest() {
    let stated = format!("Rust {} or later", env!("CARGO_PKG_RUST_VERSION"));
    for page in ["README.md", "docs/tutorial.md"] {
        assert!(read(page).contains(&stated), "{page}: {stated}");
    }
}
