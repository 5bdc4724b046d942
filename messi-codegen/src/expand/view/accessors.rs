//! The accessors of enums and of scalars with presence, with the names of those that prost derives.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::types::enum_type;
use super::holder::Holder;
use crate::model::{Field, FieldKind, Message, Scalar, Type};
use crate::names::ident;

/// The method of all views, which a field must not replace.
const CONVERSION: &str = "to_message";

/// Expands the accessors of a view, if it has any.
pub(super) fn expand(message: &Message, holder: &Holder) -> TokenStream {
    let fields = message.fields.iter();
    let fields = fields.filter(|field| field.rust_name != CONVERSION);
    let accessors: Vec<TokenStream> = fields.filter_map(|it| accessor(it, holder)).collect();
    if accessors.is_empty() {
        return TokenStream::new();
    }
    let view = holder.view();
    let allow = holder.scope().allow_deprecated();
    quote! {
        #allow
        impl #view<'_> {
            #(#accessors)*
        }
    }
}

fn accessor(
    Field {
        rust_name, kind, ..
    }: &Field,
    holder: &Holder,
) -> Option<TokenStream> {
    let name = ident(rust_name);
    match kind {
        FieldKind::Singular(ty) => {
            let ty = enum_type(ty, holder.scope())?;
            let docs = format!(" Returns the value of `{name}`, or the default if it is unknown.");
            Some(quote! {
                #[doc = #docs]
                #[must_use]
                pub fn #name(&self) -> #ty {
                    ::core::convert::TryFrom::try_from(self.#name).unwrap_or_default()
                }
            })
        }
        FieldKind::Optional(ty) => Some(of_optional(rust_name, ty, holder)),
        FieldKind::Repeated { ty, .. } => {
            let ty = enum_type(ty, holder.scope())?;
            let docs = format!(" Returns the values of `{name}` that are known.");
            Some(quote! {
                #[doc = #docs]
                pub fn #name(&self) -> ::core::iter::FilterMap<
                    ::core::iter::Copied<::core::slice::Iter<'_, i32>>,
                    fn(i32) -> ::core::option::Option<#ty>,
                > {
                    self.#name.iter().copied().filter_map(|value| {
                        <#ty as ::core::convert::TryFrom<i32>>::try_from(value).ok()
                    })
                }
            })
        }
        FieldKind::Map { key, value } => {
            let ty = enum_type(value, holder.scope())?;
            let method = ident(&format!("get_{}", rust_name.trim_start_matches("r#")));
            let (key_type, key) = match key {
                Scalar::String => (quote!(&str), quote!(key)),
                key => (
                    holder.value_type(&Type::Scalar(*key), &TokenStream::new()),
                    quote!(&key),
                ),
            };
            let docs =
                format!(" Returns the value of a key in `{name}`, if there is one that is known.");
            Some(quote! {
                #[doc = #docs]
                #[must_use]
                pub fn #method(&self, key: #key_type) -> ::core::option::Option<#ty> {
                    let value = *self.#name.get(#key)?;
                    <#ty as ::core::convert::TryFrom<i32>>::try_from(value).ok()
                }
            })
        }
    }
}

fn of_optional(rust_name: &str, ty: &Type, holder: &Holder) -> TokenStream {
    let name = ident(rust_name);
    let docs = format!(" Returns the value of `{name}`, or the default if there is none.");
    let (ty, value) = match ty {
        ty if holder.borrows(ty) => (
            holder.value_type(ty, &TokenStream::new()),
            quote!(unwrap_or_default()),
        ),
        Type::Scalar(Scalar::String) => (quote!(&str), quote!(as_deref().unwrap_or_default())),
        Type::Scalar(Scalar::Bytes) => (quote!(&[u8]), quote!(as_deref().unwrap_or_default())),
        ty => match enum_type(ty, holder.scope()) {
            Some(ty) => {
                let value = quote! {
                    and_then(|value| <#ty as ::core::convert::TryFrom<i32>>::try_from(value).ok())
                        .unwrap_or_default()
                };
                (ty, value)
            }
            None => (
                holder.value_type(ty, &TokenStream::new()),
                quote!(unwrap_or_default()),
            ),
        },
    };
    quote! {
        #[doc = #docs]
        #[must_use]
        pub fn #name(&self) -> #ty {
            self.#name.#value
        }
    }
}
