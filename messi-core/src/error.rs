//! One error type per operation, and the reason why a connection ended.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::{Address, UriError};

/// Any error of this crate, for programs that handle all of them alike.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A URI is not one.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// The server can't listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A message was not sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A request was not answered.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A certificate or a key can't be used.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tls(#[from] crate::transport::tls::TlsError),
}

/// Why a server could not start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The URI is not of the accepted form.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// The host name has no address.
    #[error("can't resolve '{host}': {message}")]
    Resolve {
        /// The host name of the URI.
        host: String,
        /// What the resolver said.
        message: String,
    },
    /// The address can't be listened on: it is in use, not of this machine, or not permitted.
    #[error("can't listen on {address}: {message}")]
    Bind {
        /// The address tried last.
        address: Address,
        /// The kind of error the operating system reported.
        kind: io::ErrorKind,
        /// What the operating system said.
        message: String,
    },
}

/// Why one attempt of a client to connect failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host name has no address at the moment.
    #[error("can't resolve '{host}': {message}")]
    Resolve {
        /// The host name of the URI.
        host: String,
        /// What the resolver said.
        message: String,
    },
    /// No address of the host accepted the connection.
    #[error("can't connect to {address}: {message}")]
    Io {
        /// The address tried last.
        address: Address,
        /// The kind of error the operating system reported.
        kind: io::ErrorKind,
        /// What the operating system said.
        message: String,
    },
    /// The TLS handshake has failed: the server does not speak TLS, one side does not accept the
    /// certificate of the other, or the handshake has taken too long.
    #[error("TLS handshake with {host} failed: {message}")]
    Tls {
        /// The host of the URI.
        host: String,
        /// What is wrong.
        message: String,
    },
    /// No connection within the connect timeout.
    #[error("no connection within {} s", limit.as_secs_f64())]
    Timeout {
        /// The connect timeout.
        limit: Duration,
    },
}

/// What a client does after a failed attempt to connect.
///
/// # Examples
///
/// ```
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
/// # use chat::*;
/// use messi::{ConnectError, Retry};
///
/// struct Ui;
///
/// impl ChatClientHandler for Ui {
///     async fn on_connect_failure(&mut self, _: &ChatClient, error: &ConnectError) -> Retry {
///         eprintln!("{error}");
///         match error {
///             ConnectError::Resolve { .. } => Retry::Never,
///             _ => Retry::Backoff,
///         }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retry {
    /// Try again after the back-off's delay.
    #[default]
    Backoff,
    /// Try again after this time, or after 10 ms if it is less.
    After(Duration),
    /// Give up: the client stops.
    Never,
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no connection.
    #[error("not connected")]
    NotConnected,
    /// The queue holds as many bytes as it may.
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
    /// The message was encoded to another size than it has announced, which would have misled the peer
    /// about all that follows. Only a message with a [`prost::Message`] written by hand does that.
    #[error("message encoded to {encoded} bytes, not to the {announced} bytes that it announced")]
    WrongSize {
        /// The size by `encoded_len`, in bytes.
        announced: usize,
        /// The size that was encoded, in bytes.
        encoded: usize,
    },
    /// The message has waited for a connection for as long as the offline queue keeps messages.
    #[error("waited for a connection for too long")]
    Expired,
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request was not sent: the peer has not seen it.
    #[error("the request was not sent: {0}")]
    NotSent(#[source] SendError),
    /// The message with the answer holds another member of the oneof behind it, which then counts: the
    /// peer has read the request, and has answered it in no proper way. The handler gets the message.
    #[error("the message with the answer holds another member of the oneof, which replaces it")]
    Replaced,
    /// No answer has come within the time limit.
    #[error("no answer within {} s", limit.as_secs_f64())]
    Timeout {
        /// The time limit.
        limit: Duration,
    },
    /// The connection ended before the answer came.
    #[error("the connection ended before the answer came: {0}")]
    Disconnected(#[source] DisconnectReason),
}

/// Why a connection ended: its first cause, as seen from this side.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The peer closed the connection.
    #[error("connection closed by the peer")]
    ConnectionClosed,
    /// No sign of life from the peer within the keep-alive time.
    #[error("keep-alive timeout")]
    KeepAliveTimeout,
    /// The peer announced a message above the limit, or this side's answer to a request is above
    /// it.
    #[error("message of {size} bytes is above the limit of {limit} bytes")]
    MessageTooBig {
        /// The size, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A message of the peer began to arrive, and came more slowly than the builder's `min_message_rate`,
    /// or could not go on as there was no memory for what all clients send.
    #[error("a message of the peer did not arrive in time")]
    MessageTimeout,
    /// A message of the peer could not be decoded.
    #[error("message decode error: {0}")]
    MessageDecodeError(String),
    /// A client sent a frame of a type that only servers send, or that does not exist.
    #[error("unexpected message type {0}")]
    UnexpectedMessageType(u8),
    /// The peer does not take what is sent to it fast enough, or was the slowest when the memory for all
    /// clients was used up.
    #[error("the peer is too slow")]
    SlowConsumer,
    /// A method of the handler panicked.
    #[error("the handler panicked")]
    HandlerPanicked,
    /// This side called `disconnect`.
    #[error("disconnected by this side")]
    Disconnected,
    /// This side's client or server was stopped.
    #[error("stopped")]
    Stopped,
    /// TLS has failed. A server that does not accept the client's certificate says so only when the
    /// client thinks that it is connected.
    #[error("TLS has failed: {0}")]
    Tls(String),
    /// The operating system reported an error on the connection.
    #[error("connection failed: {0}")]
    Io(io::ErrorKind),
}

impl DisconnectReason {
    /// Whether this side ended the connection for a cause of its own. The handler then gets no
    /// message that still waits.
    pub(crate) fn is_local(&self) -> bool {
        self.stops_handler() || matches!(self, Self::SlowConsumer)
    }

    /// Whether the handler can't or shall not go on. It gets no more messages then, not even on a
    /// connection that the peer has ended before.
    pub(crate) fn stops_handler(&self) -> bool {
        matches!(
            self,
            Self::HandlerPanicked | Self::Disconnected | Self::Stopped
        )
    }
}
