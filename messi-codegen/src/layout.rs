//! Lays out a schema in Rust: names, modules, boxes, and the types of prost. Names that clash in Rust
//! are reported here.

mod builder;
mod direction;
mod enumeration;
mod message;
mod namespace;
mod types;

use std::collections::BTreeSet;

use messi_schema::{Diagnostics, Position, ProtoFile, Schema};

use self::builder::Builder;
use self::direction::{CLIENT_CALLBACKS, SERVER_CALLBACKS, direction, requests};
use self::namespace::Namespaces;
use crate::model::{Module, Package, Protocol};
use crate::names::{self, ItemNames};

/// Lays out a schema. Returns `None` if it has no messages for the two directions.
pub(crate) fn lay_out(schema: &Schema, diagnostics: &mut Diagnostics) -> Option<Protocol> {
    let name = names::protocol(&schema.name);
    let rust_name = names::type_name(&name);
    let root = root(schema, &rust_name, diagnostics);
    let protocol = schema.protocol.as_ref()?;
    let (to_server, to_client) = (&protocol.client_to_server, &protocol.server_to_client);
    let client_to_server = direction(schema, to_server, &root, SERVER_CALLBACKS, diagnostics)?;
    let server_to_client = direction(schema, to_client, &root, CLIENT_CALLBACKS, diagnostics)?;
    Some(Protocol {
        name,
        rust_name,
        root,
        client_requests: requests(to_server, &client_to_server, &server_to_client),
        server_requests: requests(to_client, &server_to_client, &client_to_server),
        client_to_server,
        server_to_client,
        packages: packages(schema),
        sources: schema.sources.clone(),
    })
}

/// Lays out the types of all files in their modules.
fn root(schema: &Schema, rust_name: &str, diagnostics: &mut Diagnostics) -> Module {
    let mut namespaces = Namespaces::default();
    let own = namespaces.get(&[]);
    for name in ItemNames::new(rust_name).all() {
        own.reserve_type(&name.to_string(), &format!("the generated item `{name}`"));
    }
    let types = types::Types::new(schema);
    let mut root = Module::default();
    // The schema's own types first, then those of imports, in the order of their use.
    for file in schema.files.iter().rev() {
        let modules = names::modules(file.package_name(), schema.package());
        claim_modules(file, &modules, &mut namespaces, diagnostics);
        let mut builder = Builder::new(file, &types, diagnostics);
        let namespace = namespaces.get(&modules);
        let module = descend(&mut root, &modules);
        for message in &file.messages {
            let message = builder.message(message, &modules, namespace);
            module.messages.push(message);
        }
        for enumeration in &file.enums {
            let enumeration = builder.enumeration(enumeration, namespace);
            module.enums.push(enumeration);
        }
    }
    root
}

/// Claims the names of a package's modules in the namespaces around them.
fn claim_modules(
    file: &ProtoFile,
    modules: &[String],
    namespaces: &mut Namespaces,
    diagnostics: &mut Diagnostics,
) {
    let package = file.package.as_ref();
    let position = package.map_or(Position::START, |package| package.position);
    for (depth, name) in modules.iter().enumerate() {
        let what = format!("the package part `{name}`");
        let around = namespaces.get(&modules[..depth]);
        if let Err(other) = around.claim_module(name, &what) {
            let message = format!("found {what} beside {other}: both become the module `{name}`");
            diagnostics.report(&file.display_name, position, message);
        }
    }
}

/// Returns the imported packages. Files of the schema's package or of none are at the root.
fn packages(schema: &Schema) -> Vec<Package> {
    let names: BTreeSet<&str> = schema.files.iter().map(ProtoFile::package_name).collect();
    let packages = names.into_iter().map(|name| Package {
        name: name.into(),
        modules: names::modules(name, schema.package()),
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
