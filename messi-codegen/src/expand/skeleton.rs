//! The items of a protocol whose schema is not valid.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::docs::lines;
use super::handler::{
    client_implementation, client_trait, hook, server_implementation, server_trait,
};
use super::protocol::declarations;
use super::scope::Scope;
use crate::config::Config;
use crate::names::{self, DirectionNames, ItemNames};

/// Expands the items that every protocol has. One mistake in a schema is then one error, without
/// further errors where a client, a server or a handler is used.
pub(crate) fn skeleton(name: &str, config: &Config) -> TokenStream {
    let scope = Scope::new(config);
    let rust_name = names::type_name(name);
    let names = ItemNames::new(&rust_name, &rust_name);
    let docs = lines(&[format!("The protocol `{name}`.")]);
    let to_server = DirectionNames::client_to_server().message;
    let to_client = DirectionNames::server_to_client().message;
    let drops = quote!( let _ = (self, client, received); );
    let mut items = vec![
        declarations(&names, name, &docs, &TokenStream::new(), &scope),
        empty_message(&to_server, &scope),
        empty_message(&to_client, &scope),
    ];
    if config.side.has_client() {
        let methods = hook(&names.client, &quote!(#to_client), &drops, &scope);
        items.push(client_trait(&names, name, &methods, &scope));
        items.push(client_implementation(&names, &scope));
    }
    if config.side.has_server() {
        let methods = hook(&names.server_client, &quote!(#to_server), &drops, &scope);
        items.push(server_trait(&names, name, &methods, &scope));
        items.push(server_implementation(&names, &scope));
    }
    items.into_iter().collect()
}

fn empty_message(name: &Ident, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let prost_path = scope.prost_path();
    quote! {
        #[doc(hidden)]
        #[derive(::core::clone::Clone, ::core::cmp::PartialEq, #krate::prost::Message)]
        #prost_path
        pub struct #name {}
    }
}
