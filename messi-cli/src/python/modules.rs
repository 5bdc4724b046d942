//! The modules of types.

use std::collections::HashMap;

use messi_schema::{Enum, GoogleType, Message, ProtoFile, Schema, Type};

use super::names::messages_module;
use super::package::Package;

/// A module with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Module<'a> {
    /// The module of a file of the schema.
    Own(&'a str),
    /// The module of a file of `google/protobuf/`, a part of protobuf.
    Google(&'a str),
}

impl<'a> Module<'a> {
    /// Returns the module of an imported file.
    pub(crate) fn of_import(file: &'a str) -> Self {
        match messi_schema::is_bundled(file) {
            true => Self::Google(file),
            false => Self::Own(file),
        }
    }

    /// Returns the name by which generated code knows the module. Those of protobuf have another one, since a
    /// schema may have files of the same name.
    pub(crate) fn alias(self) -> String {
        match self {
            Self::Own(file) => messages_module(file),
            Self::Google(file) => format!("google_{}", messages_module(file)),
        }
    }

    /// Returns the statement that imports the module under a name.
    pub(crate) fn import(self, package: &Package, alias: &str) -> String {
        match self {
            Self::Own(file) => package.import(&messages_module(file), alias),
            Self::Google(file) => {
                let (directory, _) = file.rsplit_once('/').unwrap_or_default();
                let (package, module) = (directory.replace('/', "."), messages_module(file));
                format!("from {package} import {module} as {alias}")
            }
        }
    }
}

/// The place of a message or an enum.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    /// The module.
    pub(crate) module: Module<'a>,
    /// The path in the module: `Outer.Inner`.
    pub(crate) path: &'a str,
}

/// The places of all messages and enums of a schema.
#[derive(Debug)]
pub(crate) struct Modules<'a> {
    /// The package of the modules.
    pub(crate) package: &'a Package,
    places: HashMap<&'a str, Place<'a>>,
    messages: HashMap<&'a str, &'a Message>,
}

impl<'a> Modules<'a> {
    /// Finds the places of a schema's types.
    pub(crate) fn new(schema: &'a Schema, package: &'a Package) -> Self {
        let mut modules = Self {
            package,
            places: HashMap::new(),
            messages: HashMap::new(),
        };
        for file in &schema.files {
            modules.add(file, &file.messages, &file.enums);
        }
        modules
    }

    /// Returns the place of a message or an enum. Scalars have no place.
    pub(crate) fn place(&self, ty: &'a Type) -> Option<Place<'a>> {
        match ty {
            Type::Message(name) | Type::Enum(name) => self.place_of(name),
            Type::Google(google) => Some(google_place(*google)),
            _ => None,
        }
    }

    /// Returns the place of a type of the schema.
    pub(crate) fn place_of(&self, full_name: &str) -> Option<Place<'a>> {
        self.places.get(full_name).cloned()
    }

    /// Returns a message of the schema.
    pub(crate) fn message(&self, full_name: &str) -> Option<&'a Message> {
        self.messages.get(full_name).copied()
    }

    fn add(&mut self, file: &'a ProtoFile, messages: &'a [Message], enums: &'a [Enum]) {
        for it in enums {
            self.add_place(file, &it.full_name);
        }
        for message in messages {
            self.add_place(file, &message.full_name);
            self.messages.insert(&message.full_name, message);
            self.add(file, &message.messages, &message.enums);
        }
    }

    fn add_place(&mut self, file: &'a ProtoFile, full_name: &'a str) {
        let place = Place {
            module: Module::Own(&file.name),
            path: path(file, full_name),
        };
        self.places.insert(full_name, place);
    }
}

/// Returns the path of a type in its module.
pub(crate) fn path<'a>(file: &ProtoFile, full_name: &'a str) -> &'a str {
    match file.package_name() {
        "" => full_name,
        package => &full_name[package.len() + 1..],
    }
}

fn google_place<'a>(google: GoogleType) -> Place<'a> {
    Place {
        module: Module::Google(google.file),
        path: google.path(),
    }
}
