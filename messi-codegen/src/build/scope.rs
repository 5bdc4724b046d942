//! Which Rust names are taken, and by what.

use std::collections::HashMap;

/// The names of one module. Types and modules do not get in each other's way.
#[derive(Debug, Default)]
pub(super) struct Scope {
    types: HashMap<String, String>,
    modules: HashMap<String, String>,
}

impl Scope {
    /// Takes the name of a type before any of the schema's can.
    pub(super) fn reserve_type(&mut self, name: &str, what: &str) {
        self.types.insert(name.into(), what.into());
    }

    /// Takes the name of a type; an error is what has it already.
    pub(super) fn claim_type(&mut self, name: &str, what: &str) -> Result<(), String> {
        claim(&mut self.types, name, what)
    }

    /// Takes the name of a module; an error is what else has it already.
    pub(super) fn claim_module(&mut self, name: &str, what: &str) -> Result<(), String> {
        match self.modules.get(name) {
            Some(other) if other == what => Ok(()),
            _ => claim(&mut self.modules, name, what),
        }
    }
}

/// Takes a name in a list of names of one kind; an error is what has it already.
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

/// The scopes of all packages, by the path of their modules.
#[derive(Debug, Default)]
pub(super) struct Scopes(HashMap<Vec<String>, Scope>);

impl Scopes {
    pub(super) fn get(&mut self, modules: &[String]) -> &mut Scope {
        self.0.entry(modules.to_vec()).or_default()
    }
}
