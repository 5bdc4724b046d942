//! The output of `cargo metadata` about packages.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cargo;

/// The output of `cargo metadata`.
pub(crate) struct Metadata(Value);

impl Metadata {
    /// Asks for the package in a directory, and those around it.
    pub(crate) fn load(package: &Path) -> Self {
        // The crates of other platforms may not have been downloaded.
        let metadata = output(
            Command::new(env!("CARGO"))
                .args(["metadata", "--format-version", "1", "--offline"])
                .args(["--filter-platform", cargo::platform()])
                .current_dir(package),
        );
        Self(serde_json::from_slice(&metadata).expect("JSON"))
    }

    /// Returns the names of all crates that a package depends on, except those of build scripts, tests
    /// and procedural macros: `thiserror` does not add `syn` to a program.
    pub(crate) fn dependencies(&self, package: &str) -> HashSet<&str> {
        let reached = self.reached(package, |id| !self.is_macro(id));
        reached.into_iter().map(|id| self.name(id)).collect()
    }

    /// Returns the versions of a crate that a package depends on, also those of procedural macros.
    pub(crate) fn versions(&self, package: &str, name: &str) -> Vec<&str> {
        let mut reached = self.reached(package, |_| true);
        reached.retain(|id| self.name(id) == name);
        let versions = reached.into_iter();
        versions
            .map(|id| text(&self.package("id", id)["version"]))
            .collect()
    }

    /// Returns a package and all that it depends on through packages that `enters` accepts.
    fn reached(&self, package: &str, enters: impl Fn(&str) -> bool) -> HashSet<&str> {
        let mut seen = HashSet::new();
        let mut next = vec![self.id(package)];
        while let Some(id) = next.pop() {
            if seen.insert(id) && enters(id) {
                next.extend(self.direct(id));
            }
        }
        seen
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

/// Runs a command of cargo, and returns its output.
pub(crate) fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("cargo");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    output.stdout
}
