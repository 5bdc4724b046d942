//! Checks that published packages contain no tests, corpora, benchmarks or plots.

use std::process::Command;

use crate::markdown::{members, read, root};

/// The directories of packages that are published. The last three are parts of the command `messi`.
const PUBLISHED: [&str; 5] = ["src", "docs", "google", "runtime", "templates"];

/// Returns whether a path of a package is on its top level or in one of the published directories.
fn is_published(path: &str) -> bool {
    let directory = path.split_once('/').map(|(directory, _)| directory);
    directory.is_none_or(|it| PUBLISHED.contains(&it))
}

#[test]
fn packages_contain_only_sources_and_documents() {
    for member in members() {
        if read(member.join("Cargo.toml")).contains("publish = false") {
            continue;
        }
        let is_root = member == root();
        let directory = member.file_name().unwrap().to_str().unwrap();
        let name = if is_root { "messi" } else { directory };
        let output = Command::new(env!("CARGO"))
            .args([
                "package",
                "--list",
                "--allow-dirty",
                "--locked",
                "--offline",
            ])
            .args(["--package", name])
            .current_dir(root())
            .output()
            .unwrap();
        let listed = String::from_utf8_lossy(&output.stdout);
        assert!(listed.contains("src/lib.rs"), "{output:?}");
        assert!(listed.contains("LICENSE"), "{name}");
        for path in listed.lines().map(|path| path.replace('\\', "/")) {
            assert!(is_published(&path), "{name}: {path}");
        }
    }
}
