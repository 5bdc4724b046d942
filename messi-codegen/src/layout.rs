//! Lays out a schema in Rust: names, modules, boxes, and the types of prost. Names that clash in Rust
//! are reported here, and their items left out.

mod builder;
mod direction;
mod enumeration;
mod message;
mod namespace;
mod packages;
mod renames;
mod types;
mod undeclared;

use std::collections::BTreeSet;

use messi_schema::{Diagnostics, ProtoFile, Schema};

use self::builder::Builder;
use self::direction::{CLIENT_CALLBACKS, SERVER_CALLBACKS, direction, requests};
use self::namespace::Namespaces;
use self::packages::PackageModules;
pub(crate) use self::renames::Renames;
use crate::model::{Module, Package, Protocol};
use crate::names::{self, ItemNames};

/// Lays out a schema. Returns `None` if it has no messages for the two directions, or if these have other
/// names in Rust.
pub(crate) fn lay_out(
    schema: &Schema,
    renames: &Renames,
    diagnostics: &mut Diagnostics,
) -> Option<Protocol> {
    let name = names::protocol(&schema.name);
    let rust_name = names::type_name(&name);
    let marker = marker(schema, renames, &rust_name);
    let reserved = ItemNames::new(&rust_name, &marker);
    let modules = PackageModules::new(schema, renames);
    let root = root(schema, Some(&reserved), &modules, renames, diagnostics);
    let protocol = schema.protocol.as_ref()?;
    let (to_server, to_client) = (&protocol.client_to_server, &protocol.server_to_client);
    let client_to_server = direction(schema, to_server, &root, SERVER_CALLBACKS, diagnostics);
    let server_to_client = direction(schema, to_client, &root, CLIENT_CALLBACKS, diagnostics);
    let (client_to_server, server_to_client) = (client_to_server?, server_to_client?);
    Some(Protocol {
        name,
        rust_name,
        marker,
        root,
        client_requests: requests(to_server, &client_to_server, &server_to_client),
        server_requests: requests(to_client, &server_to_client, &client_to_server),
        client_to_server,
        server_to_client,
        packages: packages(schema, &modules),
        sources: schema.sources.clone(),
    })
}

/// Lays out the types of a schema, which need not be a protocol.
pub(crate) fn lay_out_types(schema: &Schema, diagnostics: &mut Diagnostics) {
    let renames = Renames::default();
    let modules = PackageModules::new(schema, &renames);
    root(schema, None, &modules, &renames, diagnostics);
}

/// Returns the name of the marker type, which gives way to a type of the schema.
fn marker(schema: &Schema, renames: &Renames, rust_name: &str) -> String {
    let own = schema.files.iter();
    let own = own.filter(|file| {
        matches!(file.package_name(), "") || file.package_name() == schema.package()
    });
    let mut types = own.flat_map(|file| {
        let messages = file.messages.iter().map(|it| (&it.full_name, &it.name));
        messages.chain(file.enums.iter().map(|it| (&it.full_name, &it.name)))
    });
    let is_taken =
        types.any(|(full_name, name)| names::type_name(renames.name(full_name, name)) == rust_name);
    match is_taken {
        true => format!("{rust_name}Protocol"),
        false => rust_name.into(),
    }
}

/// Lays out the types of all files in their modules.
fn root(
    schema: &Schema,
    reserved: Option<&ItemNames>,
    modules: &PackageModules,
    renames: &Renames,
    diagnostics: &mut Diagnostics,
) -> Module {
    renames.check(schema, diagnostics);
    let mut namespaces = Namespaces::default();
    let own = namespaces.get(&[]);
    for name in reserved.iter().flat_map(|names| names.all()) {
        own.reserve_type(&name.to_string(), &format!("the generated item `{name}`"));
    }
    let types = types::Types::new(schema, modules, renames);
    let mut root = Module::default();
    // The schema's own types first, then those of imports, in the order of their use.
    for file in schema.files.iter().rev() {
        let modules = modules.get(file.package_name());
        let mut builder = Builder::new(file, &types, renames, diagnostics);
        let namespace = namespaces.get(&modules);
        let module = descend(&mut root, &modules);
        for message in &file.messages {
            let message = builder.message(message, &modules, namespace);
            module.messages.extend(message);
        }
        for enumeration in &file.enums {
            let enumeration = builder.enumeration(enumeration, namespace);
            module.enums.extend(enumeration);
        }
    }
    for (package, name) in undeclared::types(schema) {
        let modules = modules.get(package);
        let rust_name = names::type_name(name);
        let claim = namespaces
            .get(&modules)
            .claim_type(&rust_name, "an undeclared type");
        if claim.is_ok() {
            descend(&mut root, &modules).undeclared.push(rust_name);
        }
    }
    root
}

/// Returns the imported packages. Files of the schema's package or of no package are at the root.
fn packages(schema: &Schema, modules: &PackageModules) -> Vec<Package> {
    let names: BTreeSet<&str> = schema.files.iter().map(ProtoFile::package_name).collect();
    let packages = names.into_iter().map(|name| Package {
        name: name.into(),
        modules: modules.get(name),
    });
    packages
        .filter(|package| !package.modules.is_empty())
        .collect()
}

/// Returns the module with a path, and creates it where it is missing.
fn descend<'m>(module: &'m mut Module, path: &[String]) -> &'m mut Module {
    let Some((name, rest)) = path.split_first() else {
        return module;
    };
    let known = module.modules.iter().position(|(other, _)| other == name);
    let index = known.unwrap_or_else(|| {
        module.modules.push((name.clone(), Module::default()));
        module.modules.len() - 1
    });
    descend(&mut module.modules[index].1, rest)
}
