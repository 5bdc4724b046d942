//! Enum types.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{deprecated, docs, lines};
use super::scope::Scope;
use crate::model::{Alias, Enum, Variant};
use crate::names::ident;

/// Expands an enum and the conversions between its values and their names.
pub(super) fn expand(enumeration: &Enum, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let name = ident(&enumeration.rust_name);
    let docs = docs(
        &enumeration.docs,
        &format!("The enum `{}`.", enumeration.name),
    );
    let deprecated = deprecated(enumeration.deprecated);
    let derives = scope.derives(&enumeration.rust_name);
    let attributes = scope.attributes(&enumeration.rust_name);
    let prost_path = scope.prost_path();
    let variants = enumeration.variants.iter();
    let variants = variants.map(|it| variant(it, enumeration, scope));
    let names = names(enumeration, scope);
    let allow = scope.allow_deprecated();
    quote! {
        #docs
        #deprecated
        #allow
        #[derive(
            ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug,
            ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash,
            ::core::cmp::PartialOrd, ::core::cmp::Ord, #krate::prost::Enumeration,
        )]
        #derives
        #attributes
        #prost_path
        #[repr(i32)]
        pub enum #name {
            #(#variants)*
        }
        #names
    }
}

fn variant(variant: &Variant, enumeration: &Enum, scope: &Scope) -> TokenStream {
    let name = ident(&variant.rust_name);
    let docs = docs(&variant.docs, &format!("The value `{}`.", variant.name));
    let deprecated = deprecated(variant.deprecated);
    let number = variant.number;
    let attributes = scope.part_attributes(&enumeration.rust_name, &variant.rust_name);
    quote! {
        #docs
        #deprecated
        #attributes
        #name = #number,
    }
}

/// Expands the conversions between values and names, and the aliases.
fn names(enumeration: &Enum, scope: &Scope) -> TokenStream {
    let name = ident(&enumeration.rust_name);
    let aliases: Vec<TokenStream> = enumeration.variants.iter().flat_map(aliases).collect();
    let to_name = enumeration.variants.iter().map(to_name);
    let from_name = enumeration.variants.iter().map(from_name);
    let allow_deprecated = scope.allow_deprecated();
    let allow_aliases = (!aliases.is_empty()).then(
        // Aliases are constants with names like those of variants.
        || quote!( #[allow(non_upper_case_globals)] ),
    );
    quote! {
        #allow_deprecated
        #allow_aliases
        impl #name {
            #(#aliases)*

            /// Returns the name of the value in the schema.
            #[must_use]
            pub const fn as_str_name(&self) -> &'static str {
                match self {
                    #(#to_name)*
                }
            }

            /// Returns the value with a name in the schema.
            #[must_use]
            pub fn from_str_name(name: &str) -> ::core::option::Option<Self> {
                match name {
                    #(#from_name)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    }
}

/// Expands a constant for each other name of a value in Rust.
fn aliases(variant: &Variant) -> Vec<TokenStream> {
    let original = ident(&variant.rust_name);
    let mut taken = vec![&variant.rust_name];
    let mut constants = Vec::new();
    for Alias { name, rust_name } in &variant.aliases {
        if taken.contains(&rust_name) {
            continue;
        }
        taken.push(rust_name);
        let rust_name = ident(rust_name);
        let docs = format!("The value `{name}`, the same as `{}`.", variant.name);
        let docs = lines(&[docs]);
        constants.push(quote!( #docs pub const #rust_name: Self = Self::#original; ));
    }
    constants
}

fn to_name(variant: &Variant) -> TokenStream {
    let (variant, name) = (ident(&variant.rust_name), &variant.name);
    quote!( Self::#variant => #name, )
}

fn from_name(variant: &Variant) -> TokenStream {
    let aliases = variant.aliases.iter().map(|alias| &alias.name);
    let names = [&variant.name].into_iter().chain(aliases);
    let variant = ident(&variant.rust_name);
    quote!( #(#names)|* => ::core::option::Option::Some(Self::#variant), )
}
