//! The methods that send a request and give its answer.
//!
//! The handles are types of the runtime, to which an expansion can add methods by a trait only. The
//! methods are provided, so that the trait is all there is to read.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::scope::Scope;
use super::types::{is_boxed, value_type};
use crate::model::{Protocol, Request};
use crate::names::{self, ItemNames, ident};

/// The requests that clients make.
pub(super) fn client(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let names = ItemNames::new(&protocol.rust_name);
    let side = RequestTrait {
        requests: &protocol.client_requests,
        requests_trait: &names.client_requests,
        runtime_trait: quote!(RequestServer),
        marker: &names.marker,
        handle: &names.client,
        sent: ident("client_to_server"),
        received: ident("server_to_client"),
        received_message: ident("ServerToClient"),
        docs: format!(
            " What a client of the protocol `{}` can ask of the server. Bring it into scope to call its methods on a [`{}`].",
            protocol.name, names.client
        ),
    };
    side.expand(scope)
}

/// The requests that servers make.
pub(super) fn server(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let names = ItemNames::new(&protocol.rust_name);
    let side = RequestTrait {
        requests: &protocol.server_requests,
        requests_trait: &names.server_client_requests,
        runtime_trait: quote!(RequestClient),
        marker: &names.marker,
        handle: &names.server_client,
        sent: ident("server_to_client"),
        received: ident("client_to_server"),
        received_message: ident("ClientToServer"),
        docs: format!(
            " What a server of the protocol `{}` can ask of a client. Bring it into scope to call its methods on a [`{}`].",
            protocol.name, names.server_client
        ),
    };
    side.expand(scope)
}

/// The requests that one side makes.
struct RequestTrait<'a> {
    requests: &'a [Request],
    requests_trait: &'a Ident,
    /// What of the runtime sends them.
    runtime_trait: TokenStream,
    marker: &'a Ident,
    /// What they are called on.
    handle: &'a Ident,
    /// The module of the messages that this side sends.
    sent: Ident,
    /// The module of those that it receives.
    received: Ident,
    /// The message that holds those.
    received_message: Ident,
    docs: String,
}

impl RequestTrait<'_> {
    /// The trait, if there is any request.
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

    fn method(
        &self,
        Request {
            request,
            response: answer,
        }: &Request,
        scope: &Scope,
    ) -> TokenStream {
        let krate = &scope.krate;
        let Self {
            sent,
            received,
            received_message,
            ..
        } = self;
        let docs = format!(
            " Sends a `{}`; the answer is the `{}` that belongs to it.",
            request.name, answer.name
        );
        let deprecated = super::docs::deprecated(request.deprecated);
        let method = ident(&names::value_name(&request.name));
        let (asked, answered) = (
            value_type(&request.ty, scope),
            value_type(&answer.ty, scope),
        );
        let (request_variant, answer_variant) = (ident(&request.variant), ident(&answer.variant));
        let value = if is_boxed(&request.ty) {
            quote!(#krate::prost::alloc::boxed::Box::new(request))
        } else {
            quote!(request)
        };
        let answered_value = if is_boxed(&answer.ty) {
            quote!(*answer)
        } else {
            quote!(answer)
        };
        quote! {
            #[doc = #docs]
            #deprecated
            fn #method(&self, request: #asked) -> #krate::Answer<#answered> {
                let answer = |message: #received_message| match message.messages {
                    Some(#received::Messages::#answer_variant(answer)) => Some(#answered_value),
                    _ => None,
                };
                self.request(#sent::Messages::#request_variant(#value), answer)
            }
        }
    }
}
