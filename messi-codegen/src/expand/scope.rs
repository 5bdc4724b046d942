//! The place of an item in an expansion, and the paths from there.

use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::quote;

use crate::config::{Attributes, BytesType, Config, Derives, Externs, Handlers, Side, Views};
use crate::model::{Module, TypePath};
use crate::names::ident;

/// The place of an item in an expansion, and the options of the whole expansion.
#[derive(Clone)]
pub(super) struct Scope {
    /// The path of the crate `messi`.
    pub(super) krate: TokenStream,
    /// The modules around the item, from the one that invokes the macro.
    modules: Vec<String>,
    /// The same modules without those that users do not see.
    public_modules: Vec<String>,
    /// Whether anything of the protocol is deprecated.
    pub(super) has_deprecated: bool,
    pub(super) side: Side,
    pub(super) bytes: BytesType,
    pub(super) handlers: Handlers,
    derives: Rc<Derives>,
    attributes: Rc<Attributes>,
    externs: Rc<Externs>,
    pub(super) views: Rc<Views>,
}

impl Scope {
    /// Creates the scope of the module that invokes the macro, for a protocol with these types
    /// beside those of the external packages.
    pub(super) fn new(
        root: &Module,
        externs: Externs,
        views: Views,
        has_deprecated: bool,
        config: &Config,
    ) -> Self {
        Self {
            krate: config.krate.clone(),
            modules: Vec::new(),
            public_modules: Vec::new(),
            has_deprecated,
            side: config.side,
            bytes: config.bytes,
            handlers: config.handlers,
            derives: Derives::new(&config.derives, root, &externs).into(),
            attributes: Attributes::new(&config.attributes, root).into(),
            externs: externs.into(),
            views: views.into(),
        }
    }

    /// Returns whether this is the scope of the schema's own package.
    pub(super) fn is_root(&self) -> bool {
        self.public_modules.is_empty()
    }

    /// Returns the scope inside a module of this one.
    pub(super) fn inside(&self, module: &str) -> Self {
        let mut inside = self.inside_private(module);
        inside.public_modules.push(module.into());
        inside
    }

    /// Returns the scope inside a module with items that users see outside of it.
    pub(super) fn inside_private(&self, module: &str) -> Self {
        let mut inside = self.clone();
        inside.modules.push(module.into());
        inside
    }

    /// Returns the attribute with the requested derives of a type in this module.
    pub(super) fn derives(&self, name: &str) -> TokenStream {
        self.derives.of(&self.type_path(name))
    }

    /// Returns the further attributes of a type in this module.
    pub(super) fn attributes(&self, name: &str) -> TokenStream {
        match self.attributes.is_empty() {
            true => TokenStream::new(),
            false => self.attributes.of_type(&self.type_path(name)),
        }
    }

    /// Returns the further attributes of a field or variant of a type in this module.
    pub(super) fn part_attributes(&self, name: &str, part: &str) -> TokenStream {
        match self.attributes.is_empty() {
            true => TokenStream::new(),
            false => self.attributes.of_part(&self.type_path(name), part),
        }
    }

    /// Returns the path of a type in this module.
    pub(super) fn type_path(&self, name: &str) -> TypePath {
        TypePath {
            modules: self.public_modules.clone(),
            name: name.into(),
        }
    }

    /// Returns the attribute that allows an item to use deprecated ones, if the protocol has any.
    pub(super) fn allow_deprecated(&self) -> TokenStream {
        if self.has_deprecated {
            quote!( #[allow(deprecated)] )
        } else {
            TokenStream::new()
        }
    }

    /// Returns the path from here to a type of the schema.
    pub(super) fn path(&self, target: &TypePath) -> TokenStream {
        let name = ident(&target.name);
        if let Some((home, modules)) = self.externs.home(target) {
            let modules = modules.iter().map(|module| ident(module));
            return quote!( #home :: #(#modules::)* #name );
        }
        let pairs = self.modules.iter().zip(&target.modules);
        let shared = pairs.take_while(|(here, there)| here == there).count();
        let up = self.modules[shared..].iter().map(|_| quote!(super::));
        let down = target.modules[shared..].iter().map(|module| ident(module));
        quote!( #(#up)* #(#down::)* #name )
    }

    /// Returns the module of the types of `google.protobuf`.
    pub(super) fn google(&self) -> TokenStream {
        let krate = &self.krate;
        let google = self.externs.google().cloned();
        google.unwrap_or_else(|| quote!(#krate::prost_types))
    }

    /// Returns the attribute that names prost's path for its derives.
    pub(super) fn prost_path(&self) -> TokenStream {
        let path = format!("{}::prost", spaceless(&self.krate));
        quote!( #[prost(prost_path = #path)] )
    }

    /// Imports the few names of the prelude that prost's derives take for granted, for modules
    /// without a prelude. Names that the user declares or imports take precedence. Where there is a
    /// prelude the import is unused.
    pub(super) fn prelude(&self) -> TokenStream {
        let krate = &self.krate;
        quote! {
            #[allow(unused_imports)]
            use #krate::__private::prelude::*;
        }
    }
}

/// Returns the tokens of a path as the string of an attribute has them.
pub(super) fn spaceless(tokens: &TokenStream) -> String {
    tokens.to_string().replace(' ', "")
}
