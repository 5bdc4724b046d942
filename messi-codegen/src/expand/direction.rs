//! Conversions into the messages of the two directions, so that users can send members.

use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use super::types::{boxed, value_type};
use crate::model::{Direction, Protocol};
use crate::names::ident;

/// Expands the conversions of both directions.
pub(super) fn conversions(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let client = direction(
        "ClientToServer",
        "client_to_server",
        &protocol.client_to_server,
        scope,
    );
    let server = direction(
        "ServerToClient",
        "server_to_client",
        &protocol.server_to_client,
        scope,
    );
    quote!( #client #server )
}

fn direction(message: &str, module: &str, direction: &Direction, scope: &Scope) -> TokenStream {
    let (message, module) = (ident(message), ident(module));
    let members = direction.members.iter().filter(|member| member.convertible);
    let members = members.map(|member| {
        let ty = value_type(&member.member.ty, scope);
        let value = boxed(&ident("message"), &member.member.ty, scope);
        let variant = ident(&member.member.variant);
        let allow = scope.allow_deprecated();
        quote! {
            #allow
            impl ::core::convert::From<#ty> for #message {
                fn from(message: #ty) -> Self {
                    ::core::convert::From::from(#module::Messages::#variant(#value))
                }
            }
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
