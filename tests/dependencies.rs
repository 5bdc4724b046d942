//! Checks that packages of this workspace do not depend on certain crates, directly or indirectly.

use std::collections::HashSet;
use std::env;
use std::process::Command;

use serde_json::Value;

/// Packages, each with the crates it must not depend on and the reason.
const RULES: &[(&str, &[&str], &str)] = &[
    (
        "messi-schema",
        &["proc-macro2", "quote", "syn"],
        "it is for back ends of any language",
    ),
    (
        "messi-wire",
        &[
            "async-io",
            "async-std",
            "futures",
            "log",
            "mio",
            "polling",
            "smol",
            "socket2",
            "tokio",
        ],
        "it has no I/O, no runtime and no log",
    ),
];

#[test]
fn packages_do_not_depend_on_excluded_crates() {
    let metadata = Metadata::load();
    for (package, excluded, reason) in RULES {
        let dependencies = metadata.dependencies(package);
        let found: Vec<&&str> = excluded
            .iter()
            .filter(|it| dependencies.contains(**it))
            .collect();
        assert!(found.is_empty(), "{package} depends on {found:?}: {reason}");
    }
}

#[test]
fn indirect_dependencies_are_found() {
    let metadata = Metadata::load();
    let dependencies = metadata.dependencies("messi-codegen");
    // Directly, and through messi-schema.
    assert!(dependencies.contains("syn") && dependencies.contains("protobuf-parse"));
    // A dependency of tests only.
    assert!(!dependencies.contains("heck"));
}

/// The output of `cargo metadata`.
struct Metadata(Value);

impl Metadata {
    fn load() -> Self {
        // The crates of other platforms may not have been downloaded.
        let platform = host();
        let arguments = ["metadata", "--format-version", "1", "--offline"];
        let metadata = output(
            "CARGO",
            "cargo",
            &[&arguments[..], &["--filter-platform", &platform]].concat(),
        );
        Self(serde_json::from_slice(&metadata).expect("JSON"))
    }

    /// Returns the names of all crates that a package depends on, except those of build scripts, tests
    /// and procedural macros: `thiserror` does not add `syn` to a program.
    fn dependencies(&self, package: &str) -> HashSet<&str> {
        let mut seen = HashSet::new();
        let mut next = vec![self.id(package)];
        while let Some(id) = next.pop() {
            if seen.insert(id) && !self.is_macro(id) {
                next.extend(self.direct(id));
            }
        }
        seen.into_iter().map(|id| self.name(id)).collect()
    }

    /// Returns the packages that a package depends on directly.
    fn direct(&self, id: &str) -> impl Iterator<Item = &str> {
        let nodes = list(&self.0["resolve"]["nodes"]);
        let node = nodes.iter().find(|node| node["id"] == id).expect("a node");
        let dependencies = list(&node["deps"]).iter().filter(|dependency| {
            let mut kinds = list(&dependency["dep_kinds"]).iter();
            kinds.any(|kind| kind["kind"].is_null())
        });
        dependencies.map(|dependency| text(&dependency["pkg"]))
    }

    fn is_macro(&self, id: &str) -> bool {
        let mut targets = list(&self.package("id", id)["targets"]).iter();
        targets.any(|target| {
            list(&target["kind"])
                .iter()
                .any(|kind| kind == "proc-macro")
        })
    }

    fn id(&self, name: &str) -> &str {
        text(&self.package("name", name)["id"])
    }

    fn name(&self, id: &str) -> &str {
        text(&self.package("id", id)["name"])
    }

    fn package(&self, key: &str, value: &str) -> &Value {
        let mut packages = list(&self.0["packages"]).iter();
        let package = packages.find(|package| package[key] == value);
        package.unwrap_or_else(|| panic!("there is no package with the {key} {value}"))
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Returns the platform of the compiler.
fn host() -> String {
    let version = output("RUSTC", "rustc", &["-vV"]);
    let version = String::from_utf8(version).expect("UTF-8");
    let mut lines = version.lines();
    let host = lines.find_map(|line| line.strip_prefix("host: "));
    host.expect("a host").into()
}

/// Runs the program that a variable names, or else the one with this name, and returns its output.
fn output(variable: &str, name: &str, arguments: &[&str]) -> Vec<u8> {
    let program = env::var_os(variable).unwrap_or_else(|| name.into());
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect(name);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    output.stdout
}
