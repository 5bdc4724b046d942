//! The names by which a schema becomes a messi protocol.

/// The content that a schema must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A protocol: the messages of both directions.
    Protocol,
    /// Anything. Without the messages of both directions there is no protocol.
    Messages,
}

/// The message that clients send.
pub(crate) const CLIENT_TO_SERVER: &str = "ClientToServer";

/// The message that servers send.
pub(crate) const SERVER_TO_CLIENT: &str = "ServerToClient";

/// The oneof in both messages. Its members are the messages that a side may send.
pub(crate) const ONEOF: &str = "messages";

/// The end of the name of a request.
pub(crate) const REQUEST: &str = "_req";

/// The end of the name of its response.
pub(crate) const RESPONSE: &str = "_rsp";
