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
    /// Returns the other side.
    #[inline]
    pub fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// Returns the type of the keep-alive frames that this side sends.
    #[inline]
    pub fn keep_alive(self) -> MessageType {
        match self {
            Self::Client => MessageType::Ping,
            Self::Server => MessageType::Pong,
        }
    }

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
