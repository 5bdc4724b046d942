//! The types that handlers get: views, if the direction has any, or else the owned messages.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::scope::Scope;
use super::holder::{Holder, view_type};
use crate::config::BytesType;
use crate::model::Type;
use crate::names::{DirectionNames, ident, view_name};

/// Returns the form in which the messages of a direction are received, for the runtime.
pub(in super::super) fn form(names: &DirectionNames, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let message = &names.message;
    let form = if Holder::of_direction(names, scope).is_received() {
        quote!(BorrowedForm)
    } else {
        match scope.bytes {
            BytesType::Vec => quote!(OwnedForm),
            BytesType::Bytes => quote!(SharingForm),
        }
    };
    quote!( #krate::__private::#form<#message> )
}

/// Returns the type of the messages of a direction as they are received.
pub(in super::super) fn received(
    names: &DirectionNames,
    lifetime: &TokenStream,
    scope: &Scope,
) -> TokenStream {
    let holder = Holder::of_direction(names, scope);
    if holder.is_received() {
        holder.view_type(lifetime)
    } else {
        let message = &names.message;
        quote!( #message )
    }
}

/// Returns the path of the enum of the members of a direction as they are received.
pub(in super::super) fn received_messages(names: &DirectionNames, scope: &Scope) -> TokenStream {
    let module = &names.module;
    if Holder::of_direction(names, scope).is_received() {
        let messages = ident(&view_name("Messages"));
        quote!( #module::#messages )
    } else {
        quote!( #module::Messages )
    }
}

/// Returns the type of a member of a direction as the method of the handler gets it.
pub(in super::super) fn received_member(
    names: &DirectionNames,
    ty: &Type,
    scope: &Scope,
) -> TokenStream {
    Holder::of_direction(names, scope).value_type(ty, &quote!('_))
}

/// Returns the view of a member's type, if it has one.
pub(in super::super) fn of_member(ty: &Type, scope: &Scope) -> Option<TokenStream> {
    match ty {
        Type::Message { path, .. } if scope.views.has(path) => {
            Some(view_type(path, &quote!('_), scope))
        }
        _ => None,
    }
}

/// Expands the implementation by which the runtime finds the view of the message of a direction, if it is received as
/// one.
pub(super) fn implementation(holder: &Holder) -> TokenStream {
    if !holder.is_received() {
        return TokenStream::new();
    }
    let krate = &holder.scope().krate;
    let owned = holder.owned();
    let view = holder.view_type(&quote!('a));
    let allow = holder.scope().allow_deprecated();
    quote! {
        #allow
        #[doc(hidden)]
        impl #krate::__private::HasView for #owned {
            type View<'a> = #view;
        }
    }
}
