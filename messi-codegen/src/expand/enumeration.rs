//! Enum types.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{deprecated, docs};
use super::{Scope, ident};
use crate::model::{Enum, Variant};

/// An enum, with its names as the schema has them.
pub(super) fn expand(enumeration: &Enum, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let name = ident(&enumeration.rust_name);
    let docs = docs(
        &enumeration.docs,
        &format!("The enum `{}`.", enumeration.name),
    );
    let deprecated = deprecated(enumeration.deprecated);
    let derives = scope.derives(&enumeration.rust_name);
    let prost_path = scope.prost_path();
    let variants = enumeration.variants.iter().map(variant);
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
        #prost_path
        #[repr(i32)]
        pub enum #name {
            #(#variants)*
        }
        #names
    }
}

fn variant(variant: &Variant) -> TokenStream {
    let name = ident(&variant.rust_name);
    let docs = docs(&variant.docs, &format!("The value `{}`.", variant.name));
    let deprecated = deprecated(variant.deprecated);
    let number = variant.number;
    quote! {
        #docs
        #deprecated
        #name = #number,
    }
}

/// Conversions to and from the schema's names, and the aliases.
fn names(enumeration: &Enum, scope: &Scope) -> TokenStream {
    let name = ident(&enumeration.rust_name);
    let (mut variants, mut texts, mut from_variants, mut from_texts, mut aliases) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for variant in &enumeration.variants {
        let variant_name = ident(&variant.rust_name);
        let mut taken = vec![&variant.rust_name];
        for (alias, rust_alias) in &variant.aliases {
            from_variants.push(variant_name.clone());
            from_texts.push(alias);
            if taken.contains(&rust_alias) {
                continue;
            }
            taken.push(rust_alias);
            let rust_alias = ident(rust_alias);
            let docs = docs(
                &[],
                &format!("The value `{alias}`, the same as `{}`.", variant.name),
            );
            aliases.push(quote!( #docs pub const #rust_alias: Self = Self::#variant_name; ));
        }
        variants.push(variant_name.clone());
        texts.push(&variant.name);
        from_variants.push(variant_name);
        from_texts.push(&variant.name);
    }
    let allow_deprecated = scope.allow_deprecated();
    let allow_aliases = (!aliases.is_empty()).then(
        // Aliases read like the variants that they stand for.
        || quote!( #[allow(non_upper_case_globals)] ),
    );
    quote! {
        #allow_deprecated
        #allow_aliases
        impl #name {
            #(#aliases)*

            /// The name of the value in the schema.
            #[must_use]
            pub const fn as_str_name(&self) -> &'static str {
                match self {
                    #( Self::#variants => #texts, )*
                }
            }

            /// The value with this name in the schema.
            #[must_use]
            pub fn from_str_name(name: &str) -> ::core::option::Option<Self> {
                match name {
                    #( #from_texts => ::core::option::Option::Some(Self::#from_variants), )*
                    _ => ::core::option::Option::None,
                }
            }
        }
    }
}
