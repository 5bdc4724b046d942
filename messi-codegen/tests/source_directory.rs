//! Finds schemas where the file that calls the macro is unknown, as in some editors.

mod common;

use std::path::{MAIN_SEPARATOR_STR, Path};

use common::{Schemas, with};
use messi_codegen::{Locations, protocol};

#[test]
fn a_schema_beside_a_source_file_is_found() {
    let package = Schemas::new(&[
        ("src/lib.rs", ""),
        ("src/deep/mod.rs", ""),
        ("src/deep/chat.proto", &with("message Deep {}")),
    ]);
    assert_has(&expand(&package, r#""chat.proto""#), "Deep");
}

#[test]
fn schemas_beside_tests_and_examples_are_found() {
    let package = Schemas::new(&[
        ("src/lib.rs", ""),
        ("tests/it.rs", ""),
        ("tests/proto/tested.proto", &with("message Tested {}")),
        ("examples/show/main.rs", ""),
        ("examples/show/shown.proto", &with("message Shown {}")),
    ]);
    assert_has(&expand(&package, r#""proto/tested.proto""#), "Tested");
    assert_has(&expand(&package, r#""shown.proto""#), "Shown");
}

#[test]
fn a_schema_to_which_the_path_leads_from_several_directories_is_found() {
    let package = Schemas::new(&[
        ("src/a/mod.rs", ""),
        ("src/b/mod.rs", ""),
        ("src/proto/chat.proto", &with("message Shared {}")),
    ]);
    assert_has(&expand(&package, r#""../proto/chat.proto""#), "Shared");
}

#[test]
fn a_schema_in_a_directory_to_include_is_found() {
    let package = Schemas::new(&[
        ("src/lib.rs", ""),
        ("src/deep/mod.rs", ""),
        ("src/protos/chat.proto", &with("message Included {}")),
    ]);
    let arguments = r#""chat.proto", include = ["../protos"]"#;
    assert_has(&expand(&package, arguments), "Included");
}

#[test]
fn directories_without_source_files_and_other_packages_do_not_count() {
    let package = Schemas::new(&[
        ("src/lib.rs", ""),
        ("src/chat.proto", &with("message Counted {}")),
        ("tests/data/chat.proto", &with("")),
        ("tests/inner/Cargo.toml", ""),
        ("tests/inner/lib.rs", ""),
        ("tests/inner/chat.proto", &with("")),
    ]);
    assert_has(&expand(&package, r#""chat.proto""#), "Counted");
}

#[test]
fn several_schemas_of_one_name_are_one_error_and_can_be_named_from_the_root() {
    let package = Schemas::new(&[
        ("src/a/mod.rs", ""),
        ("src/a/chat.proto", &with("message First {}")),
        ("src/b/mod.rs", ""),
        ("src/b/chat.proto", &with("message Second {}")),
    ]);
    let expansion = expand(&package, r#""chat.proto""#);
    assert_eq!(expansion.matches("compile_error").count(), 1, "{expansion}");
    for path in ["src/a/chat.proto", "src/b/chat.proto"] {
        let path = path.replace('/', MAIN_SEPARATOR_STR);
        let path = format!("`{}`", path.escape_default());
        assert!(expansion.contains(&path), "{expansion}");
    }
    assert_has(&expand(&package, r#""src/b/chat.proto""#), "Second");
}

#[test]
fn a_missing_schema_is_one_error_that_expects_it_in_src() {
    let package = Schemas::new(&[("src/lib.rs", "")]);
    let expansion = expand(&package, r#""chat.proto""#);
    assert_eq!(expansion.matches("compile_error").count(), 1, "{expansion}");
    let expected = package.root().join("src").join("chat.proto");
    let expected = expected.display().to_string().escape_default().to_string();
    assert!(expansion.contains(&expected), "{expansion}");
}

/// Expands an invocation of the macro in an unknown file of a package.
fn expand(package: &Schemas, arguments: &str) -> String {
    let arguments = arguments.parse().unwrap();
    let locations = |_| Locations::new(None, Path::new(""), package.root());
    protocol(arguments, locations).to_string()
}

/// Checks that an expansion has no error, and has a message.
fn assert_has(expansion: &str, message: &str) {
    let message = format!("pub struct {message} ");
    assert!(!expansion.contains("compile_error"), "{expansion}");
    assert!(expansion.contains(&message), "{expansion}");
}
