//! The reasons why a session is lost.

use thiserror::Error;

/// The reason why a session can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SessionLost {
    /// There was no connection for longer than the lifetime of the session.
    #[error("the session has expired")]
    Expired,
    /// The server was started again, and has lost its sessions.
    #[error("the server was started again")]
    ServerRestarted,
    /// The client is connected to another server than the one that has the session.
    #[error("another server has the session")]
    OtherServer,
    /// More was sent than the send queue holds, while there was no connection.
    #[error("the send queue was full")]
    Overflow,
    /// The server has dropped the session, to make room for others.
    #[error("the session was dropped to make room for others")]
    Evicted,
    /// Another connection has taken the session over.
    #[error("another connection has taken the session over")]
    TakenOver,
    /// The server does not accept the secret, or the certificate, of the client, or does not serve it any more.
    #[error("the server has refused the session")]
    Refused,
    /// The server has no sessions any more.
    #[error("the server has no sessions")]
    Unsupported,
    /// The two sides have counted differently.
    #[error("the two sides have counted differently")]
    Mismatch,
}

/// A lost session.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{why}; {unacknowledged} messages were not acknowledged")]
pub struct Lost {
    /// The reason.
    pub why: SessionLost,
    /// How many messages of this side were sent and not acknowledged: the peer may have received the first of them.
    /// Those that still waited in the send queue are not among them, but in `dropped.unsent` of the statistics.
    pub unacknowledged: u64,
    /// How many messages of this side the peer has received, from the begin of the session, if it still knew.
    pub handled: Option<u64>,
}

impl SessionLost {
    /// All reasons with their bytes on the wire.
    const BYTES: [(Self, u8); 9] = [
        (Self::Expired, 1),
        (Self::ServerRestarted, 2),
        (Self::OtherServer, 3),
        (Self::Overflow, 4),
        (Self::Evicted, 5),
        (Self::TakenOver, 6),
        (Self::Refused, 7),
        (Self::Unsupported, 8),
        (Self::Mismatch, 9),
    ];

    /// Returns the byte on the wire, which is never 0.
    pub(super) fn to_byte(self) -> u8 {
        let byte = Self::BYTES.iter().find(|(reason, _)| *reason == self);
        byte.map_or(1, |(_, byte)| *byte)
    }

    /// Returns the reason with this byte. A byte of a later version means that the server does not have the session,
    /// which is the meaning of [`Expired`](Self::Expired).
    pub(super) fn from_byte(byte: u8) -> Self {
        let reason = Self::BYTES.iter().find(|(_, other)| *other == byte);
        reason.map_or(Self::Expired, |(reason, _)| *reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_byte_of_its_own() {
        for (index, (reason, byte)) in SessionLost::BYTES.into_iter().enumerate() {
            assert_eq!(usize::from(byte), index + 1);
            assert_eq!(
                (reason.to_byte(), SessionLost::from_byte(byte)),
                (byte, reason)
            );
        }
        assert_eq!(SessionLost::from_byte(99), SessionLost::Expired);
    }
}
