//! The types of one package, or those nested in a message.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::lines;
use super::{Scope, enumeration, ident, message};
use crate::model::Module;

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
        named(name, &docs, items(module, &scope.inside(name)))
    });
    messages.chain(enums).chain(modules).collect()
}

/// A module with these items.
pub(super) fn named(name: &str, docs: &TokenStream, items: TokenStream) -> TokenStream {
    let name = ident(name);
    quote! {
        #docs
        pub mod #name {
            #items
        }
    }
}
