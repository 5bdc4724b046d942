//! The trait by which generated code describes a protocol.
//!
//! An expansion of `messi::protocol!` has one marker type per protocol (`pub struct Chat;`). It implements
//! [`Protocol`] and, for each handler `H` of the user, [`ConnectWith<H>`](crate::ConnectWith) and
//! [`ServeWith<H>`](crate::ServeWith). Clients and servers are generic over the marker, so that all code but
//! declarations is written, compiled and tested once, in this crate.

pub use messi_wire::session::RequestKind;
use messi_wire::session::RequestKinds;
use prost::Message;

use crate::Form;

/// A protocol generated from a schema: the two messages that travel over a connection.
///
/// `messi::protocol!` implements it for a type with the name of the protocol, such as `Chat`. By it, code can be
/// written once for the clients and servers of all protocols. Only generated code may implement it: the items that
/// are not documented change with each version.
///
/// # Examples
///
/// ```no_run
/// use messi::{Client, Protocol};
///
/// /// Returns a line about any client.
/// fn line<P: Protocol>(client: &Client<P>) -> String {
///     format!("{} at {}: {}", P::NAME, client.uri(), client.state())
/// }
///
/// fn log(client: &chat::ChatClient) {
///     println!("{}", line(client));
/// }
/// ```
pub trait Protocol: Sized + Send + Sync + 'static {
    /// The name of the protocol as the schema has it: the last part of its package.
    const NAME: &'static str;

    /// The message type that clients send.
    type ClientToServer: Message + Default + 'static;

    /// The message type that servers send.
    type ServerToClient: Message + Default + 'static;

    /// The form in which servers receive the messages of clients.
    #[doc(hidden)]
    type FromClient: Form;

    /// The form in which clients receive the messages of servers.
    #[doc(hidden)]
    type FromServer: Form;

    /// The numbers and names of the members that clients send, for the log.
    #[doc(hidden)]
    const CLIENT_MEMBERS: &'static [(u32, &'static str)] = &[];

    /// The numbers and names of the members that servers send, for the log.
    #[doc(hidden)]
    const SERVER_MEMBERS: &'static [(u32, &'static str)] = &[];

    /// The kinds of requests that clients send.
    #[doc(hidden)]
    const CLIENT_REQUESTS: &'static [RequestKind] = &[];

    /// The kinds of requests that servers send.
    #[doc(hidden)]
    const SERVER_REQUESTS: &'static [RequestKind] = &[];

    /// Returns the field number of the request or response that a message of a client holds. The message is
    /// not encoded for it: it may be too big.
    #[doc(hidden)]
    fn client_member(_message: &Self::ClientToServer) -> Option<u32> {
        None
    }

    /// Returns the field number of the request or response that a message of a server holds.
    #[doc(hidden)]
    fn server_member(_message: &Self::ServerToClient) -> Option<u32> {
        None
    }

    /// Returns the same for a message as a server receives it.
    #[doc(hidden)]
    fn from_client_member(_message: &ClientMessage<'_, Self>) -> Option<u32> {
        None
    }

    /// Returns the same for a message as a client receives it.
    #[doc(hidden)]
    fn from_server_member(_message: &ServerMessage<'_, Self>) -> Option<u32> {
        None
    }
}

/// A message of a client, as the handlers of servers get it.
pub(crate) type ClientMessage<'a, P> = <<P as Protocol>::FromClient as Form>::Message<'a>;

/// A message of a server, as the handlers of clients get it.
pub(crate) type ServerMessage<'a, P> = <<P as Protocol>::FromServer as Form>::Message<'a>;

/// Returns the kinds of requests of a protocol as clients see them.
pub(crate) fn client_kinds<P: Protocol>() -> RequestKinds {
    RequestKinds::new(P::CLIENT_REQUESTS, P::SERVER_REQUESTS)
}

/// Returns the kinds of requests of a protocol as servers see them.
pub(crate) fn server_kinds<P: Protocol>() -> RequestKinds {
    RequestKinds::new(P::SERVER_REQUESTS, P::CLIENT_REQUESTS)
}
