//! The README, which is read as it is: rustdoc does not hide lines of its code there.

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
