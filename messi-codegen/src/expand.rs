//! Expands a protocol into Rust. This can't fail: a layout has no clashes, and each function writes one
//! kind of item. The logic of the items is in `messi-core`.

mod deprecation;
mod direction;
mod docs;
mod enumeration;
mod handler;
mod message;
mod module;
mod overview;
mod protocol;
mod requests;
mod scope;
mod types;
mod undeclared;
mod value_docs;
mod view;

use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::quote;

use self::scope::Scope;
pub(crate) use self::undeclared::definition as undeclared;
use crate::config::{Config, Externs};
use crate::model::Protocol;

/// Expands a protocol into the items of the module that invokes the macro.
pub fn expand(protocol: &Protocol, config: &Config) -> TokenStream {
    let protocol = &*config.requests.select(protocol);
    let has_deprecated = deprecation::is_in(&protocol.root);
    let externs = Externs::new(&config.externs, protocol);
    let root = externs.without(&protocol.root);
    let views = config.views_of(&root, protocol);
    let scope = Scope::new(&root, externs, views, has_deprecated, config);
    let (client, server) = (config.side.has_client(), config.side.has_server());
    let items = [
        Some(rebuild(&protocol.sources)),
        Some(protocol::expand(protocol, &scope)),
        client.then(|| handler::client(protocol, &scope)),
        server.then(|| handler::server(protocol, &scope)),
        client.then(|| requests::client(protocol, &scope)),
        server.then(|| requests::server(protocol, &scope)),
        Some(direction::conversions(protocol, &scope)),
        Some(module::root(&root, &scope)),
    ];
    items.into_iter().flatten().collect()
}

/// Makes the compiler read the files of the schema, so that a change of one rebuilds the crate. The
/// binary does not contain them.
pub(crate) fn rebuild(sources: &[PathBuf]) -> TokenStream {
    let paths = sources.iter().map(|path| path.to_string_lossy());
    quote! { #( const _: &[u8] = ::core::include_bytes!(#paths); )* }
}
