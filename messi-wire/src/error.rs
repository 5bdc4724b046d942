//! Errors of sending and of requests, and the reason why a connection ended.

use std::io;
use std::time::Duration;

use prost::DecodeError;
use thiserror::Error;

use crate::SharedError;
use crate::resumption::{Bye, Lost};

/// There is no connection, or it has ended.
///
/// It converts into [`SendError`], and into `messi::Error`.
///
/// # Examples
///
/// ```
/// # use messi_wire as messi;
/// use messi::{NotConnected, SendError};
///
/// assert_eq!(SendError::from(NotConnected), SendError::NotConnected);
/// assert_eq!(NotConnected.to_string(), "not connected");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not connected")]
pub struct NotConnected;

/// The reason why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no connection.
    #[error("not connected")]
    NotConnected,
    /// The send queue is full.
    #[error("the queue is full")]
    QueueFull,
    /// The message is larger than the limit.
    #[error("message of {size} bytes is above the limit of {limit} bytes")]
    MessageTooBig {
        /// The size of the encoded message, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The message was encoded to another size than its `encoded_len`, so that the peer would have misread
    /// all that follows. This is a fault of a [`prost::Message`] that is implemented by hand.
    #[error("message encoded to {encoded} bytes instead of its encoded_len of {announced} bytes")]
    WrongSize {
        /// The `encoded_len` of the message, in bytes.
        announced: usize,
        /// The encoded size, in bytes.
        encoded: usize,
    },
    /// The message was in the offline queue for longer than its `max_age`.
    #[error("expired in the offline queue")]
    Expired,
    /// The request has a response already.
    #[error("the request has a response already")]
    AlreadyResponded,
    /// An earlier request of the same kind was left without a response: the peer would take this one for
    /// it. The connection is closed with [`DisconnectReason::RequestAbandoned`].
    #[error("an earlier request was left without a response")]
    RequestAbandoned,
}

impl From<NotConnected> for SendError {
    fn from(_: NotConnected) -> Self {
        Self::NotConnected
    }
}

/// The reason why a request has no response.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request was not sent.
    #[error("the request was not sent")]
    NotSent(#[source] SendError),
    /// The message with the response holds another member of the oneof after it, which replaces the
    /// response. The peer has read the request. The handler receives the message.
    #[error("the response was replaced by another member of the oneof in the same message")]
    Replaced,
    /// No response was received within the time limit.
    #[error("no response within {} s", limit.as_secs_f64())]
    Timeout {
        /// The time limit.
        limit: Duration,
    },
    /// The connection ended before the response was received.
    #[error("the connection ended before the response was received")]
    Disconnected(#[source] DisconnectReason),
    /// The task of the client or server was dropped before the response was received, as happens when its
    /// executor is shut down.
    #[error("the task of the connection was dropped before the response was received")]
    Cancelled,
    /// The future was polled again after it had returned its result.
    #[error("the result was returned before")]
    Completed,
}

/// The reason why a connection ended: the first cause that this side has seen.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The peer closed the connection.
    #[error("connection closed by the peer")]
    ConnectionClosed,
    /// The peer sent no bytes within the keep-alive time.
    #[error("keep-alive timeout")]
    KeepAliveTimeout,
    /// The peer began a message above the limit, or the response of this side is above it.
    #[error("message of {size} bytes is above the limit of {limit} bytes")]
    MessageTooBig {
        /// The size, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A message of the peer arrived more slowly than the builder's `min_message_rate`, or could not be
    /// read further because the memory for received messages was used up.
    #[error("a message of the peer did not arrive in time")]
    MessageTimeout,
    /// A message of the peer could not be decoded.
    #[error("message decode error")]
    MessageDecodeError(#[source] DecodeError),
    /// A client sent a frame of a type that only servers send, or of an unknown type.
    #[error("unexpected message type {0}")]
    UnexpectedMessageType(u8),
    /// The peer reads too slowly, or was the slowest when the memory for all send queues was used up.
    #[error("the peer is too slow")]
    SlowConsumer,
    /// A method of the handler panicked.
    #[error("the handler panicked")]
    HandlerPanicked,
    /// The handler left a request without a response, and responded to a later one of the same kind, or its
    /// response was encoded to a [`WrongSize`](SendError::WrongSize). The peer would have taken the next
    /// response for that request.
    #[error("a request was left without a response")]
    RequestAbandoned,
    /// This side called `disconnect` or, on a client, `reconnect`.
    #[error("disconnected by this side")]
    Disconnected,
    /// The client has not logged in within the `login_timeout` of the server.
    #[error("login timeout")]
    LoginTimeout,
    /// This side's client or server was stopped.
    #[error("stopped")]
    Stopped,
    /// The peer ended the connection, and said why. Only a peer with sessions does.
    #[error("the peer has ended the connection: {0}")]
    Bye(Box<Bye>),
    /// The session can't go on.
    #[error("the session is lost")]
    SessionLost(#[source] Box<Lost>),
    /// TLS failed. In TLS 1.3, a server rejects the certificate of a client only after the client has
    /// finished its handshake. The source explains it, and has the error of rustls as its own source.
    #[error("TLS failed")]
    Tls(#[source] SharedError),
    /// The operating system reported an error on the connection.
    #[error("connection failed")]
    Io(#[source] SharedError<io::Error>),
}

impl DisconnectReason {
    /// Returns whether this side ended the connection on its own account. The handler then receives no
    /// more messages.
    pub fn is_local(&self) -> bool {
        self.stops_handler() || matches!(self, Self::SlowConsumer)
    }

    /// Returns whether the handler is stopped: it receives no more messages, not even those that arrived
    /// before the peer closed the connection.
    pub fn stops_handler(&self) -> bool {
        matches!(
            self,
            Self::HandlerPanicked
                | Self::RequestAbandoned
                | Self::Disconnected
                | Self::LoginTimeout
                | Self::Stopped
        )
    }
}

/// Returns the reason for an error of reading or writing: the one that the error was made of, if there is one.
impl From<io::Error> for DisconnectReason {
    fn from(error: io::Error) -> Self {
        if let Some(reason) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return Self::clone(reason);
        }
        match error.kind() {
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Self::ConnectionClosed,
            _ => Self::Io(error.into()),
        }
    }
}
