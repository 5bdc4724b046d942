//! A message on its way into the send queue.

use std::fmt::{self, Debug, Formatter};

use super::RequestId;
use crate::{DisconnectReason, SendError};

/// The sender of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The callback that runs while a connection opens. Its messages are sent first.
    Opening,
    /// The reply to this request.
    Reply(RequestId),
    /// Any other code.
    Other,
}

/// A message to send.
///
/// It is not generic over the message: all work on it but the encoding is compiled once.
pub struct Outgoing<'a, R> {
    /// Size of the payload, in bytes.
    pub size: usize,
    /// Field number of the request or response that the message holds.
    pub member: Option<u32>,
    /// Sender of the message.
    pub sender: Sender,
    /// The action if the message is refused.
    pub on_refusal: OnRefusal<R>,
    /// Appends the frame, or fails and leaves the buffer unchanged.
    pub append: &'a dyn Fn(&mut Vec<u8>) -> Result<(), SendError>,
}

impl<R> Debug for Outgoing<'_, R> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outgoing")
            .field("size", &self.size)
            .field("member", &self.member)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

/// The action for a message that is refused.
#[derive(Debug)]
pub enum OnRefusal<R> {
    /// The caller gets the error, and may send the message again.
    Return,
    /// The connection is closed, unless the peer may miss the message.
    Close,
    /// The pending response fails.
    Fail(R),
}

impl<R> OnRefusal<R> {
    /// Returns the pending response of the message.
    pub(super) fn into_response(self) -> Option<R> {
        match self {
            Self::Fail(response) => Some(response),
            Self::Return | Self::Close => None,
        }
    }
}

/// A message that was not pushed. It may be pushed again, or refused.
#[derive(Debug)]
pub struct Rejected<'a, R> {
    /// The message.
    pub message: Outgoing<'a, R>,
    /// The reason.
    pub error: SendError,
    /// Whether the connection would be closed because the shared budget is used up. Other queues may hold
    /// more of it than this one.
    pub lacks_memory: bool,
}

/// The outcome of a message that was refused.
#[derive(Debug)]
pub struct Refusal {
    /// The reason.
    pub error: SendError,
    /// The reason for which the connection must be closed.
    pub close: Option<DisconnectReason>,
}
