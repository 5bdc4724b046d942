//! The modules of packages.

use std::collections::{BTreeSet, HashMap, HashSet};

use messi_schema::Schema;

use super::renames::Renames;
use crate::names;

/// The module of imported packages. Beside the types of the schema's own package, a module `acme` would take
/// the name of a crate `acme` from every user who imports all of these types.
const PACKAGES: &str = "packages";

/// The modules of the types of each package: `["packages", "acme", "types"]` for `acme.types`, and no modules
/// for the schema's own package or for files without one.
pub(super) struct PackageModules(HashMap<String, Vec<String>>);

impl PackageModules {
    pub(super) fn new(schema: &Schema, renames: &Renames) -> Self {
        let own = schema.package();
        let of_messages = of_messages(schema, renames);
        let is_free = |package: &str, module: &str| {
            let taken = of_messages.get(package);
            taken.is_none_or(|modules| !modules.contains(module))
        };
        let root = free(PACKAGES, |it| is_free(own, it) && is_free("", it));
        let mut modules = HashMap::from([(String::new(), vec![root])]);
        let mut taken = HashSet::new();
        // A package comes after those around it.
        for package in packages(schema) {
            let (around, part) = package.rsplit_once('.').unwrap_or(("", package));
            let around_modules = modules[around].clone();
            let inside = |module: &str| [&around_modules[..], &[module.into()]].concat();
            let name = free(&names::value_name(part), |it| {
                // The types of the schema's own package are elsewhere.
                let is_free = around.is_empty() || around == own || is_free(around, it);
                is_free && !taken.contains(&inside(it))
            });
            taken.insert(inside(&name));
            modules.insert(package.into(), inside(&name));
        }
        modules.insert(own.into(), Vec::new());
        modules.insert(String::new(), Vec::new());
        Self(modules)
    }

    /// Returns the modules of a package of the schema.
    pub(super) fn get(&self, package: &str) -> Vec<String> {
        self.0.get(package).cloned().unwrap_or_default()
    }
}

/// Returns the name of a module, with underscores behind it until it is free.
fn free(name: &str, is_free: impl Fn(&str) -> bool) -> String {
    let mut name = name.to_owned();
    while !is_free(&name) {
        name.push('_');
    }
    name
}

/// Returns all imported packages, and those around them.
fn packages(schema: &Schema) -> BTreeSet<&str> {
    let names = schema.files.iter().map(|file| file.package_name());
    let imported = names.filter(|name| *name != schema.package());
    let parts = imported.flat_map(|name| {
        let ends = name.match_indices('.').map(|(end, _)| end);
        ends.chain([name.len()]).map(|end| &name[..end])
    });
    parts.filter(|name| !name.is_empty()).collect()
}

/// Returns the modules of oneofs and nested types in each package.
fn of_messages<'a>(schema: &'a Schema, renames: &Renames) -> HashMap<&'a str, HashSet<String>> {
    let mut modules: HashMap<&str, HashSet<String>> = HashMap::new();
    for file in &schema.files {
        let names = file.messages.iter().map(|message| {
            let name = renames.name(&message.full_name, &message.name);
            names::value_name(name)
        });
        let package = modules.entry(file.package_name()).or_default();
        package.extend(names);
    }
    modules
}
