//! From a checked protocol to Rust. Nothing here can fail, and nothing here decides: each function
//! writes one kind of item, and what the items do is in `messi-core`.

mod deprecation;
mod direction;
mod docs;
mod enumeration;
mod handler;
mod message;
mod module;
mod protocol;
mod requests;
mod skeleton;
mod types;

use std::path::PathBuf;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

pub(crate) use self::skeleton::skeleton;
use crate::model::{Protocol, TypePath};

/// Expands a protocol into the items of the module that invokes the macro. `krate` is the path of
/// the crate `messi`.
pub fn expand(protocol: &Protocol, krate: &TokenStream) -> TokenStream {
    let scope = Scope {
        krate: krate.clone(),
        modules: Vec::new(),
        has_deprecated: deprecation::is_in(protocol),
    };
    let items = [
        rebuild(&protocol.sources),
        protocol::expand(protocol, &scope),
        handler::client(protocol, &scope),
        handler::server(protocol, &scope),
        requests::client(protocol, &scope),
        requests::server(protocol, &scope),
        direction::conversions(protocol, &scope),
        module::root(&protocol.root, &scope),
    ];
    items.into_iter().collect()
}

/// Makes the compiler read the schema's files, so that an edit of one rebuilds the crate. Nothing
/// of them reaches the binary.
pub(crate) fn rebuild(sources: &[PathBuf]) -> TokenStream {
    let paths = sources.iter().map(|path| path.to_string_lossy());
    quote! { #( const _: &[u8] = ::core::include_bytes!(#paths); )* }
}

/// Where in the expansion an item is.
struct Scope {
    /// The path of the crate `messi`.
    krate: TokenStream,
    /// The modules around the item, from the one that invokes the macro.
    modules: Vec<String>,
    /// Whether anything of the protocol is deprecated.
    has_deprecated: bool,
}

impl Scope {
    /// The scope inside a module of this one.
    fn inside(&self, module: &str) -> Self {
        let mut modules = self.modules.clone();
        modules.push(module.into());
        Self {
            krate: self.krate.clone(),
            modules,
            has_deprecated: self.has_deprecated,
        }
    }

    /// Allows an item to use what is deprecated, if anything is.
    fn allow_deprecated(&self) -> TokenStream {
        if self.has_deprecated {
            quote!( #[allow(deprecated)] )
        } else {
            TokenStream::new()
        }
    }

    /// The path from here to a type of the schema.
    fn path(&self, target: &TypePath) -> TokenStream {
        let shared = self
            .modules
            .iter()
            .zip(&target.modules)
            .take_while(|(here, there)| here == there);
        let shared = shared.count();
        let up = self.modules[shared..].iter().map(|_| quote!(super::));
        let down = target.modules[shared..].iter().map(|module| ident(module));
        let name = ident(&target.name);
        quote!( #(#up)* #(#down::)* #name )
    }

    /// The attribute that tells prost's derives where prost is.
    fn prost_path(&self) -> TokenStream {
        let path = format!("{}::prost", spaceless(&self.krate));
        quote!( #[prost(prost_path = #path)] )
    }
}

/// The identifier of a Rust name, raw where the name says so.
fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(name) => Ident::new_raw(name, Span::call_site()),
        None => format_ident!("{name}"),
    }
}

/// Tokens of a path, as an attribute's string has it.
fn spaceless(tokens: &TokenStream) -> String {
    tokens.to_string().replace(' ', "")
}
