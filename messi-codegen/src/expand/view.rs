//! The views of messages: the structs, how they are decoded, and their conversion into the owned form.
//!
//! A view has the fields of the message, with the same names. Only fields that borrow have another
//! type.

mod accessors;
mod conversion;
mod decoding;
mod holder;
mod received;

use proc_macro2::TokenStream;
use quote::quote;

use self::holder::Holder;
pub(super) use self::received::{form, of_member, received, received_member, received_messages};
use super::docs::{deprecated, docs};
use super::scope::Scope;
use super::types::in_box;
use super::value_docs::value_docs;
use crate::model::{Field, Member, Message, Oneof};
use crate::names::ident;

/// Expands the view of a message, if it has one.
pub(super) fn definition(message: &Message, scope: &Scope) -> TokenStream {
    let holder = Holder::new(message, scope);
    if !holder.has_view() {
        return TokenStream::new();
    }
    let (owned, view) = (holder.owned(), holder.view());
    let docs = docs(&message.docs, &format!("The message `{}`.", message.name));
    let form = format!(
        " Borrows from the received bytes, and is valid until the method of the handler returns. \
         The owned form is [`{owned}`](struct@{owned})."
    );
    let deprecated = deprecated(message.deprecated);
    let allow = scope.allow_deprecated();
    let fields = message.fields.iter().map(|field| field_of(field, &holder));
    let oneofs = message
        .oneofs
        .iter()
        .map(|oneof| oneof_field(oneof, &holder));
    let accessors = accessors::expand(message, &holder);
    let decoding = decoding::of_message(message, &holder);
    let conversion = conversion::of_message(message, &holder);
    let received = received::implementation(&holder);
    quote! {
        #docs
        #[doc = ""]
        #[doc = #form]
        #deprecated
        #allow
        #[derive(
            ::core::clone::Clone, ::core::fmt::Debug, ::core::default::Default,
            ::core::cmp::PartialEq,
        )]
        pub struct #view<'a> {
            #(#fields)*
            #(#oneofs)*
        }
        #accessors
        #conversion
        #decoding
        #received
    }
}

fn field_of(field: &Field, holder: &Holder) -> TokenStream {
    let name = ident(&field.rust_name);
    let otherwise = format!("The field `{}`.", field.name);
    let docs = value_docs(&field.docs, &otherwise, field.kind.value(), holder.scope());
    let deprecated = deprecated(field.deprecated);
    let ty = holder.field_type(&field.kind);
    quote! {
        #docs
        #deprecated
        pub #name: #ty,
    }
}

fn oneof_field(oneof: &Oneof, holder: &Holder) -> TokenStream {
    let name = ident(&oneof.rust_name);
    let docs = docs(&oneof.docs, &format!("The oneof `{}`.", oneof.name));
    let ty = if holder.has_oneof_view(oneof) {
        let view = holder.oneof_view_path(oneof);
        quote!( #view<'a> )
    } else {
        holder.oneof_path(oneof)
    };
    quote! {
        #docs
        pub #name: ::core::option::Option<#ty>,
    }
}

/// Expands the view of the enum of a oneof, if it has one. The scope is that of the message.
pub(super) fn oneof(oneof: &Oneof, message: &Message, scope: &Scope) -> TokenStream {
    let outside = Holder::new(message, scope);
    if !outside.has_oneof_view(oneof) {
        return TokenStream::new();
    }
    let holder = outside.inside(message);
    let view = holder.oneof_view_path(oneof);
    let docs = docs(
        &oneof.docs,
        &format!(
            "The members of `{}` in the message `{}`, as views.",
            oneof.name, message.name
        ),
    );
    let allow = scope.allow_deprecated();
    let variants = oneof.members.iter().map(|it| variant(it, &holder));
    let decoding = decoding::of_oneof(oneof, &holder);
    let conversion = conversion::of_oneof(oneof, &holder);
    quote! {
        #docs
        #allow
        #[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)]
        pub enum #view<'a> {
            #(#variants)*
        }
        #conversion
        #decoding
    }
}

fn variant(member: &Member, holder: &Holder) -> TokenStream {
    let name = ident(&member.variant);
    let otherwise = format!("The member `{}`.", member.name);
    let docs = value_docs(&member.docs, &otherwise, &member.ty, holder.scope());
    let deprecated = deprecated(member.deprecated);
    let value = holder.value_type(&member.ty, &quote!('a));
    let ty = in_box(value, &member.ty, holder.scope());
    quote! {
        #docs
        #deprecated
        #name(#ty),
    }
}
