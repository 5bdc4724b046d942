//! The types in the view of one message.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::super::scope::Scope;
use super::super::types::{field_type_of, map_value_type, value_type};
use crate::model::{FieldKind, Message, Oneof, Scalar, Type, TypePath};
use crate::names::{DirectionNames, ident, view_name};

/// A message that has a view, and the place from which its types are named.
pub(super) struct Holder {
    path: TypePath,
    /// The modules of its oneofs.
    modules: Vec<String>,
    scope: Scope,
}

impl Holder {
    /// Creates the holder for a message of this module.
    pub(super) fn new(message: &Message, scope: &Scope) -> Self {
        Self::at(
            scope.type_path(&message.rust_name),
            &message.module_name,
            scope,
        )
    }

    /// Creates the holder for the message of a direction.
    pub(super) fn of_direction(names: &DirectionNames, scope: &Scope) -> Self {
        Self::at(names.path(), &names.module.to_string(), scope)
    }

    fn at(path: TypePath, module: &str, scope: &Scope) -> Self {
        Self {
            modules: [&path.modules, &[module.into()][..]].concat(),
            path,
            scope: scope.clone(),
        }
    }

    /// Returns the holder for items in the module of the message's oneofs.
    pub(super) fn inside(self, message: &Message) -> Self {
        Self {
            scope: self.scope.inside(&message.module_name),
            ..self
        }
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns whether the message has a view.
    pub(super) fn has_view(&self) -> bool {
        self.scope.views.has(&self.path)
    }

    /// Returns whether all messages of this direction are received as views.
    pub(super) fn is_received(&self) -> bool {
        self.scope.views.are_received(&self.path)
    }

    /// Returns the name of the message.
    pub(super) fn owned(&self) -> Ident {
        ident(&self.path.name)
    }

    /// Returns the name of its view.
    pub(super) fn view(&self) -> Ident {
        ident(&view_name(&self.path.name))
    }

    /// Returns the type of its view.
    pub(super) fn view_type(&self, lifetime: &TokenStream) -> TokenStream {
        view_type(&self.path, lifetime, &self.scope)
    }

    /// Returns whether a value borrows.
    pub(super) fn borrows(&self, ty: &Type) -> bool {
        self.scope.views.borrows(&self.path, ty)
    }

    /// Returns whether a field borrows.
    pub(super) fn borrows_in(&self, kind: &FieldKind) -> bool {
        match kind {
            FieldKind::Singular(ty) | FieldKind::Optional(ty) | FieldKind::Repeated { ty, .. } => {
                self.borrows(ty)
            }
            FieldKind::Map { key, value } => {
                self.borrows(&Type::Scalar(*key)) || self.borrows(value)
            }
        }
    }

    /// Returns the Rust type of one value, without the box that it may need.
    pub(super) fn value_type(&self, ty: &Type, lifetime: &TokenStream) -> TokenStream {
        match ty {
            ty if !self.borrows(ty) => value_type(ty, &self.scope),
            Type::Scalar(Scalar::String) => quote!(&#lifetime str),
            Type::Message { path, .. } => view_type(path, lifetime, &self.scope),
            _ => quote!(&#lifetime [u8]),
        }
    }

    /// Returns the Rust type of a field.
    pub(super) fn field_type(&self, kind: &FieldKind) -> TokenStream {
        let lifetime = quote!('a);
        let value = |ty: &Type| self.value_type(ty, &lifetime);
        field_type_of(kind, &self.scope, value, |ty| {
            if self.borrows(ty) {
                value(ty)
            } else {
                map_value_type(ty, &self.scope)
            }
        })
    }

    /// Returns whether a oneof has a view: whether any member borrows.
    pub(super) fn has_oneof_view(&self, oneof: &Oneof) -> bool {
        self.has_view() && self.scope.views.has_oneof(&self.path, oneof)
    }

    /// Returns the path of the enum of a oneof.
    pub(super) fn oneof_path(&self, oneof: &Oneof) -> TokenStream {
        self.scope.path(&TypePath {
            modules: self.modules.clone(),
            name: oneof.enum_name.clone(),
        })
    }

    /// Returns the path of the view of a oneof, without a lifetime.
    pub(super) fn oneof_view_path(&self, oneof: &Oneof) -> TokenStream {
        self.scope.path(&TypePath {
            modules: self.modules.clone(),
            name: view_name(&oneof.enum_name),
        })
    }
}

/// Returns the type of the view of a message.
pub(super) fn view_type(message: &TypePath, lifetime: &TokenStream, scope: &Scope) -> TokenStream {
    let path = scope.path(&TypePath {
        modules: message.modules.clone(),
        name: view_name(&message.name),
    });
    quote!( #path<#lifetime> )
}
