//! The types of a schema: where each is in Rust, and which contain themselves.

use std::collections::{HashMap, HashSet};

use protobuf::descriptor::field_descriptor_proto::{Label, Type as ProtoType};
use protobuf::descriptor::{DescriptorProto, FieldDescriptorProto};

use super::package_modules;
use crate::check::{File, join, messages, nested_messages};
use crate::model::{Scalar, Type, TypePath};
use crate::names;

/// Messages of `google.protobuf` that are types of `prost_types`.
const WELL_KNOWN: &[&str] = &[
    "Any",
    "Api",
    "Duration",
    "Enum",
    "EnumValue",
    "Field",
    "FieldMask",
    "ListValue",
    "Method",
    "Mixin",
    "Option",
    "SourceContext",
    "Struct",
    "Timestamp",
    "Type",
    "Value",
];

/// Enums of `google.protobuf` that are types of `prost_types`.
const WELL_KNOWN_ENUMS: &[&str] = &["NullValue", "Syntax"];

/// Every type of a schema, by its full name.
pub(super) struct Types {
    paths: HashMap<String, TypePath>,
    /// For each message those that it contains without a box, a list or a map in between.
    contains: HashMap<String, Vec<String>>,
}

impl Types {
    pub(super) fn new(files: &[File<'_>]) -> Self {
        let root_package = files.last().map_or("", |file| file.descriptor.package());
        let mut types = Self {
            paths: HashMap::new(),
            contains: HashMap::new(),
        };
        for file in files {
            let package = file.descriptor.package();
            let modules = package_modules(package, root_package);
            for message in &file.descriptor.message_type {
                types.add_message(package, message, &modules);
            }
            for enumeration in &file.descriptor.enum_type {
                types.add(
                    &join(package, enumeration.name()),
                    enumeration.name(),
                    &modules,
                );
            }
            for (full_name, message) in messages(file) {
                types.contains.insert(full_name, contained(message));
            }
        }
        types
    }

    fn add_message(&mut self, scope: &str, message: &DescriptorProto, modules: &[String]) {
        let full_name = join(scope, message.name());
        self.add(&full_name, message.name(), modules);
        let inside = [modules, &[names::value_name(message.name())]].concat();
        for nested in nested_messages(message) {
            self.add_message(&full_name, nested, &inside);
        }
        for enumeration in &message.enum_type {
            self.add(
                &join(&full_name, enumeration.name()),
                enumeration.name(),
                &inside,
            );
        }
    }

    fn add(&mut self, full_name: &str, name: &str, modules: &[String]) {
        let path = TypePath {
            modules: modules.to_vec(),
            name: names::type_name(name),
        };
        self.paths.insert(full_name.into(), path);
    }

    /// The type of a field of a message; an error is the name of a type that has none in Rust.
    pub(super) fn of_field(
        &self,
        message: &str,
        field: &FieldDescriptorProto,
    ) -> Result<Type, String> {
        if let Some(scalar) = scalar(field.type_()) {
            return Ok(Type::Scalar(scalar));
        }
        let full_name = field.type_name().trim_start_matches('.');
        if let Some(name) = full_name.strip_prefix("google.protobuf.") {
            return bundled(name).ok_or_else(|| full_name.into());
        }
        let path = self.paths.get(full_name).cloned().ok_or(full_name)?;
        if field.type_() == ProtoType::TYPE_ENUM {
            return Ok(Type::Enum(path));
        }
        let is_single = field.label() != Label::LABEL_REPEATED;
        Ok(Type::Message {
            path,
            boxed: is_single && self.reaches(full_name, message),
        })
    }

    /// Whether a message contains another, or is it.
    fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen = HashSet::new();
        let mut next = vec![from];
        while let Some(message) = next.pop() {
            if message == to {
                return true;
            }
            if seen.insert(message) {
                next.extend(
                    self.contains
                        .get(message)
                        .into_iter()
                        .flatten()
                        .map(String::as_str),
                );
            }
        }
        false
    }
}

fn contained(message: &DescriptorProto) -> Vec<String> {
    let fields = message.field.iter().filter(|field| {
        field.type_() == ProtoType::TYPE_MESSAGE && field.label() != Label::LABEL_REPEATED
    });
    fields
        .map(|field| field.type_name().trim_start_matches('.').into())
        .collect()
}

/// The type that stands for one of `google.protobuf`.
fn bundled(name: &str) -> Option<Type> {
    if WELL_KNOWN.contains(&name) {
        return Some(Type::WellKnown(name.into()));
    }
    if WELL_KNOWN_ENUMS.contains(&name) {
        return Some(Type::WellKnownEnum(name.into()));
    }
    Some(match name {
        "Empty" => Type::Empty,
        "DoubleValue" => Type::Wrapper(Scalar::Double),
        "FloatValue" => Type::Wrapper(Scalar::Float),
        "Int64Value" => Type::Wrapper(Scalar::Int64),
        "UInt64Value" => Type::Wrapper(Scalar::Uint64),
        "Int32Value" => Type::Wrapper(Scalar::Int32),
        "UInt32Value" => Type::Wrapper(Scalar::Uint32),
        "BoolValue" => Type::Wrapper(Scalar::Bool),
        "StringValue" => Type::Wrapper(Scalar::String),
        "BytesValue" => Type::Wrapper(Scalar::Bytes),
        _ => return None,
    })
}

/// The scalar type of a field, if it has one.
pub(super) fn scalar(ty: ProtoType) -> Option<Scalar> {
    Some(match ty {
        ProtoType::TYPE_DOUBLE => Scalar::Double,
        ProtoType::TYPE_FLOAT => Scalar::Float,
        ProtoType::TYPE_INT32 => Scalar::Int32,
        ProtoType::TYPE_INT64 => Scalar::Int64,
        ProtoType::TYPE_UINT32 => Scalar::Uint32,
        ProtoType::TYPE_UINT64 => Scalar::Uint64,
        ProtoType::TYPE_SINT32 => Scalar::Sint32,
        ProtoType::TYPE_SINT64 => Scalar::Sint64,
        ProtoType::TYPE_FIXED32 => Scalar::Fixed32,
        ProtoType::TYPE_FIXED64 => Scalar::Fixed64,
        ProtoType::TYPE_SFIXED32 => Scalar::Sfixed32,
        ProtoType::TYPE_SFIXED64 => Scalar::Sfixed64,
        ProtoType::TYPE_BOOL => Scalar::Bool,
        ProtoType::TYPE_STRING => Scalar::String,
        ProtoType::TYPE_BYTES => Scalar::Bytes,
        ProtoType::TYPE_ENUM | ProtoType::TYPE_MESSAGE | ProtoType::TYPE_GROUP => return None,
    })
}
