//! The types that the fields of a schema with problems name, and that it does not declare.

use std::collections::BTreeSet;

use messi_schema::{FieldKind, Message, Schema, Type};

/// Returns the full names of the undeclared types, with those of their packages.
pub(super) fn types(schema: &Schema) -> BTreeSet<(&str, &str)> {
    let mut types = BTreeSet::new();
    let messages = schema.files.iter().flat_map(|file| &file.messages);
    messages.for_each(|message| add(message, &mut types));
    types
}

fn add<'a>(message: &'a Message, types: &mut BTreeSet<(&'a str, &'a str)>) {
    types.extend(message.fields.iter().filter_map(|field| match &field.kind {
        FieldKind::Singular(Type::Unknown(name))
        | FieldKind::Optional(Type::Unknown(name))
        | FieldKind::Repeated {
            ty: Type::Unknown(name),
            ..
        }
        | FieldKind::Map {
            value: Type::Unknown(name),
            ..
        } => Some(name.rsplit_once('.').unwrap_or(("", name))),
        _ => None,
    }));
    for nested in &message.messages {
        add(nested, types);
    }
}
