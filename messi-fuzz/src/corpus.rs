//! Seed inputs: files of the repository, and generated ones that are too large for files.

use std::path::Path;
use std::{fs, io};

/// Reads all files of these directories of the repository, sorted by name.
///
/// # Errors
///
/// Fails if a directory or file can't be read.
pub fn load(directories: &[&str]) -> io::Result<Vec<Vec<u8>>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut inputs = Vec::new();
    for directory in directories {
        let entries = fs::read_dir(root.join(directory))?;
        let mut paths: Vec<_> = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<_>>()?;
        paths.sort();
        for path in paths.iter().filter(|path| path.is_file()) {
            inputs.push(fs::read(path)?);
        }
    }
    Ok(inputs)
}

/// Returns schemas with deep nesting, or with long chains of imports, operators or names.
#[must_use]
pub fn deep_schemas(depth: usize) -> Vec<Vec<u8>> {
    let head = "syntax = \"proto3\";\npackage chat;\n";
    let imports = |number: usize| {
        let next = number + 1;
        format!("syntax = \"proto3\";\nimport \"f{next}.proto\";\n//// f{next}.proto\n")
    };
    let around = |open: &str, close: &str| {
        let (open, close) = (open.repeat(depth), close.repeat(depth));
        format!("{head}{open}{close}")
    };
    let proto2 = |open: &str, close: &str| {
        let (open, close) = (open.repeat(depth), close.repeat(depth));
        format!("{head}import \"old.proto\";\n//// old.proto\nsyntax = \"proto2\";\n{open}{close}")
    };
    let schemas = [
        around("message A { ", "} "),
        around("message A { ", ""),
        around("message A { oneof a { ", "} } "),
        around("message A { extend A { ", "} } "),
        around("option a = { a ", "} "),
        around("option (a) = { a [ ", "] } "),
        around("option (", ") = 1; "),
        around("/* ", "*/ "),
        proto2("message A { optional group B = 1 { ", "} } "),
        proto2("message A { extensions 1 [a = { ", "}]; } "),
        proto2("extend A { optional group B = 1 { ", ""),
        format!("{head}message A {{ {}A a = 1; }}", "A.".repeat(depth)),
        format!("{head}message A {{ map<{}", "map<".repeat(depth)),
        format!("{head}option a = {}1;", "-".repeat(depth)),
        (0..depth.min(500)).map(imports).collect(),
    ];
    schemas.map(String::into_bytes).into()
}
