//! The marker type of a protocol, and the names of its client and server.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Scope, ident};
use crate::model::Protocol;

/// The names generated from that of a protocol.
pub(super) struct Names {
    pub(super) marker: Ident,
    pub(super) client: Ident,
    pub(super) server: Ident,
    pub(super) server_client: Ident,
    pub(super) client_handler: Ident,
    pub(super) server_handler: Ident,
}

impl Names {
    /// The names for a protocol called `ChatRoom`.
    pub(super) fn new(protocol: &str) -> Self {
        Self {
            marker: ident(protocol),
            client: format_ident!("{protocol}Client"),
            server: format_ident!("{protocol}Server"),
            server_client: format_ident!("{protocol}ServerClient"),
            client_handler: format_ident!("{protocol}ClientHandler"),
            server_handler: format_ident!("{protocol}ServerHandler"),
        }
    }
}

/// The marker and the aliases.
pub(super) fn expand(protocol: &Protocol, scope: &Scope) -> TokenStream {
    declarations(&Names::new(&protocol.rust_name), &protocol.name, scope)
}

/// The marker and the aliases, for a protocol of which no more may be known than its name.
pub(super) fn declarations(names: &Names, name: &str, scope: &Scope) -> TokenStream {
    let krate = &scope.krate;
    let Names {
        marker,
        client,
        server,
        server_client,
        client_handler,
        server_handler,
    } = names;
    let marker_docs = format!(" The protocol `{name}`.");
    let client_docs =
        format!(" A client of the protocol `{name}`, driven by a [`{client_handler}`].");
    let server_docs = format!(
        " A server of the protocol `{name}`, driven by one [`{server_handler}`] for each client."
    );
    let server_client_docs = format!(" A client of the protocol `{name}`, as its server sees it.");
    quote! {
        #[doc = #marker_docs]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        pub struct #marker;

        #[automatically_derived]
        impl #krate::__private::Protocol for #marker {
            const NAME: &'static str = #name;
            type ClientToServer = ClientToServer;
            type ServerToClient = ServerToClient;
        }

        #[doc = #client_docs]
        pub type #client = #krate::Client<#marker>;

        #[doc = #server_docs]
        pub type #server = #krate::Server<#marker>;

        #[doc = #server_client_docs]
        pub type #server_client = #krate::ServerClient<#marker>;
    }
}
