//! The two sides of a connection.

use crate::frame::MessageType;

/// One side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The side that connects.
    Client,
    /// The side that accepts.
    Server,
}

impl Role {
    /// Returns the type of the messages that this side receives.
    #[inline]
    pub fn received(self) -> MessageType {
        match self {
            Self::Client => MessageType::ServerToClient,
            Self::Server => MessageType::ClientToServer,
        }
    }

    /// Returns the type of the messages that this side sends.
    #[inline]
    pub fn sent(self) -> MessageType {
        match self {
            Self::Client => MessageType::ClientToServer,
            Self::Server => MessageType::ServerToClient,
        }
    }
}
