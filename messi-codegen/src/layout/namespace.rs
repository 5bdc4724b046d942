//! Rust names that are taken, and the items that have them.

use std::collections::HashMap;

/// The names in one module. A type and a module may have the same name.
#[derive(Debug, Default)]
pub(super) struct Namespace {
    types: HashMap<String, String>,
    modules: HashMap<String, String>,
}

impl Namespace {
    /// Takes the name of a type before the schema's types.
    pub(super) fn reserve_type(&mut self, name: &str, what: &str) {
        self.types.insert(name.into(), what.into());
    }

    /// Takes the name of a type. The error is the item that has it already.
    pub(super) fn claim_type(&mut self, name: &str, what: &str) -> Result<(), String> {
        claim(&mut self.types, name, what)
    }

    /// Takes the name of a module. The error is the item that has it already.
    pub(super) fn claim_module(&mut self, name: &str, what: &str) -> Result<(), String> {
        claim(&mut self.modules, name, what)
    }
}

/// Takes a name among those of one kind. The error is the item that has it already.
pub(super) fn claim(
    taken: &mut HashMap<String, String>,
    name: &str,
    what: &str,
) -> Result<(), String> {
    match taken.get(name) {
        Some(other) => Err(other.clone()),
        None => {
            taken.insert(name.into(), what.into());
            Ok(())
        }
    }
}

/// The namespaces of all packages, by the path of their modules.
#[derive(Debug, Default)]
pub(super) struct Namespaces(HashMap<Vec<String>, Namespace>);

impl Namespaces {
    pub(super) fn get(&mut self, modules: &[String]) -> &mut Namespace {
        self.0.entry(modules.to_vec()).or_default()
    }
}
