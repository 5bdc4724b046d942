//! The methods that send a request and return its response.
//!
//! The handles are types of the runtime, so that an expansion can add methods only by a trait. All its
//! methods are provided.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::scope::Scope;
use super::types::{boxed, unboxed, value_type};
use crate::model::{Protocol, Request};
use crate::names::{self, DirectionNames, ItemNames, ident};

/// Expands the requests of clients.
pub(super) fn client(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let names = ItemNames::new(&protocol.rust_name);
    let side = RequestTrait {
        requests: &protocol.client_requests,
        requests_trait: &names.client_requests,
        runtime_trait: quote!(RequestServer),
        marker: &names.marker,
        handle: &names.client,
        sent: DirectionNames::client_to_server(),
        received: DirectionNames::server_to_client(),
        docs: format!(
            " The requests of clients of the protocol `{}`. Bring this trait into scope to call its methods on a [`{}`].",
            protocol.name, names.client
        ),
    };
    side.expand(scope)
}

/// Expands the requests of servers.
pub(super) fn server(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let names = ItemNames::new(&protocol.rust_name);
    let side = RequestTrait {
        requests: &protocol.server_requests,
        requests_trait: &names.server_client_requests,
        runtime_trait: quote!(RequestClient),
        marker: &names.marker,
        handle: &names.server_client,
        sent: DirectionNames::server_to_client(),
        received: DirectionNames::client_to_server(),
        docs: format!(
            " The requests of servers of the protocol `{}`. Bring this trait into scope to call its methods on a [`{}`].",
            protocol.name, names.server_client
        ),
    };
    side.expand(scope)
}

/// The trait with the requests of one side.
struct RequestTrait<'a> {
    requests: &'a [Request],
    requests_trait: &'a Ident,
    /// The trait of the runtime that sends them.
    runtime_trait: TokenStream,
    marker: &'a Ident,
    /// The type that the methods are called on.
    handle: &'a Ident,
    /// The direction in which this side sends.
    sent: DirectionNames,
    /// The direction in which it receives.
    received: DirectionNames,
    docs: String,
}

impl RequestTrait<'_> {
    /// Expands the trait, if there is any request.
    fn expand(&self, scope: &Scope) -> TokenStream {
        if self.requests.is_empty() {
            return TokenStream::new();
        }
        let krate = &scope.krate;
        let allow = scope.allow_deprecated();
        let methods = self.requests.iter().map(|it| self.method(it, scope));
        let Self {
            requests_trait,
            runtime_trait,
            marker,
            handle,
            docs,
            ..
        } = self;
        quote! {
            #[doc = #docs]
            #allow
            pub trait #requests_trait: #krate::__private::#runtime_trait<#marker> {
                #(#methods)*
            }
            #allow
            impl #requests_trait for #handle {}
        }
    }

    fn method(&self, Request { request, response }: &Request, scope: &Scope) -> TokenStream {
        let krate = &scope.krate;
        let sent = &self.sent.module;
        let DirectionNames {
            message: received_message,
            module: received,
        } = &self.received;
        let docs = format!(
            " Sends a `{}` and returns its response, a `{}`.",
            request.name, response.name
        );
        let deprecated = super::docs::deprecated(request.deprecated);
        let method = ident(&names::value_name(&request.name));
        let (request_type, response_type) = (
            value_type(&request.ty, scope),
            value_type(&response.ty, scope),
        );
        let (request_variant, response_variant) =
            (ident(&request.variant), ident(&response.variant));
        let value = boxed(&ident("request"), &request.ty, scope);
        let response_value = unboxed(&ident("response"), &response.ty);
        quote! {
            #[doc = #docs]
            #deprecated
            fn #method(&self, request: #request_type) -> #krate::ResponseFuture<#response_type> {
                let response = |message: #received_message| match message.messages {
                    Some(#received::Messages::#response_variant(response)) => Some(#response_value),
                    _ => None,
                };
                self.request(#sent::Messages::#request_variant(#value), response)
            }
        }
    }
}
