//! The methods that send a request and return its response.
//!
//! The handles are types of the runtime, so that an expansion can add methods only by a trait. The runtime's
//! trait that sends them is named in its implementation alone, where no documentation shows it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::scope::Scope;
use super::types::{boxed, unboxed, value_type};
use crate::model::{Protocol, Request};
use crate::names::{self, DirectionNames, ItemNames, ident};

/// Expands the requests of clients.
pub(super) fn client(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let names = ItemNames::of(protocol);
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
    let names = ItemNames::of(protocol);
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
        let allow = scope.allow_deprecated();
        let declarations = self.requests.iter().map(|it| declaration(it, scope));
        let methods = self.requests.iter().map(|it| self.method(it, scope));
        let Self {
            requests_trait,
            handle,
            docs,
            ..
        } = self;
        quote! {
            #[doc = #docs]
            #allow
            pub trait #requests_trait {
                #(#declarations)*
            }
            #allow
            impl #requests_trait for #handle {
                #(#methods)*
            }
        }
    }

    fn method(&self, request: &Request, scope: &Scope) -> TokenStream {
        let krate = &scope.krate;
        let signature = signature(request, scope);
        let Request { request, response } = request;
        let Self {
            runtime_trait,
            marker,
            ..
        } = self;
        let sent = &self.sent.module;
        let DirectionNames {
            message: received_message,
            module: received,
        } = &self.received;
        let (request_variant, response_variant) =
            (ident(&request.variant), ident(&response.variant));
        let value = boxed(&ident("request"), &request.ty, scope);
        let response_value = unboxed(&ident("response"), &response.ty);
        quote! {
            #signature {
                let response = |message: #received_message| match message.messages {
                    Some(#received::Messages::#response_variant(response)) => Some(#response_value),
                    _ => None,
                };
                let request = #sent::Messages::#request_variant(#value);
                #krate::__private::#runtime_trait::<#marker>::request(self, request, response)
            }
        }
    }
}

/// Expands the declaration of the method that sends a request.
fn declaration(request: &Request, scope: &Scope) -> TokenStream {
    let signature = signature(request, scope);
    let Request { request, response } = request;
    let docs = format!(
        " Sends a `{}` and returns its response, a `{}`.",
        request.name, response.name
    );
    let deprecated = super::docs::deprecated(request.deprecated);
    quote! {
        #[doc = #docs]
        #deprecated
        #signature;
    }
}

fn signature(Request { request, response }: &Request, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let method = ident(&names::value_name(&request.method));
    let request = value_type(&request.ty, scope);
    let response = value_type(&response.ty, scope);
    quote!( fn #method(&self, request: #request) -> #krate::ResponseFuture<#response> )
}
