//! The Rust types of fields, and their attributes for prost.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::scope::{Scope, spaceless};
use super::undeclared;
use crate::config::BytesType;
use crate::model::{FieldKind, Scalar, Type};
use crate::names::{ident, type_name, value_name};

/// Returns the Rust type of a field.
pub(super) fn field_type(kind: &FieldKind, scope: &Scope) -> TokenStream {
    let value = |ty: &Type| value_type(ty, scope);
    field_type_of(kind, scope, value, |ty| map_value_type(ty, scope))
}

/// Returns the Rust type of a field, from the types of its values and of the values of maps.
pub(super) fn field_type_of(
    kind: &FieldKind,
    scope: &Scope,
    value_type: impl Fn(&Type) -> TokenStream,
    map_value_type: impl Fn(&Type) -> TokenStream,
) -> TokenStream {
    let krate = &scope.krate;
    match kind {
        // It may be one of a number or of a message.
        FieldKind::Singular(ty @ Type::Undeclared) => value_type(ty),
        FieldKind::Singular(ty) if !is_message(ty) => value_type(ty),
        FieldKind::Singular(ty) | FieldKind::Optional(ty) => {
            let ty = in_box(value_type(ty), ty, scope);
            quote!(::core::option::Option<#ty>)
        }
        FieldKind::Repeated { ty, .. } => {
            let ty = value_type(ty);
            quote!(#krate::prost::alloc::vec::Vec<#ty>)
        }
        FieldKind::Map { key, value } => {
            let (key, value) = (value_type(&Type::Scalar(*key)), map_value_type(value));
            quote!(#krate::__private::HashMap<#key, #value>)
        }
    }
}

/// Returns the arguments of the `prost` attribute of a field, without its number.
pub(super) fn field_attribute(kind: &FieldKind, scope: &Scope) -> TokenStream {
    match kind {
        FieldKind::Singular(ty) if !is_message(ty) => type_attribute(ty, scope),
        FieldKind::Singular(ty) | FieldKind::Optional(ty) => {
            let attribute = member_attribute(ty, scope);
            quote!(#attribute, optional)
        }
        FieldKind::Repeated { ty, packed } => {
            let attribute = type_attribute(ty, scope);
            let packed = (!packed && is_packable(ty)).then(|| quote!(, packed = "false"));
            quote!(#attribute, repeated #packed)
        }
        FieldKind::Map { key, value } => {
            let types = format!("{}, {}", key.name(), map_value_name(value, scope));
            quote!(map = #types)
        }
    }
}

/// Returns the Rust type of one value, in a box if it needs one.
pub(super) fn boxed_type(ty: &Type, scope: &Scope) -> TokenStream {
    in_box(value_type(ty, scope), ty, scope)
}

/// Returns the Rust type of a box around a value, if it needs one.
pub(super) fn in_box(value: TokenStream, ty: &Type, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    if is_boxed(ty) {
        quote!(#krate::prost::alloc::boxed::Box<#value>)
    } else {
        value
    }
}

/// Returns the Rust type of one value.
pub(super) fn value_type(ty: &Type, scope: &Scope) -> TokenStream {
    match ty {
        Type::Scalar(scalar) | Type::Wrapper(scalar) => scalar_type(*scalar, scope),
        Type::Enum(_) | Type::WellKnownEnum(_) => quote!(i32),
        Type::Message { path, .. } => scope.path(path),
        Type::WellKnown(name) => well_known(name, scope),
        Type::Empty => quote!(()),
        Type::Undeclared => undeclared::ty(scope),
    }
}

/// Returns the arguments of the `prost` attribute of a member of a oneof, without its number.
pub(super) fn member_attribute(ty: &Type, scope: &Scope) -> TokenStream {
    let attribute = type_attribute(ty, scope);
    if is_boxed(ty) {
        quote!(#attribute, boxed)
    } else {
        attribute
    }
}

/// Puts the value of a type into the box that [`boxed_type`] has for it, if any.
pub(super) fn boxed(value: &Ident, ty: &Type, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    if is_boxed(ty) {
        quote!(#krate::prost::alloc::boxed::Box::new(#value))
    } else {
        quote!(#value)
    }
}

/// Takes the value of a type out of its box, if it is in one.
pub(super) fn unboxed(value: &Ident, ty: &Type) -> TokenStream {
    if is_boxed(ty) {
        quote!(*#value)
    } else {
        quote!(#value)
    }
}

/// Returns whether the value needs a box.
pub(super) fn is_boxed(ty: &Type) -> bool {
    matches!(ty, Type::Message { boxed: true, .. })
}

/// Returns whether a value is a message on the wire, which can be absent.
pub(super) fn is_message(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Message { .. }
            | Type::WellKnown(_)
            | Type::Empty
            | Type::Wrapper(_)
            | Type::Undeclared
    )
}

/// Returns whether values can share one length on the wire.
pub(super) fn is_packable(ty: &Type) -> bool {
    !is_message(ty) && !matches!(ty, Type::Scalar(Scalar::String | Scalar::Bytes))
}

fn type_attribute(ty: &Type, scope: &Scope) -> TokenStream {
    match ty {
        Type::Scalar(Scalar::Bytes) => match scope.bytes {
            BytesType::Vec => quote!(bytes = "vec"),
            BytesType::Bytes => quote!(bytes = "bytes"),
        },
        Type::Scalar(scalar) => {
            let name = ident(scalar.name());
            quote!(#name)
        }
        Type::Enum(_) | Type::WellKnownEnum(_) => {
            let path = enum_type(ty, scope).map(|it| spaceless(&it));
            quote!(enumeration = #path)
        }
        Type::Message { .. }
        | Type::WellKnown(_)
        | Type::Empty
        | Type::Wrapper(_)
        | Type::Undeclared => quote!(message),
    }
}

/// Returns the Rust type of a value of a map. Bytes are always a vector there, as in prost.
pub(super) fn map_value_type(ty: &Type, scope: &Scope) -> TokenStream {
    match ty {
        Type::Scalar(Scalar::Bytes) => vector_of_bytes(scope),
        ty => value_type(ty, scope),
    }
}

fn map_value_name(ty: &Type, scope: &Scope) -> String {
    match ty {
        Type::Scalar(scalar) => scalar.name().into(),
        Type::Enum(_) | Type::WellKnownEnum(_) => {
            let path = enum_type(ty, scope).map(|it| spaceless(&it));
            format!("enumeration({})", path.unwrap_or_default())
        }
        Type::Message { .. }
        | Type::WellKnown(_)
        | Type::Empty
        | Type::Wrapper(_)
        | Type::Undeclared => "message".into(),
    }
}

/// Returns the enum that the numbers of a type stand for, if it is one.
pub(super) fn enum_type(ty: &Type, scope: &Scope) -> Option<TokenStream> {
    match ty {
        Type::Enum(path) => Some(scope.path(path)),
        Type::WellKnownEnum(name) => Some(well_known(name, scope)),
        _ => None,
    }
}

/// Returns the path of a type of `google.protobuf`. Its modules have the layout of generated ones, as in `prost_types`.
fn well_known(name: &str, scope: &Scope) -> TokenStream {
    let home = scope.google();
    let mut modules: Vec<&str> = name.split('.').collect();
    let name = ident(&type_name(modules.pop().unwrap_or_default()));
    let modules = modules.into_iter().map(|module| ident(&value_name(module)));
    quote!(#home::#(#modules::)*#name)
}

fn scalar_type(scalar: Scalar, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    match scalar {
        Scalar::Double => quote!(f64),
        Scalar::Float => quote!(f32),
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => quote!(i32),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => quote!(i64),
        Scalar::Uint32 | Scalar::Fixed32 => quote!(u32),
        Scalar::Uint64 | Scalar::Fixed64 => quote!(u64),
        Scalar::Bool => quote!(bool),
        Scalar::String => quote!(#krate::prost::alloc::string::String),
        Scalar::Bytes => match scope.bytes {
            BytesType::Vec => vector_of_bytes(scope),
            BytesType::Bytes => quote!(#krate::prost::bytes::Bytes),
        },
    }
}

fn vector_of_bytes(scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    quote!(#krate::prost::alloc::vec::Vec<u8>)
}
