//! Compares formatted expansions of schemas with the files in `tests/snapshots/`, which readers can
//! look at. `INSTA_UPDATE=always cargo test --test expansion` updates them.

use std::mem;
use std::path::{Path, PathBuf};

use insta::{Settings, assert_snapshot};
use messi_codegen::{Config, Locations, Side, expand, read};
use quote::quote;
use syn::{Attribute, File, ImplItem, Item, TraitItem, Visibility, parse_quote};

/// The maximum length of the expansion of `my_protocol.proto` without documentation, since logic
/// belongs in messi-core.
const MAX_LINES: usize = 440;

#[test]
fn my_protocol_expands_to_its_snapshot() {
    let expansion = pretty("examples/my_protocol.proto");
    let lines = expansion.lines();
    let lines = lines.filter(|line| !line.trim().starts_with("///")).count();
    assert!(lines < MAX_LINES, "{lines} lines");
    compare("my_protocol", &expansion);
}

#[test]
fn chat_expands_to_its_snapshot() {
    compare("chat", &pretty("examples/chat/chat.proto"));
}

#[test]
fn a_view_expands_to_its_snapshot() {
    let config = Config::new().views(&["MessageInd"]).side(Side::Server);
    let expansion = pretty_with("examples/chat/chat.proto", &config);
    compare("chat_views", &expansion);
}

#[test]
fn attributes_and_external_types_expand_to_their_snapshot() {
    let config = Config::new()
        .derive("::serde::Serialize")
        .attributes("messages: #[serde(default)], enums: #[serde(transparent)] #[must_use]")
        .attributes("Entry.at: #[serde(skip)], Entry.place: #[serde(flatten)]")
        .attributes(
            "entry::Place: #[serde(untagged)], entry::Place.City: #[serde(rename = \"town\")]",
        )
        .attributes("Mood.Good: #[serde(other)]")
        .extern_package("google.protobuf", "::pbjson_types")
        .side(Side::Client);
    compare(
        "journal",
        &pretty_with("tests/proto/journal.proto", &config),
    );
}

#[test]
fn imports_expand_to_their_snapshot() {
    compare("imports", &pretty("tests/proto/imports.proto"));
}

#[test]
fn kitchen_sink_expands_to_its_snapshot() {
    compare("kitchen_sink", &pretty("tests/proto/kitchen_sink.proto"));
}

#[test]
fn an_expansion_uses_the_given_name_of_the_crate() {
    let protocol = read("examples/my_protocol.proto", &locations()).expect("a valid schema");
    let expansion = expand(&protocol, &Config::new().messi("::renamed")).to_string();
    assert!(expansion.contains(":: renamed :: __private"));
    assert!(!expansion.contains(":: messi"));
    assert!(!expansion.contains("\"::messi"));
}

/// The part of an expansion that rustdoc shows: declarations without bodies, and implementations that are not hidden.
#[test]
fn no_private_item_is_in_the_documentation_of_an_expansion() {
    for schema in [
        "examples/my_protocol.proto",
        "tests/proto/kitchen_sink.proto",
        "tests/proto/requests.proto",
        "examples/chat/chat.proto",
    ] {
        let protocol = read(schema, &locations()).expect("a valid schema");
        let config = Config::new().views(&["MessageInd", "Note", "Tree", "Maps"]);
        let file: File = syn::parse2(expand(&protocol, &config)).expect("items");
        let shown = shown(file.items);
        // The map of the standard library, and shown as such.
        let map = ":: messi :: __private :: HashMap";
        let text = quote!( #(#shown)* ).to_string().replace(map, "HashMap");
        assert!(text.contains(":: messi :: Protocol for"), "{text}");
        assert!(!text.contains("__private"), "{schema}: {text}");
    }
}

/// Returns the items that rustdoc shows, with empty bodies.
fn shown(items: Vec<Item>) -> Vec<Item> {
    let is_hidden = |attributes: &[Attribute]| {
        let mut attributes = attributes.iter().map(|it| quote!(#it).to_string());
        attributes.any(|it| it == "# [doc (hidden)]")
    };
    let mut shown = Vec::new();
    for mut item in items {
        match &mut item {
            // Imports without a name, and those of a prelude, are not shown.
            Item::Use(it) if matches!(it.vis, Visibility::Inherited) => continue,
            Item::Impl(it) if is_hidden(&it.attrs) => continue,
            Item::Impl(it) => {
                it.items.retain(|item| match item {
                    ImplItem::Const(it) => !is_hidden(&it.attrs),
                    ImplItem::Fn(it) => !is_hidden(&it.attrs),
                    ImplItem::Type(it) => !is_hidden(&it.attrs),
                    _ => true,
                });
                for item in &mut it.items {
                    if let ImplItem::Fn(method) = item {
                        method.block = parse_quote!({});
                    }
                }
            }
            Item::Trait(it) => {
                for item in &mut it.items {
                    if let TraitItem::Fn(method) = item {
                        method.default = None;
                    }
                }
            }
            Item::Mod(it) => {
                if let Some((_, items)) = &mut it.content {
                    *items = self::shown(mem::take(items));
                }
            }
            _ => {}
        }
        shown.push(item);
    }
    shown
}

/// Compares an expansion with the stored file.
fn compare(name: &str, expansion: &str) {
    let mut settings = Settings::new();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| assert_snapshot!(name, expansion));
}

/// Returns the formatted expansion of a schema.
fn pretty(schema: &str) -> String {
    pretty_with(schema, &Config::new())
}

/// Returns the formatted expansion of a schema with options.
fn pretty_with(schema: &str, config: &Config) -> String {
    let mut protocol = read(schema, &locations()).expect("a valid schema");
    for source in &mut protocol.sources {
        *source = from_root(source);
    }
    let tokens = expand(&protocol, config);
    let file = syn::parse2(tokens).expect("items");
    prettyplease::unparse(&file)
}

fn locations() -> Locations {
    Locations {
        source_directory: None,
        root: env!("CARGO_MANIFEST_DIR").into(),
        ..Locations::default()
    }
}

/// Returns a path that is the same on every computer.
fn from_root(path: &Path) -> PathBuf {
    let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR"));
    let path = path.expect("a file of this repository").to_string_lossy();
    path.replace('\\', "/").into()
}
