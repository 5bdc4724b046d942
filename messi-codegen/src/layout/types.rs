//! The types of a schema in Rust: their paths, and the messages that contain themselves.

use std::collections::{HashMap, HashSet};

use messi_schema::{GoogleType, Schema};

use super::packages::PackageModules;
use super::renames::Renames;
use crate::model::{Type, TypePath};
use crate::names;

/// Every type of a schema, by its full name.
pub(super) struct Types {
    paths: HashMap<String, TypePath>,
    /// For each message, the messages that it contains without a box, a list or a map in between.
    contains: HashMap<String, Vec<String>>,
}

impl Types {
    pub(super) fn new(schema: &Schema, modules: &PackageModules, renames: &Renames) -> Self {
        let mut types = Self {
            paths: HashMap::new(),
            contains: HashMap::new(),
        };
        for file in &schema.files {
            let modules = modules.get(file.package_name());
            types.add(&file.messages, &file.enums, &modules, renames);
        }
        types
    }

    /// Adds the types of a module, and all those inside of them.
    fn add(
        &mut self,
        messages: &[messi_schema::Message],
        enums: &[messi_schema::Enum],
        modules: &[String],
        renames: &Renames,
    ) {
        let path = |name: &str| TypePath {
            modules: modules.to_vec(),
            name: names::type_name(name),
        };
        for it in enums {
            let name = renames.name(&it.full_name, &it.name);
            self.paths.insert(it.full_name.clone(), path(name));
        }
        for it in messages {
            let name = renames.name(&it.full_name, &it.name);
            self.paths.insert(it.full_name.clone(), path(name));
            self.contains.insert(it.full_name.clone(), contained(it));
            let inside = [modules, &[names::value_name(name)]].concat();
            self.add(&it.messages, &it.enums, &inside, renames);
        }
    }

    /// Returns the Rust type of a value. `holder` is the message that holds it directly, if it is in
    /// no list or map.
    ///
    /// # Errors
    ///
    /// The name of a type that has no name in Rust.
    pub(super) fn rust_type(
        &self,
        ty: &messi_schema::Type,
        holder: Option<&str>,
    ) -> Result<Type, String> {
        let path = |name: &String| self.paths.get(name).cloned().ok_or_else(|| name.clone());
        match ty {
            messi_schema::Type::Scalar(scalar) => Ok(Type::Scalar(*scalar)),
            messi_schema::Type::Enum(name) => path(name).map(Type::Enum),
            messi_schema::Type::Message(name) => Ok(Type::Message {
                path: path(name)?,
                boxed: holder.is_some_and(|holder| self.reaches(name, holder)),
            }),
            messi_schema::Type::Google(google) => Ok(of_google(*google)),
            messi_schema::Type::Unknown(_) => Ok(Type::Undeclared),
            other => Err(format!("{other:?}")),
        }
    }

    /// Returns whether a message contains another, or is it.
    fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen = HashSet::new();
        let mut next = vec![from];
        while let Some(message) = next.pop() {
            if message == to {
                return true;
            }
            if seen.insert(message) {
                let contained = self.contains.get(message).into_iter().flatten();
                next.extend(contained.map(String::as_str));
            }
        }
        false
    }
}

/// Returns the messages that a message holds directly.
fn contained(message: &messi_schema::Message) -> Vec<String> {
    let types = message.fields.iter().filter_map(|field| match &field.kind {
        messi_schema::FieldKind::Singular(ty) | messi_schema::FieldKind::Optional(ty) => Some(ty),
        _ => None,
    });
    let messages = types.filter_map(|ty| match ty {
        messi_schema::Type::Message(name) => Some(name.clone()),
        _ => None,
    });
    messages.collect()
}

/// Returns the Rust type for a type of `google.protobuf`, as prost maps it.
fn of_google(google: GoogleType) -> Type {
    match google.wrapped() {
        Some(scalar) => Type::Wrapper(scalar),
        None if google.is_enum => Type::WellKnownEnum(google.name.into()),
        None if google.name == "Empty" => Type::Empty,
        None => Type::WellKnown(google.name.into()),
    }
}
