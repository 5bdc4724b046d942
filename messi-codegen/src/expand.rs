//! From a checked protocol to Rust. Nothing here can fail, and nothing here decides: each function
//! writes one kind of item, and what the items do is in `messi-core`.

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
mod skeleton;
mod types;

use std::path::PathBuf;
use std::rc::Rc;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

pub(crate) use self::skeleton::skeleton;
use crate::config::{BytesType, Config, Derives, Externs, Side};
use crate::model::{Protocol, TypePath};

/// Expands a protocol into the items of the module that invokes the macro.
pub fn expand(protocol: &Protocol, config: &Config) -> TokenStream {
    let externs = Externs::new(&config.externs, protocol);
    let root = externs.without(&protocol.root);
    let scope = Scope {
        has_deprecated: deprecation::is_in(protocol),
        derives: Derives::new(&config.derives, &root).into(),
        externs: externs.into(),
        ..Scope::new(config)
    };
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

/// Makes the compiler read the schema's files, so that an edit of one rebuilds the crate. Nothing
/// of them reaches the binary.
pub(crate) fn rebuild(sources: &[PathBuf]) -> TokenStream {
    let paths = sources.iter().map(|path| path.to_string_lossy());
    quote! { #( const _: &[u8] = ::core::include_bytes!(#paths); )* }
}

/// Where in the expansion an item is, and what holds for all of it.
#[derive(Clone)]
struct Scope {
    /// The path of the crate `messi`.
    krate: TokenStream,
    /// The modules around the item, from the one that invokes the macro.
    modules: Vec<String>,
    /// Whether anything of the protocol is deprecated.
    has_deprecated: bool,
    side: Side,
    bytes: BytesType,
    derives: Rc<Derives>,
    externs: Rc<Externs>,
}

impl Scope {
    /// The module that invokes the macro, of a protocol of which nothing is known.
    fn new(config: &Config) -> Self {
        Self {
            krate: config.krate.clone(),
            modules: Vec::new(),
            has_deprecated: false,
            side: config.side,
            bytes: config.bytes,
            derives: Rc::default(),
            externs: Rc::default(),
        }
    }

    /// The scope inside a module of this one.
    fn inside(&self, module: &str) -> Self {
        let mut inside = self.clone();
        inside.modules.push(module.into());
        inside
    }

    /// The attribute of the derives that were asked for a type here.
    fn derives(&self, name: &str) -> TokenStream {
        self.derives.of(&TypePath {
            modules: deprecation::without_shelter(&self.modules),
            name: name.into(),
        })
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
        let name = ident(&target.name);
        if let Some((home, modules)) = self.externs.home(target) {
            let modules = modules.iter().map(|module| ident(module));
            return quote!( #home :: #(#modules::)* #name );
        }
        let shared = self
            .modules
            .iter()
            .zip(&target.modules)
            .take_while(|(here, there)| here == there);
        let shared = shared.count();
        let up = self.modules[shared..].iter().map(|_| quote!(super::));
        let down = target.modules[shared..].iter().map(|module| ident(module));
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
