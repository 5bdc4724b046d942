//! The types of values in C.

use std::collections::{HashMap, HashSet};

use messi_schema::{Enum, Message, ProtoFile, Scalar, Type};

use super::{EnumKind, Field, scalar};
use crate::c::names;

/// The facts that a message needs about types that are declared elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Types {
    /// Whether an enum has negative values, by its full name.
    is_signed: HashMap<String, bool>,
    /// The names of the files that have a header.
    pub(super) files: HashSet<String>,
    /// The greatest encoded sizes, by the full name of the message.
    pub(super) encoded_max: HashMap<String, u32>,
}

impl Types {
    /// Collects the types of files.
    pub(crate) fn new(files: &[&ProtoFile], encoded_max: HashMap<String, u32>) -> Self {
        let mut types = Self {
            encoded_max,
            files: files.iter().map(|file| file.name.clone()).collect(),
            ..Self::default()
        };
        for file in files {
            types.add_enums(&file.enums);
            types.add_messages(&file.messages);
        }
        types
    }

    fn add_messages(&mut self, messages: &[Message]) {
        for message in messages {
            self.add_enums(&message.enums);
            self.add_messages(&message.messages);
        }
    }

    fn add_enums(&mut self, enums: &[Enum]) {
        for it in enums {
            let is_signed = it.values.iter().any(|value| value.number < 0);
            self.is_signed.insert(it.full_name.clone(), is_signed);
        }
    }

    /// Returns a type in C.
    pub(super) fn value(&self, ty: &Type) -> Value {
        if let Type::Scalar(scalar) = ty {
            let c = scalar::of(*scalar);
            return Value {
                ty: c.ty.into(),
                star: if *scalar == Scalar::String { "*" } else { "" },
                kind: c.kind,
                enumeration: None,
                message: None,
            };
        }
        let full_name = ty.full_name().unwrap_or_default();
        let base = names::snake(&full_name);
        if ty.is_message() {
            return Value::message(base);
        }
        let tag = format!("{base}_e");
        let is_signed = self.is_signed.get(&full_name);
        Value {
            ty: format!("enum {tag}"),
            star: "",
            kind: "int32",
            enumeration: Some(EnumKind {
                tag,
                is_signed: is_signed.copied().unwrap_or_default(),
            }),
            message: None,
        }
    }
}

/// The type of one value in C.
pub(super) struct Value {
    pub(super) ty: String,
    pub(super) star: &'static str,
    pub(super) kind: &'static str,
    pub(super) enumeration: Option<EnumKind>,
    pub(super) message: Option<String>,
}

impl Value {
    /// Returns the type of a message.
    pub(super) fn message(base: String) -> Self {
        Self {
            ty: format!("struct {base}_t"),
            star: "*",
            kind: "message",
            enumeration: None,
            message: Some(base),
        }
    }

    /// Returns the name of a member of this type.
    pub(super) fn member_name(&self, field: &str) -> String {
        let name = names::snake(field);
        match self.star {
            "" => names::member(name),
            _ => format!("{name}_p"),
        }
    }

    /// Returns a row of the table. Its label is for one value without presence.
    pub(super) fn row(self, number: u32, member: String) -> Field {
        Field {
            number,
            kind: self.kind,
            enumeration: self.enumeration,
            message: self.message,
            label: "singular",
            oneof: None,
            member,
            presence: None,
            choice: None,
        }
    }
}
