//! Deprecated items warn where they are used, but not where an expansion declares them.
//!
//! `#[allow(deprecated)]` is enough for the items of the expansion itself. It does not reach the
//! implementations that prost's derives add: only a module around a type can allow those to use the
//! type. An expansion of a protocol without deprecated items has neither.

use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use crate::model::{Enum, Message, Module};
use crate::names::ident;

/// The private module of the types with derived implementations that use something deprecated.
const MODULE: &str = "__deprecated";

/// Returns whether a module has anything deprecated in it.
pub(super) fn is_in(module: &Module) -> bool {
    module.messages.iter().any(is_in_message)
        || module.enums.iter().any(is_in_enum)
        || module.modules.iter().any(|(_, module)| is_in(module))
}

/// Splits off the types with derived implementations that would warn. Inner modules stay with the
/// rest, as all of them allow deprecated items.
pub(super) fn split(root: &Module) -> (Module, Module) {
    let (would_warn, messages) = root.messages.iter().cloned().partition(derives_would_warn);
    let (deprecated_enums, enums) = root.enums.iter().cloned().partition(|it| it.deprecated);
    let deprecated = Module {
        messages: would_warn,
        enums: deprecated_enums,
        ..Module::default()
    };
    let rest = Module {
        messages,
        enums,
        ..root.clone()
    };
    (deprecated, rest)
}

/// Puts items into a private module that allows derives to use them, and re-exports them.
pub(super) fn allow_in_module(
    scope: &Scope,
    items: impl FnOnce(&Scope) -> TokenStream,
) -> TokenStream {
    let module = ident(MODULE);
    let items = items(&scope.inside_private(MODULE));
    let prelude = scope.prelude();
    quote! {
        // Derived implementations use the types they are for. Types name each other by the paths
        // outside of the module.
        #[allow(deprecated, unused_qualifications)]
        mod #module {
            #prelude
            #items
        }
        #[allow(deprecated)]
        pub use self::#module::*;
    }
}

fn derives_would_warn(message: &Message) -> bool {
    message.deprecated || message.fields.iter().any(|field| field.deprecated)
}

fn is_in_message(message: &Message) -> bool {
    let mut members = message.oneofs.iter().flat_map(|oneof| &oneof.members);
    derives_would_warn(message) || members.any(|member| member.deprecated) || is_in(&message.nested)
}

fn is_in_enum(enumeration: &Enum) -> bool {
    let mut variants = enumeration.variants.iter();
    enumeration.deprecated || variants.any(|variant| variant.deprecated)
}
