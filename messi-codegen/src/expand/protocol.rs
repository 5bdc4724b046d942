//! The marker type of a protocol, and the names of its client and server.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::scope::Scope;
use super::{overview, view};
use crate::model::{Direction, DirectionMember, Member, Protocol, Request};
use crate::names::{DirectionNames, ItemNames, ident};

/// Expands the marker and the aliases.
pub(super) fn expand(protocol: &Protocol, scope: &Scope) -> TokenStream {
    let tables = [
        members("CLIENT_MEMBERS", &protocol.client_to_server),
        members("SERVER_MEMBERS", &protocol.server_to_client),
        requests("CLIENT_REQUESTS", &protocol.client_requests, scope),
        requests("SERVER_REQUESTS", &protocol.server_requests, scope),
    ];
    let (client, server) = (&protocol.client_requests, &protocol.server_requests);
    let to_server = DirectionNames::client_to_server();
    let to_client = DirectionNames::server_to_client();
    let (sent, received) = ("client_member", "from_client_member");
    let of_client = recognition(sent, received, &to_server, client, server, scope);
    let (sent, received) = ("server_member", "from_server_member");
    let of_server = recognition(sent, received, &to_client, server, client, scope);
    let members = [of_client, of_server];
    let items = tables.into_iter().chain(members).collect();
    let names = ItemNames::of(protocol);
    let docs = overview::docs(protocol, &names, scope);
    declarations(&names, &protocol.name, &docs, &items, scope)
}

/// Expands the table of the members of a direction for the log.
fn members(name: &str, direction: &Direction) -> TokenStream {
    let name = ident(name);
    let members = direction
        .members
        .iter()
        .map(|DirectionMember { member, .. }| {
            let number = Literal::u32_unsuffixed(member.number);
            let name = &member.name;
            quote!( (#number, #name) )
        });
    quote! {
        #[doc(hidden)]
        const #name: &'static [(u32, &'static str)] = &[#(#members),*];
    }
}

/// Expands the table of the requests of one side for the runtime, if there are any.
fn requests(name: &str, requests: &[Request], scope: &Scope) -> TokenStream {
    if requests.is_empty() {
        return TokenStream::new();
    }
    let krate = &scope.krate;
    let name = ident(name);
    let kinds = requests.iter().map(|Request { request, response }| {
        let [request, response] = [request, response].map(|it| Literal::u32_unsuffixed(it.number));
        quote!( (#request, #response) )
    });
    quote! {
        #[doc(hidden)]
        const #name: &'static [#krate::__private::RequestKind] = &[#(#kinds),*];
    }
}

/// Expands the functions by which the runtime recognizes the requests of one side and its responses to
/// requests of the other, if there are any: in a message as it is sent, and as it is received.
fn recognition(
    sent: &str,
    received: &str,
    names: &DirectionNames,
    requests: &[Request],
    responses: &[Request],
    scope: &Scope,
) -> TokenStream {
    let requests = requests.iter().map(|it| &it.request);
    let members: Vec<&Member> = requests
        .chain(responses.iter().map(|it| &it.response))
        .collect();
    if members.is_empty() {
        return TokenStream::new();
    }
    let DirectionNames { message, module } = names;
    let (sent, received) = (ident(sent), ident(received));
    let of_sent = member(&quote!(#module::Messages), &members);
    let of_received = if scope.views.are_received(&names.path()) {
        member(&view::received_messages(names, scope), &members)
    } else {
        quote!( Self::#sent(message) )
    };
    let received_message = view::received(names, &quote!('_), scope);
    let allow = scope.allow_deprecated();
    quote! {
        #allow
        #[doc(hidden)]
        fn #sent(message: &#message) -> ::core::option::Option<u32> {
            #of_sent
        }

        #allow
        #[doc(hidden)]
        fn #received(message: &#received_message) -> ::core::option::Option<u32> {
            #of_received
        }
    }
}

/// Expands the number of the member that a message holds, if it is one of these.
fn member(messages: &TokenStream, members: &[&Member]) -> TokenStream {
    let variants = members.iter().map(|member| ident(&member.variant));
    let numbers = members
        .iter()
        .map(|member| Literal::u32_unsuffixed(member.number));
    quote! {
        match message.messages {
            #(Some(#messages::#variants(..)) => Some(#numbers),)*
            _ => None,
        }
    }
}

/// Expands the marker, with these items of its implementation, and the aliases.
fn declarations(
    names: &ItemNames,
    name: &str,
    docs: &TokenStream,
    items: &TokenStream,
    scope: &Scope,
) -> TokenStream {
    let krate = &scope.krate;
    let marker = &names.marker;
    let side = scope.side;
    let client = side.has_client().then(|| client(names, name, scope));
    let server = side.has_server().then(|| server(names, name, scope));
    let from_client = view::form(&DirectionNames::client_to_server(), scope);
    let from_server = view::form(&DirectionNames::server_to_client(), scope);
    quote! {
        #docs
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        pub struct #marker;

        impl #krate::Protocol for #marker {
            const NAME: &'static str = #name;
            type ClientToServer = ClientToServer;
            type ServerToClient = ServerToClient;
            #[doc(hidden)]
            type FromClient = #from_client;
            #[doc(hidden)]
            type FromServer = #from_server;
            #items
        }

        #client
        #server
    }
}

/// Expands the alias of clients.
fn client(names: &ItemNames, name: &str, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        marker,
        client,
        client_handler,
        ..
    } = names;
    let docs = format!(" A client of the protocol `{name}`, with a [`{client_handler}`].");
    quote! {
        #[doc = #docs]
        pub type #client = #krate::Client<#marker>;
    }
}

/// Expands the aliases of servers and of their clients.
fn server(names: &ItemNames, name: &str, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let ItemNames {
        marker,
        server,
        server_client,
        server_handler,
        ..
    } = names;
    let server_docs =
        format!(" A server of the protocol `{name}`, with a [`{server_handler}`] for each client.");
    let server_client_docs =
        format!(" A client that is connected to a server of the protocol `{name}`.");
    quote! {
        #[doc = #server_docs]
        pub type #server = #krate::Server<#marker>;

        #[doc = #server_client_docs]
        pub type #server_client = #krate::ServerClient<#marker>;
    }
}
