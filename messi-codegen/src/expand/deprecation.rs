//! What is deprecated shall warn where it is used, and not where an expansion declares it.
//!
//! An `#[allow(deprecated)]` does for what the expansion writes itself. The implementations that
//! prost's derives write get no attributes from it; those can only be allowed to use what they
//! implement by a module around them. An expansion of a protocol in which nothing is deprecated
//! has neither.

use proc_macro2::TokenStream;
use quote::quote;

use super::Scope;
use crate::model::{Enum, Message, Module, Protocol};

/// The private module of what prost's derives would warn of.
const MODULE: &str = "__deprecated";

/// Whether anything of the protocol is deprecated.
pub(super) fn is_in(protocol: &Protocol) -> bool {
    is_in_module(&protocol.root)
}

/// Splits off the types whose derived implementations would warn. Modules are left where they
/// are, for all of them allow it.
pub(super) fn split(root: &Module) -> (Module, Module) {
    let (touchy_messages, messages) = root.messages.iter().cloned().partition(is_touchy);
    let (touchy_enums, enums) = root.enums.iter().cloned().partition(|it| it.deprecated);
    let touchy = Module {
        messages: touchy_messages,
        enums: touchy_enums,
        ..Module::default()
    };
    let rest = Module {
        messages,
        enums,
        ..root.clone()
    };
    (touchy, rest)
}

/// Puts items where prost's derives may use them, and shows them where they belong.
pub(super) fn shelter(scope: &Scope, items: impl FnOnce(&Scope) -> TokenStream) -> TokenStream {
    let module = super::ident(MODULE);
    let items = items(&scope.inside(MODULE));
    let prelude = super::module::prelude(scope);
    quote! {
        // Derived implementations use what they implement. Types name each other as if they were
        // all outside.
        #[allow(deprecated, unused_qualifications)]
        mod #module {
            #prelude
            #items
        }
        #[allow(deprecated)]
        pub use self::#module::*;
    }
}

/// The modules around a type as its users see them.
pub(super) fn without_shelter(modules: &[String]) -> Vec<String> {
    let modules = modules.iter().filter(|module| *module != MODULE);
    modules.cloned().collect()
}

fn is_touchy(message: &Message) -> bool {
    message.deprecated || message.fields.iter().any(|field| field.deprecated)
}

fn is_in_module(module: &Module) -> bool {
    module.messages.iter().any(is_in_message)
        || module.enums.iter().any(is_in_enum)
        || module
            .modules
            .iter()
            .any(|(_, module)| is_in_module(module))
}

fn is_in_message(message: &Message) -> bool {
    let mut members = message.oneofs.iter().flat_map(|oneof| &oneof.members);
    is_touchy(message) || members.any(|member| member.deprecated) || is_in_module(&message.nested)
}

fn is_in_enum(enumeration: &Enum) -> bool {
    let mut variants = enumeration.variants.iter();
    enumeration.deprecated || variants.any(|variant| variant.deprecated)
}
