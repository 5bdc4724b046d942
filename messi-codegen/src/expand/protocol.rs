//! The marker type of a protocol, and the names of its client and server.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::overview;
use super::scope::Scope;
use crate::model::{Protocol, Request};
use crate::names::{ItemNames, ident};

/// The marker and the aliases.
pub(super) fn expand(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let requests = [
        requests("CLIENT_REQUESTS", &protocol.client_requests, scope),
        requests("SERVER_REQUESTS", &protocol.server_requests, scope),
    ];
    let (client, server) = (&protocol.client_requests, &protocol.server_requests);
    let members = [
        member(
            ["client_member", "ClientToServer", "client_to_server"],
            client,
            server,
            scope,
        ),
        member(
            ["server_member", "ServerToClient", "server_to_client"],
            server,
            client,
            scope,
        ),
    ];
    let requests = requests.into_iter().chain(members).collect();
    let names = ItemNames::new(&protocol.rust_name);
    let docs = overview::docs(protocol, &names, scope);
    declarations(&names, &protocol.name, &docs, &requests, scope)
}

/// What the runtime must know of the requests of one side, if there are any.
fn requests(name: &str, requests: &[Request], scope: &Scope) -> TokenStream {
    if requests.is_empty() {
        return TokenStream::new();
    }
    let krate = &scope.krate;
    let name = ident(name);
    let kinds = requests.iter().map(
        |Request {
             request,
             response: answer,
         }| {
            let [request, answer] = [request, answer].map(|it| Literal::u32_unsuffixed(it.number));
            quote!( (#request, #answer) )
        },
    );
    quote!( const #name: &'static [#krate::__private::RequestKind] = &[#(#kinds),*]; )
}

/// The function by which the runtime knows the requests that a side makes, and its answers to those of the
/// other, if there are any.
fn member(
    [name, message, module]: [&str; 3],
    made: &[Request],
    answered: &[Request],
    scope: &Scope,
) -> TokenStream {
    let requests = made.iter().map(|it| &it.request);
    let members: Vec<_> = requests
        .chain(answered.iter().map(|it| &it.response))
        .collect();
    if members.is_empty() {
        return TokenStream::new();
    }
    let [name, message, module] = [name, message, module].map(ident);
    let variants = members.iter().map(|member| ident(&member.variant));
    let numbers = members
        .iter()
        .map(|member| Literal::u32_unsuffixed(member.number));
    let allow = scope.allow_deprecated();
    quote! {
        #allow
        fn #name(message: &#message) -> ::core::option::Option<u32> {
            match message.messages {
                #(Some(#module::Messages::#variants(..)) => Some(#numbers),)*
                _ => None,
            }
        }
    }
}

/// The marker and the aliases, for a protocol of which no more may be known than its name.
pub(super) fn declarations(
    names: &ItemNames,
    name: &str,
    docs: &TokenStream,
    requests: &TokenStream,
    scope: &Scope,
) -> TokenStream {
    let krate = &scope.krate;
    let marker = &names.marker;
    let side = scope.side;
    let client = side.has_client().then(|| client(names, name, scope));
    let server = side.has_server().then(|| server(names, name, scope));
    quote! {
        #docs
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        pub struct #marker;

        impl #krate::__private::Protocol for #marker {
            const NAME: &'static str = #name;
            type ClientToServer = ClientToServer;
            type ServerToClient = ServerToClient;
            #requests
        }

        #client
        #server
    }
}

/// The alias of clients.
fn client(names: &ItemNames, name: &str, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        marker,
        client,
        client_handler,
        ..
    } = names;
    let docs = format!(" A client of the protocol `{name}`, driven by a [`{client_handler}`].");
    quote! {
        #[doc = #docs]
        pub type #client = #krate::Client<#marker>;
    }
}

/// The aliases of servers, and of clients as servers see them.
fn server(names: &ItemNames, name: &str, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        marker,
        server,
        server_client,
        server_handler,
        ..
    } = names;
    let server_docs = format!(
        " A server of the protocol `{name}`, driven by one [`{server_handler}`] for each client."
    );
    let server_client_docs = format!(" A client of the protocol `{name}`, as its server sees it.");
    quote! {
        #[doc = #server_docs]
        pub type #server = #krate::Server<#marker>;

        #[doc = #server_client_docs]
        pub type #server_client = #krate::ServerClient<#marker>;
    }
}
