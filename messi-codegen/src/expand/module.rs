//! The types of one package, or those nested in a message.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::lines;
use super::{Scope, deprecation, enumeration, ident, message};
use crate::model::Module;

/// Every type of a protocol.
pub(super) fn root(root: &Module, scope: &Scope) -> TokenStream {
    let (touchy, rest) = deprecation::split(root);
    let mut all = prelude(scope);
    all.extend(items(&rest, scope));
    if !touchy.is_empty() {
        all.extend(deprecation::shelter(scope, |scope| items(&touchy, scope)));
    }
    all
}

/// Every type of a module, and the modules inside it.
pub(super) fn items(module: &Module, scope: &Scope) -> TokenStream {
    let messages = module
        .messages
        .iter()
        .map(|message| message::expand(message, scope));
    let enums = module
        .enums
        .iter()
        .map(|enumeration| enumeration::expand(enumeration, scope));
    let modules = module.modules.iter().map(|(name, module)| {
        let docs = lines(&[format!(
            "The package part `{}`.",
            name.trim_start_matches("r#")
        )]);
        named(name, &docs, items(module, &scope.inside(name)), scope)
    });
    messages.chain(enums).chain(modules).collect()
}

/// A module with these items.
pub(super) fn named(
    name: &str,
    docs: &TokenStream,
    items: TokenStream,
    scope: &Scope,
) -> TokenStream {
    let name = ident(name);
    let allow = scope.allow_deprecated();
    let prelude = prelude(scope);
    quote! {
        #docs
        #allow
        pub mod #name {
            #prelude
            #items
        }
    }
}

/// The few names of the prelude that prost's derives take for granted, for modules without a
/// prelude. What the user has declared or imported by name goes before it. Where there is a
/// prelude it is not used.
pub(super) fn prelude(scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    quote! {
        #[allow(unused_imports)]
        use #krate::__private::prelude::*;
    }
}
