//! The types of fields that can't implement a trait of the standard library.

use super::derive::Known;
use crate::model::{FieldKind, Scalar, Type, TypePath};

/// Returns the content of a field that prevents its message from implementing a trait, in words.
/// `has` returns whether a type of the schema implements it.
pub(super) fn obstacle(
    kind: &FieldKind,
    known: Known,
    has: &impl Fn(&TypePath) -> bool,
) -> Option<String> {
    match kind {
        FieldKind::Singular(ty) | FieldKind::Optional(ty) => obstacle_in(ty, known, has),
        FieldKind::Repeated { .. } if known == Known::Copy => Some("a list".into()),
        FieldKind::Repeated { ty, .. } => obstacle_in(ty, known, has),
        FieldKind::Map { value, .. } if known == Known::Eq => obstacle_in(value, known, has),
        FieldKind::Map { .. } => Some("a map".into()),
    }
}

/// Returns the same for one value.
pub(super) fn obstacle_in(
    ty: &Type,
    known: Known,
    has: &impl Fn(&TypePath) -> bool,
) -> Option<String> {
    match ty {
        Type::Scalar(scalar) | Type::Wrapper(scalar) => of_scalar(*scalar, known),
        Type::Message { boxed: true, .. } if known == Known::Copy => Some("a box".into()),
        Type::Message { path, .. } if !has(path) => {
            Some(format!("a `{path}`, which does not implement it"))
        }
        Type::WellKnown(name) if !is_of_well_known(name, known) => Some(format!(
            "a `google.protobuf.{name}`, which does not implement it"
        )),
        Type::Message { .. }
        | Type::WellKnown(_)
        | Type::Enum(_)
        | Type::WellKnownEnum(_)
        | Type::Empty
        | Type::Undeclared => None,
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
