//! Conversions into the messages of the two directions, so that users can send members.

use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use super::types::{boxed, value_type};
use super::view;
use crate::model::{Direction, Protocol};
use crate::names::{DirectionNames, ident};

/// Expands the conversions of both directions.
pub(super) fn conversions(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let (to_server, to_client) = (&protocol.client_to_server, &protocol.server_to_client);
    let client = direction(to_server, &DirectionNames::client_to_server(), scope);
    let server = direction(to_client, &DirectionNames::server_to_client(), scope);
    quote!( #client #server )
}

fn direction(direction: &Direction, names: &DirectionNames, scope: &Scope) -> TokenStream {
    let DirectionNames { message, module } = names;
    let members = direction.members.iter().filter(|member| member.convertible);
    let members = members.map(|member| {
        let ty = value_type(&member.member.ty, scope);
        let value = boxed(&ident("message"), &member.member.ty, scope);
        let variant = ident(&member.member.variant);
        let allow = scope.allow_deprecated();
        let from_view = view::of_member(&member.member.ty, scope).map(|view| {
            quote! {
                #allow
                impl ::core::convert::From<#view> for #message {
                    fn from(message: #view) -> Self {
                        ::core::convert::From::from(message.to_message())
                    }
                }
            }
        });
        quote! {
            #allow
            impl ::core::convert::From<#ty> for #message {
                fn from(message: #ty) -> Self {
                    ::core::convert::From::from(#module::Messages::#variant(#value))
                }
            }
            #from_view
        }
    });
    let allow = scope.allow_deprecated();
    let others = direction
        .has_fields
        .then(|| quote!(, ..::core::default::Default::default()));
    quote! {
        #allow
        impl ::core::convert::From<#module::Messages> for #message {
            fn from(messages: #module::Messages) -> Self {
                Self { messages: Some(messages) #others }
            }
        }
        #(#members)*
    }
}
