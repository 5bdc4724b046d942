//! The types of fields that can't implement a trait of the standard library.

use std::collections::HashSet;

use super::derive::Known;
use crate::model::{FieldKind, Scalar, Type, TypePath};

/// The types that implement a trait. Only the compiler knows about types outside of the expansion: they are assumed to
/// implement it.
pub(super) struct Implementors<'a> {
    pub(super) known: Known,
    /// The types of the expansion that implement it.
    pub(super) with: HashSet<&'a TypePath>,
    /// All types of the expansion.
    pub(super) own: HashSet<&'a TypePath>,
    /// Whether the types of `google.protobuf` are not those of `prost_types`.
    pub(super) is_google_external: bool,
}

impl Implementors<'_> {
    /// Returns whether a type of the schema implements the trait.
    pub(super) fn have(&self, path: &TypePath) -> bool {
        self.with.contains(path) || !self.own.contains(path)
    }

    /// Returns the content of a field that prevents its message from implementing the trait, in words.
    pub(super) fn obstacle(&self, kind: &FieldKind) -> Option<String> {
        match kind {
            FieldKind::Singular(ty) | FieldKind::Optional(ty) => self.obstacle_in(ty),
            FieldKind::Repeated { .. } if self.known == Known::Copy => Some("a list".into()),
            FieldKind::Repeated { ty, .. } => self.obstacle_in(ty),
            FieldKind::Map { value, .. } if self.known == Known::Eq => self.obstacle_in(value),
            FieldKind::Map { .. } => Some("a map".into()),
        }
    }

    /// Returns the same for one value.
    pub(super) fn obstacle_in(&self, ty: &Type) -> Option<String> {
        match ty {
            Type::Scalar(scalar) | Type::Wrapper(scalar) => of_scalar(*scalar, self.known),
            Type::Message { boxed: true, .. } if self.known == Known::Copy => Some("a box".into()),
            Type::Message { path, .. } if !self.have(path) => {
                Some(format!("a `{path}`, which does not implement it"))
            }
            Type::WellKnown(name)
                if !self.is_google_external && !is_of_well_known(name, self.known) =>
            {
                Some(format!(
                    "a `google.protobuf.{name}`, which does not implement it"
                ))
            }
            Type::Message { .. }
            | Type::WellKnown(_)
            | Type::Enum(_)
            | Type::WellKnownEnum(_)
            | Type::Empty
            | Type::Undeclared => None,
        }
    }
}

fn of_scalar(scalar: Scalar, known: Known) -> Option<String> {
    let is_float = matches!(scalar, Scalar::Double | Scalar::Float);
    let is_on_heap = matches!(scalar, Scalar::String | Scalar::Bytes);
    match known {
        Known::Eq | Known::Hash | Known::Ord if is_float => Some("a floating-point number".into()),
        Known::Copy if is_on_heap => Some("text or bytes".into()),
        _ => None,
    }
}

/// The types of `prost_types` that are `Copy`.
const COPY: &[&str] = &[
    "DescriptorProto.ReservedRange",
    "Duration",
    "EnumDescriptorProto.EnumReservedRange",
    "Timestamp",
];

/// Those that are `Eq` and `Hash`, but not `Copy`.
const EQ: &[&str] = &[
    "Any",
    "FieldMask",
    "GeneratedCodeInfo.Annotation",
    "Mixin",
    "Option",
    "SourceCodeInfo.Location",
    "SourceContext",
    "UninterpretedOption.NamePart",
    "compiler.Version",
];

/// Returns whether a type of `prost_types` implements a trait.
fn is_of_well_known(name: &str, known: Known) -> bool {
    match known {
        Known::Copy => COPY.contains(&name),
        Known::Eq | Known::Hash => COPY.contains(&name) || EQ.contains(&name),
        Known::Ord | Known::PartialOrd => false,
    }
}
