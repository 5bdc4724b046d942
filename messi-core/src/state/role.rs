//! The two ends of a connection.

use crate::frame::MessageType;

/// Which end of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
}

impl Role {
    /// The type of the messages that this side receives.
    pub(super) fn received(self) -> MessageType {
        match self {
            Self::Client => MessageType::ServerToClient,
            Self::Server => MessageType::ClientToServer,
        }
    }

    /// The type of the messages that this side sends.
    pub(crate) fn sent(self) -> MessageType {
        match self {
            Self::Client => MessageType::ClientToServer,
            Self::Server => MessageType::ServerToClient,
        }
    }
}
