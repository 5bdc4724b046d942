//! The trait by which generated code describes a protocol.
//!
//! An expansion of `messi::protocol!` has one marker type per protocol (`pub struct Chat;`). It implements
//! [`Protocol`] and, for each handler `H` of the user, [`ConnectWith<H>`](crate::ConnectWith) and
//! [`ServeWith<H>`](crate::ServeWith). Clients and servers are generic over the marker, so that all code but
//! declarations is written, compiled and tested once, in this crate.

pub use messi_wire::session::RequestKind;
use messi_wire::session::RequestKinds;
use prost::Message;

/// A protocol generated from a schema: the two messages that travel over a connection.
pub trait Protocol: Sized + Send + Sync + 'static {
    /// The name of the protocol as the schema has it: the last part of its package.
    const NAME: &'static str;

    /// The message type that clients send.
    type ClientToServer: Message + Default + 'static;

    /// The message type that servers send.
    type ServerToClient: Message + Default + 'static;

    /// The numbers and names of the members that clients send, for the log.
    const CLIENT_MEMBERS: &'static [(u32, &'static str)] = &[];

    /// The numbers and names of the members that servers send, for the log.
    const SERVER_MEMBERS: &'static [(u32, &'static str)] = &[];

    /// The kinds of requests that clients send.
    const CLIENT_REQUESTS: &'static [RequestKind] = &[];

    /// The kinds of requests that servers send.
    const SERVER_REQUESTS: &'static [RequestKind] = &[];

    /// Returns the field number of the request or response that a message of a client holds. The message is
    /// not encoded for it: it may be too big.
    fn client_member(_message: &Self::ClientToServer) -> Option<u32> {
        None
    }

    /// Returns the field number of the request or response that a message of a server holds.
    fn server_member(_message: &Self::ServerToClient) -> Option<u32> {
        None
    }
}

/// Returns the kinds of requests of a protocol as clients see them.
pub(crate) fn client_kinds<P: Protocol>() -> RequestKinds {
    RequestKinds::new(P::CLIENT_REQUESTS, P::SERVER_REQUESTS)
}

/// Returns the kinds of requests of a protocol as servers see them.
pub(crate) fn server_kinds<P: Protocol>() -> RequestKinds {
    RequestKinds::new(P::SERVER_REQUESTS, P::CLIENT_REQUESTS)
}
