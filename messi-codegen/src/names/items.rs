//! The names of the items that are generated for every protocol.

use proc_macro2::{Ident, Span};
use quote::format_ident;

use crate::model::{Protocol, TypePath};

/// The names of the items generated for a protocol.
pub(crate) struct ItemNames {
    pub(crate) marker: Ident,
    pub(crate) client: Ident,
    pub(crate) server: Ident,
    pub(crate) server_client: Ident,
    pub(crate) client_handler: Ident,
    pub(crate) server_handler: Ident,
    pub(crate) client_requests: Ident,
    pub(crate) server_client_requests: Ident,
}

impl ItemNames {
    /// Returns the names for a protocol called `ChatRoom`, with that of its marker.
    pub(crate) fn new(protocol: &str, marker: &str) -> Self {
        Self {
            marker: ident(marker),
            client: format_ident!("{protocol}Client"),
            server: format_ident!("{protocol}Server"),
            server_client: format_ident!("{protocol}ServerClient"),
            client_handler: format_ident!("{protocol}ClientHandler"),
            server_handler: format_ident!("{protocol}ServerHandler"),
            client_requests: format_ident!("{protocol}ClientRequests"),
            server_client_requests: format_ident!("{protocol}ServerClientRequests"),
        }
    }

    /// Returns the names for a protocol.
    pub(crate) fn of(protocol: &Protocol) -> Self {
        Self::new(&protocol.rust_name, &protocol.marker)
    }

    /// Returns all of them.
    pub(crate) fn all(&self) -> [&Ident; 8] {
        [
            &self.marker,
            &self.client,
            &self.server,
            &self.server_client,
            &self.client_handler,
            &self.server_handler,
            &self.client_requests,
            &self.server_client_requests,
        ]
    }
}

/// The names of the items generated for the message of a direction.
pub(crate) struct DirectionNames {
    /// The message.
    pub(crate) message: Ident,
    /// The module with the enum of its members.
    pub(crate) module: Ident,
}

impl DirectionNames {
    /// Returns the names for the message that clients send.
    pub(crate) fn client_to_server() -> Self {
        Self {
            message: ident("ClientToServer"),
            module: ident("client_to_server"),
        }
    }

    /// Returns the names for the message that servers send.
    pub(crate) fn server_to_client() -> Self {
        Self {
            message: ident("ServerToClient"),
            module: ident("server_to_client"),
        }
    }

    /// Returns the path of the message.
    pub(crate) fn path(&self) -> TypePath {
        TypePath {
            modules: Vec::new(),
            name: self.message.to_string(),
        }
    }
}

/// Returns the identifier of a Rust name, raw if the name begins with `r#`.
pub(crate) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(name) => Ident::new_raw(name, Span::call_site()),
        None => format_ident!("{name}"),
    }
}
