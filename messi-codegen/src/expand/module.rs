//! The types of one package, or of one message, in their modules.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::lines;
use super::scope::Scope;
use super::{deprecation, enumeration, message, undeclared, view};
use crate::model::{Message, Module};
use crate::names::ident;

/// Expands every type of a protocol.
pub(super) fn root(root: &Module, scope: &Scope) -> TokenStream {
    let (deprecated, rest) = deprecation::split(root);
    let mut all = scope.prelude();
    all.extend(items(&rest, scope));
    if !deprecated.is_empty() {
        let items = |scope: &Scope| items(&deprecated, scope);
        all.extend(deprecation::allow_in_module(scope, items));
    }
    all
}

/// Expands every type of a module, and the modules inside it.
fn items(module: &Module, scope: &Scope) -> TokenStream {
    let messages = module.messages.iter().map(|message| {
        let definition = message::definition(message, scope);
        let view = view::definition(message, scope);
        let inner = inner_module(message, scope);
        let undeclared = undeclared::accessors(message, scope);
        quote!( #definition #view #inner #undeclared )
    });
    let enums = module.enums.iter().map(|it| enumeration::expand(it, scope));
    let modules = module.modules.iter().map(|(name, module)| {
        let part = name.trim_start_matches("r#");
        let docs = match scope.is_root() {
            true => "The types of imported packages.".into(),
            false => format!("The package part `{part}`."),
        };
        let docs = lines(&[docs]);
        named(name, &docs, items(module, &scope.inside(name)), scope)
    });
    let undeclared = module.undeclared.iter();
    let undeclared = undeclared.map(|it| undeclared::alias(it, scope));
    let items = messages.chain(enums).chain(modules);
    items.chain(undeclared).collect()
}

/// Expands the module of a message's oneofs and nested types, if it has any.
fn inner_module(message: &Message, scope: &Scope) -> TokenStream {
    if message.oneofs.is_empty() && message.nested.is_empty() {
        return TokenStream::new();
    }
    let inside = scope.inside(&message.module_name);
    let oneofs = message.oneofs.iter();
    let oneofs = oneofs.map(|oneof| {
        let definition = message::oneof(oneof, message, &inside);
        let view = view::oneof(oneof, message, scope);
        quote!( #definition #view )
    });
    let items = oneofs.chain([items(&message.nested, &inside)]).collect();
    let docs = lines(&[format!("The types inside the message `{}`.", message.name)]);
    named(&message.module_name, &docs, items, scope)
}

/// Wraps items in a module.
fn named(name: &str, docs: &TokenStream, items: TokenStream, scope: &Scope) -> TokenStream {
    let name = ident(name);
    let allow = scope.allow_deprecated();
    let prelude = scope.prelude();
    quote! {
        #docs
        #allow
        pub mod #name {
            #prelude
            #items
        }
    }
}
