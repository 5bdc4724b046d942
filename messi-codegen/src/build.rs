//! From checked descriptors to the model, with Rust names. What two names of a schema can't both
//! become is reported here.

mod enumeration;
mod message;
mod requests;
mod scope;
mod types;

use std::collections::BTreeSet;
use std::path::PathBuf;

use protobuf::descriptor::FileDescriptorProto;

use self::scope::Scope;
use self::types::Types;
use crate::check::{File, join};
use crate::diagnostics::Diagnostics;
use crate::model::{Choice, Direction, Message, Module, Package, Protocol, Type, TypePath};
use crate::names;

/// What building the model needs everywhere.
struct Builder<'a, 'd> {
    types: Types,
    diagnostics: &'d mut Diagnostics,
    /// The package of the schema, whose types are at the root.
    package: &'a str,
}

/// Builds the model of a protocol from its files, of which the last is the schema itself.
pub(crate) fn build(
    files: &[File<'_>],
    paths: &[PathBuf],
    diagnostics: &mut Diagnostics,
) -> Option<Protocol> {
    let schema = files.last()?;
    let name = names::protocol(schema.descriptor.package(), &schema.scan.file);
    let rust_name = names::type_name(&name);
    let types = Types::new(files);
    let mut builder = Builder {
        types,
        diagnostics,
        package: schema.descriptor.package(),
    };
    let root = builder.root(files, &rust_name);
    let client_to_server = builder.direction(files, &root, "ClientToServer", SERVER_HOOKS)?;
    let server_to_client = builder.direction(files, &root, "ServerToClient", CLIENT_HOOKS)?;
    Some(Protocol {
        name,
        rust_name,
        root,
        client_requests: requests::find(&client_to_server, &server_to_client),
        server_requests: requests::find(&server_to_client, &client_to_server),
        client_to_server,
        server_to_client,
        packages: packages(files, schema.descriptor.package()),
        sources: paths.to_vec(),
    })
}

/// The packages of the files but for that of the schema. A file without a package is at the root
/// like the schema's own types.
fn packages(files: &[File<'_>], root_package: &str) -> Vec<Package> {
    let names: BTreeSet<&str> = files.iter().map(|file| file.descriptor.package()).collect();
    let imported = names.into_iter().filter(|name| *name != root_package);
    imported
        .map(|name| Package {
            name: name.into(),
            modules: package_modules(name, root_package),
        })
        .filter(|package| !package.modules.is_empty())
        .collect()
}

/// The modules that the types of a package are in.
fn package_modules(package: &str, root_package: &str) -> Vec<String> {
    if package == root_package {
        Vec::new()
    } else {
        names::modules(package)
    }
}

/// Methods that every server handler has.
const SERVER_HOOKS: &[&str] = &["on_client_connected", "on_client_disconnected"];

/// Methods that every client handler has.
const CLIENT_HOOKS: &[&str] = &["on_connected", "on_disconnected", "on_connect_failure"];

/// The names generated for a protocol.
const GENERATED: [&str; 8] = [
    "",
    "Client",
    "Server",
    "ServerClient",
    "ClientHandler",
    "ServerHandler",
    "ClientRequests",
    "ServerClientRequests",
];

impl Builder<'_, '_> {
    /// The types of all files, in their modules.
    fn root(&mut self, files: &[File<'_>], rust_name: &str) -> Module {
        let mut scopes = scope::Scopes::default();
        let root = scopes.get(&[]);
        for suffix in GENERATED {
            let name = format!("{rust_name}{suffix}");
            root.reserve_type(&name, &format!("the generated item `{name}`"));
        }
        let mut module = Module::default();
        // The schema's own types first, then those of imports, in the order of their use.
        for file in files.iter().rev() {
            let modules = package_modules(file.descriptor.package(), self.package);
            self.enter_modules(file, &modules, &mut scopes);
            let scope = scopes.get(&modules);
            let target = descend(&mut module, &modules);
            self.file(file, &modules, scope, target);
        }
        module
    }

    /// Makes the names of a package's modules known in the scopes around them.
    fn enter_modules(&mut self, file: &File<'_>, modules: &[String], scopes: &mut scope::Scopes) {
        let position = file.scan.packages.first().map(|word| word.position);
        for (depth, name) in modules.iter().enumerate() {
            let what = format!("the package part `{name}`");
            let claim = scopes.get(&modules[..depth]).claim_module(name, &what);
            if let Err(other) = claim {
                let message =
                    format!("found {what} beside {other}: both become the module `{name}`");
                let position = position.unwrap_or(crate::scan::START);
                self.diagnostics.report(&file.scan.file, position, message);
            }
        }
    }

    fn file(
        &mut self,
        file: &File<'_>,
        modules: &[String],
        scope: &mut Scope,
        target: &mut Module,
    ) {
        let FileDescriptorProto {
            message_type,
            enum_type,
            ..
        } = file.descriptor;
        let package = file.descriptor.package();
        for message in message_type {
            let full_name = join(package, message.name());
            let message = self.message(file, &full_name, message, modules, scope);
            target.messages.push(message);
        }
        for enumeration in enum_type {
            let full_name = join(package, enumeration.name());
            let enumeration = self.enumeration(file, &full_name, enumeration, scope);
            target.enums.push(enumeration);
        }
    }

    /// The choices of a direction.
    fn direction(
        &mut self,
        files: &[File<'_>],
        root: &Module,
        name: &str,
        hooks: &[&str],
    ) -> Option<Direction> {
        let message = root.messages.iter().find(|message| message.name == name)?;
        let oneof = message
            .oneofs
            .iter()
            .find(|oneof| oneof.name == "messages")?;
        let types: Vec<&Type> = oneof.members.iter().map(|member| &member.ty).collect();
        let choices = oneof.members.iter().map(|member| Choice {
            member: member.clone(),
            handler: names::handler_name(&member.name),
            convertible: is_convertible(&member.ty, &types, message),
        });
        let choices: Vec<Choice> = choices.collect();
        self.check_hooks(files, name, &choices, hooks);
        let has_fields = !message.fields.is_empty();
        Some(Direction {
            choices,
            has_fields,
        })
    }

    fn check_hooks(&mut self, files: &[File<'_>], name: &str, choices: &[Choice], hooks: &[&str]) {
        for choice in choices
            .iter()
            .filter(|choice| hooks.contains(&choice.handler.as_str()))
        {
            let full_name = join(&join(self.package, name), &choice.member.name);
            let message = format!(
                "found the message `{}`, whose method `{}` every handler has already",
                choice.member.name, choice.handler
            );
            if let Some(file) = files
                .iter()
                .find(|file| file.scan.find(&full_name).is_some())
            {
                let position = file.scan.position(&full_name);
                self.diagnostics.report(&file.scan.file, position, message);
            }
        }
    }
}

/// Whether a choice's type says which choice is meant, and is not the direction's message itself.
fn is_convertible(ty: &Type, types: &[&Type], message: &Message) -> bool {
    let is_message = match ty {
        Type::Message { path, .. } => {
            *path
                != TypePath {
                    modules: Vec::new(),
                    name: message.rust_name.clone(),
                }
        }
        Type::WellKnown(_) => true,
        _ => false,
    };
    is_message && types.iter().filter(|&&other| other == ty).count() == 1
}

/// The module with this path, made where it is missing.
fn descend<'m>(module: &'m mut Module, path: &[String]) -> &'m mut Module {
    let Some((name, rest)) = path.split_first() else {
        return module;
    };
    let index = module
        .modules
        .iter()
        .position(|(other, _)| other == name)
        .unwrap_or_else(|| {
            module.modules.push((name.clone(), Module::default()));
            module.modules.len() - 1
        });
    descend(&mut module.modules[index].1, rest)
}
