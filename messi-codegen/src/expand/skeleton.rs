//! What can be said of a protocol whose schema is not valid.

use proc_macro2::TokenStream;
use quote::quote;

use super::handler::{
    Dispatch, client_implementation, client_trait, server_implementation, server_trait,
};
use super::protocol::{Names, declarations};
use super::{Scope, ident};

/// The items that every protocol has, so that one mistake in a schema is one error, and not one
/// more for each place that uses a client, a server or a handler.
pub(crate) fn skeleton(name: &str, rust_name: &str, krate: &TokenStream) -> TokenStream {
    let scope = Scope {
        krate: krate.clone(),
        modules: Vec::new(),
        has_deprecated: false,
    };
    let names = Names::new(rust_name);
    let no_methods = TokenStream::new();
    let dispatch = |message| Dispatch {
        message: ident(message),
        body: quote! {
            let _ = (handler, client, message);
            #krate::__private::Dispatch::UnknownChoice
        },
    };
    let items = [
        declarations(&names, name, &TokenStream::new(), &scope),
        client_trait(&names, name, &no_methods, &scope),
        client_implementation(&names, &dispatch("ServerToClient"), &scope),
        server_trait(&names, name, &no_methods, &scope),
        server_implementation(&names, &dispatch("ClientToServer"), &scope),
        empty_message("ClientToServer", &scope),
        empty_message("ServerToClient", &scope),
    ];
    items.into_iter().collect()
}

fn empty_message(name: &str, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let prost_path = scope.prost_path();
    let name = ident(name);
    quote! {
        #[doc(hidden)]
        #[derive(::core::clone::Clone, ::core::cmp::PartialEq, #krate::prost::Message)]
        #prost_path
        pub struct #name {}
    }
}
