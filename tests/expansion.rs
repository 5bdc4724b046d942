//! What the macro makes of a schema, for everyone to see: `.proto` in, pretty-printed Rust out,
//! compared with a file in `tests/snapshots/`. Nothing is written unless it is asked for:
//! `INSTA_UPDATE=always cargo test --test expansion`.

use std::path::{Path, PathBuf};

use insta::{Settings, assert_snapshot};
use messi_codegen::{Config, Locations, expand, read};

/// The longest expansion that `my_protocol.proto` may have, without its documentation: logic
/// belongs in the runtime.
const MAX_LINES: usize = 280;

#[test]
fn my_protocol() {
    let expansion = pretty("examples/my_protocol.proto");
    let lines = expansion.lines();
    let lines = lines.filter(|line| !line.trim().starts_with("///")).count();
    assert!(lines < MAX_LINES, "{lines} lines");
    compare("my_protocol", &expansion);
}

#[test]
fn chat() {
    compare("chat", &pretty("examples/chat/chat.proto"));
}

#[test]
fn imports() {
    compare("imports", &pretty("tests/proto/imports.proto"));
}

#[test]
fn kitchen_sink() {
    compare("kitchen_sink", &pretty("tests/proto/kitchen_sink.proto"));
}

#[test]
fn a_renamed_crate_is_named_throughout() {
    let protocol = read("examples/my_protocol.proto", &locations()).expect("a valid schema");
    let expansion = expand(&protocol, &Config::new().messi("::renamed")).to_string();
    assert!(expansion.contains(":: renamed :: __private"));
    assert!(!expansion.contains(":: messi"));
    assert!(!expansion.contains("\"::messi"));
}

/// Compares with the stored file, and says how to store this one.
fn compare(name: &str, expansion: &str) {
    let mut settings = Settings::new();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| assert_snapshot!(name, expansion));
}

/// The expansion of a schema, as a person would write it.
fn pretty(schema: &str) -> String {
    let mut protocol = read(schema, &locations()).expect("a valid schema");
    for source in &mut protocol.sources {
        *source = from_root(source);
    }
    let tokens = expand(&protocol, &Config::new());
    let file = syn::parse2(tokens).expect("an expansion is made of items");
    prettyplease::unparse(&file)
}

fn locations() -> Locations {
    Locations {
        source_directory: None,
        crate_root: env!("CARGO_MANIFEST_DIR").into(),
        ..Locations::default()
    }
}

/// A path that is the same on every computer.
fn from_root(path: &Path) -> PathBuf {
    let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR"));
    let path = path.expect("a file of this repository").to_string_lossy();
    path.replace('\\', "/").into()
}
