//! The guide lists all definitions of the C runtime, with their defaults.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The definitions that the chapter on messages describes.
const OF_CODEC: [&str; 2] = ["MESSI_CONFIG_MAX_DEPTH", "MESSI_CONFIG_UTF8"];

#[test]
fn the_guide_states_the_defaults_of_the_c_runtime() {
    let mut defined = definitions();
    for name in OF_CODEC {
        assert!(defined.remove(name).is_some(), "{name}");
    }
    assert_eq!(documented(), defined);
}

/// Returns the default of each definition in a header.
fn definitions() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let headers = fs::read_dir(in_package("runtime/c")).expect("the runtime");
    for header in headers {
        let path = header.expect("a file of the runtime").path();
        let text = fs::read_to_string(path).expect("a text");
        for line in text.lines() {
            let Some(definition) = line.trim_start().strip_prefix("#    define MESSI_CONFIG_")
            else {
                continue;
            };
            let (name, value) = definition.split_once(' ').expect("a value");
            found.insert(format!("MESSI_CONFIG_{name}"), value.into());
        }
    }
    found
}

/// Returns the defaults in the table of the guide, as they are defined.
fn documented() -> BTreeMap<String, String> {
    let text = fs::read_to_string(in_package("../docs/c.md")).expect("the chapter");
    let rows = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `MESSI_CONFIG_"));
    let columns = rows.map(|row| row.split(" | "));
    columns
        .map(|mut columns| {
            let name = columns.next().expect("a name").trim_end_matches('`');
            let value = match columns.next().expect("a default") {
                "the interval" => "MESSI_CONFIG_PING_INTERVAL_MS",
                "4 MiB" => "(4 * 1024 * 1024)",
                value => value,
            };
            (format!("MESSI_CONFIG_{name}"), value.into())
        })
        .collect()
}

fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
