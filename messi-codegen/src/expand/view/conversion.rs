//! Conversions of views into the owned forms.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::types::{is_boxed, is_message};
use super::holder::Holder;
use crate::config::BytesType;
use crate::model::{Field, FieldKind, Member, Message, Oneof, Scalar, Type};
use crate::names::ident;

/// Expands the conversion of a message.
pub(super) fn of_message(message: &Message, holder: &Holder) -> TokenStream {
    let (owned, view) = (holder.owned(), holder.view());
    let fields = message.fields.iter().map(|it| field(it, holder));
    let oneofs = message.oneofs.iter().map(|it| oneof_field(it, holder));
    let allow = holder.scope().allow_deprecated();
    quote! {
        #allow
        impl #view<'_> {
            /// Returns the owned form, with copies of what is borrowed.
            #[must_use]
            pub fn to_message(&self) -> #owned {
                #owned {
                    #(#fields)*
                    #(#oneofs)*
                }
            }
        }

        #allow
        impl ::core::convert::From<#view<'_>> for #owned {
            fn from(view: #view<'_>) -> Self {
                view.to_message()
            }
        }
    }
}

fn field(
    Field {
        rust_name, kind, ..
    }: &Field,
    holder: &Holder,
) -> TokenStream {
    let name = ident(rust_name);
    let value = match kind {
        kind if !holder.borrows_in(kind) && is_copied(kind) => quote!( self.#name ),
        kind if !holder.borrows_in(kind) => quote!( ::core::clone::Clone::clone(&self.#name) ),
        FieldKind::Singular(ty) if !is_message(ty) => owned_scalar(ty, &quote!(self.#name), holder),
        FieldKind::Singular(ty) | FieldKind::Optional(ty) => {
            let owned = owned(ty, holder);
            quote!( self.#name.as_ref().map(|value| #owned) )
        }
        FieldKind::Repeated { ty, .. } => {
            let owned = owned(ty, holder);
            quote!( self.#name.iter().map(|value| #owned).collect() )
        }
        FieldKind::Map { key, value } => {
            let key = match Type::Scalar(*key) {
                key if holder.borrows(&key) => owned_scalar(&key, &quote!(*key), holder),
                _ => quote!(*key),
            };
            let value = owned_in_map(value, holder);
            quote!( self.#name.iter().map(|(key, value)| (#key, #value)).collect() )
        }
    };
    quote!( #name: #value, )
}

fn oneof_field(oneof: &Oneof, holder: &Holder) -> TokenStream {
    let name = ident(&oneof.rust_name);
    if holder.has_oneof_view(oneof) {
        let view = holder.oneof_view_path(oneof);
        quote!( #name: self.#name.as_ref().map(#view::to_oneof), )
    } else {
        quote!( #name: ::core::clone::Clone::clone(&self.#name), )
    }
}

/// Expands the conversion of a oneof.
pub(super) fn of_oneof(oneof: &Oneof, holder: &Holder) -> TokenStream {
    let (owned, view) = (holder.oneof_path(oneof), holder.oneof_view_path(oneof));
    let members = oneof.members.iter().map(|it| member(it, &owned, holder));
    let allow = holder.scope().allow_deprecated();
    quote! {
        #allow
        impl #view<'_> {
            /// Returns the owned form, with copies of what is borrowed.
            #[must_use]
            pub fn to_oneof(&self) -> #owned {
                match self {
                    #(#members)*
                }
            }
        }

        #allow
        impl ::core::convert::From<#view<'_>> for #owned {
            fn from(view: #view<'_>) -> Self {
                view.to_oneof()
            }
        }
    }
}

fn member(member: &Member, owned_oneof: &TokenStream, holder: &Holder) -> TokenStream {
    let variant = ident(&member.variant);
    let value = owned(&member.ty, holder);
    quote!( Self::#variant(value) => #owned_oneof::#variant(#value), )
}

/// Returns the owned form of a reference `value`.
fn owned(ty: &Type, holder: &Holder) -> TokenStream {
    match ty {
        ty if !holder.borrows(ty) && is_copy(ty) => quote!(*value),
        ty if !holder.borrows(ty) => quote!(::core::clone::Clone::clone(value)),
        Type::Scalar(_) => owned_scalar(ty, &quote!(*value), holder),
        _ => in_new_box(quote!(value.to_message()), ty, holder),
    }
}

/// Returns the owned form of a reference `value` in a map, where bytes are always a vector.
fn owned_in_map(ty: &Type, holder: &Holder) -> TokenStream {
    match ty {
        Type::Scalar(Scalar::Bytes) if holder.borrows(ty) => converted(&quote!(*value)),
        ty => owned(ty, holder),
    }
}

/// Returns the owned form of a string or of bytes.
fn owned_scalar(ty: &Type, value: &TokenStream, holder: &Holder) -> TokenStream {
    let krate = &holder.scope().krate;
    match (ty, holder.scope().bytes) {
        (Type::Scalar(Scalar::Bytes), BytesType::Bytes) => {
            quote!( #krate::prost::bytes::Bytes::copy_from_slice(#value) )
        }
        _ => converted(value),
    }
}

/// Returns the `String` or `Vec` of a string or of bytes.
fn converted(value: &TokenStream) -> TokenStream {
    quote!( ::core::convert::From::from(#value) )
}

fn in_new_box(value: TokenStream, ty: &Type, holder: &Holder) -> TokenStream {
    let krate = &holder.scope().krate;
    if is_boxed(ty) {
        quote!( #krate::prost::alloc::boxed::Box::new(#value) )
    } else {
        value
    }
}

/// Returns whether a field is a number that is copied as it is.
fn is_copied(kind: &FieldKind) -> bool {
    match kind {
        FieldKind::Singular(ty) | FieldKind::Optional(ty) => is_copy(ty),
        FieldKind::Repeated { .. } | FieldKind::Map { .. } => false,
    }
}

fn is_copy(ty: &Type) -> bool {
    match ty {
        Type::Scalar(scalar) | Type::Wrapper(scalar) => {
            !matches!(scalar, Scalar::String | Scalar::Bytes)
        }
        Type::Enum(_) | Type::WellKnownEnum(_) | Type::Empty => true,
        Type::Message { .. } | Type::WellKnown(_) | Type::Undeclared => false,
    }
}
