//! Errors, one type per operation.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::cluster::EngineError;
use crate::{
    Address, DisconnectReason, NotConnected, RequestError, SendError, SharedError, UriError,
};

/// Any error of this crate, for programs that handle all errors alike.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A URI is not valid.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// The server could not start.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A message was not sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A request has no response.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A client has not joined a topic.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// There is no async runtime.
    #[error(transparent)]
    NoRuntime(#[from] NoRuntime),
    /// A certificate or a key can't be used.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tls(#[from] crate::transport::tls::TlsError),
}

impl From<NotConnected> for Error {
    fn from(error: NotConnected) -> Self {
        Self::Send(error.into())
    }
}

impl From<FlushError> for Error {
    fn from(error: FlushError) -> Self {
        Self::Send(error.into())
    }
}

impl From<FlushError> for SendError {
    fn from(_: FlushError) -> Self {
        Self::NotConnected
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Uri(error) => error.into(),
            StartError::NoRuntime(error) => error.into(),
        }
    }
}

/// There is no async runtime on which a client or server could run. See
/// [`Runtime::current`](crate::Runtime::current).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", if cfg!(feature = "tokio") {
    "not inside of a runtime of tokio that has timers"
} else {
    "none of the features `async-std`, `smol` and `tokio` is on"
})]
#[non_exhaustive]
pub struct NoRuntime {}

/// The reason why a client could not start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StartError {
    /// A URI is not valid.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// There is no async runtime.
    #[error(transparent)]
    NoRuntime(#[from] NoRuntime),
}

/// The connection ended before all messages were written, or there was no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the connection ended with {unwritten} messages not written")]
#[non_exhaustive]
pub struct FlushError {
    /// Messages among those sent before that are not certainly written: an upper bound. Those in the offline
    /// queue are among them.
    pub unwritten: u64,
}

/// The reason why a closure was not run in a handler.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WithHandlerError {
    /// There is no connection, it ended before the closure was run, or the closure panicked.
    #[error("not connected")]
    NotConnected,
    /// The handler is of another type than the closure expects.
    #[error("the handler is no {expected}")]
    WrongType {
        /// The type that the closure expects.
        expected: &'static str,
    },
    /// 1,024 closures wait for the handler already.
    #[error("too many closures wait for the handler")]
    Busy,
}

/// The reason why a client has not joined a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The connection of the client has ended.
    #[error("not connected")]
    NotConnected,
    /// The name of the topic is empty.
    #[error("the name of the topic is empty")]
    EmptyName,
    /// The name of the topic has more than 200 bytes.
    #[error("the name of the topic has {length} bytes, and may have 200")]
    NameTooLong {
        /// The bytes of the name.
        length: usize,
    },
    /// The client has joined as many topics as
    /// [`max_topics_per_client`](crate::ServerBuilder::max_topics_per_client) allows.
    #[error("the client has joined {limit} topics already")]
    TooManyTopics {
        /// The number of topics that it can join.
        limit: usize,
    },
}

/// The reason why a server could not start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The URI is not valid.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// There is no async runtime.
    #[error(transparent)]
    NoRuntime(#[from] NoRuntime),
    /// The host name has no address.
    #[error("can't resolve '{host}'")]
    Resolve {
        /// The host name of the URI.
        host: String,
        /// The error of the resolver.
        source: SharedError<io::Error>,
    },
    /// The address is in use, is not one of this machine, or is not permitted.
    #[error("can't listen on {address}")]
    Bind {
        /// The address that was tried last.
        address: Address,
        /// The error of the operating system.
        source: SharedError<io::Error>,
    },
    /// The operating system has no random numbers, which the secrets of sessions are made of.
    #[error("no random numbers")]
    Random {
        /// The error of the operating system.
        source: SharedError<io::Error>,
    },
    /// The networks of [`proxy_protocol`](crate::ServerBuilder::proxy_protocol) can't be used.
    #[error("can't use the PROXY protocol: {problem}")]
    ProxyProtocol {
        /// The problem with them.
        problem: String,
    },
    /// There was no link to the engine of the [cluster](crate::cluster).
    #[error("can't join the cluster")]
    Cluster {
        /// The last failure.
        source: EngineError,
    },
    /// The listener that was passed to [`Server::from_listener`](crate::Server::from_listener) can't be used.
    #[error("can't use the listener")]
    Listener {
        /// The error of the operating system.
        source: SharedError<io::Error>,
    },
}

/// The reason why an attempt of a client to connect failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host name has no address at this moment.
    #[error("can't resolve '{host}'")]
    Resolve {
        /// The host name of the URI.
        host: String,
        /// The error of the resolver.
        source: SharedError<io::Error>,
    },
    /// No address of the host accepted the connection.
    #[error("can't connect to {address}")]
    Io {
        /// The address of the last attempt that failed.
        address: Address,
        /// The error of the operating system.
        source: SharedError<io::Error>,
    },
    /// The TLS handshake has failed: the server does not speak TLS, one side does not accept the
    /// certificate of the other, or the handshake has taken too long.
    #[error("TLS handshake with {host} failed")]
    Tls {
        /// The host of the URI.
        host: String,
        /// An explanation, with the error of rustls or of the operating system as its own source.
        source: SharedError,
    },
    /// The server accepted the connection, but did not answer whether the session goes on.
    #[error("the server did not go on with the session")]
    Resume {
        /// The event that happened instead.
        source: DisconnectReason,
    },
    /// There was no connection within the connect timeout.
    #[error("no connection within {} s", limit.as_secs_f64())]
    Timeout {
        /// The connect timeout.
        limit: Duration,
    },
}

/// The action of a client after a failed attempt to connect.
///
/// # Examples
///
/// ```
/// # use chat::*;
/// use messi::{ConnectError, Report, Retry};
///
/// struct Ui;
///
/// impl ChatClientHandler for Ui {
///     async fn on_connect_failure(&mut self, _: &ChatClient, error: &ConnectError) -> Retry {
///         eprintln!("{}", Report(error));
///         match error {
///             ConnectError::Resolve { .. } => Retry::Never,
///             _ => Retry::Backoff,
///         }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retry {
    /// Try again after the delay of the back-off.
    #[default]
    Backoff,
    /// Try again after this time, or after 10 ms if it is less.
    After(Duration),
    /// Stop the client.
    Never,
}

impl Display for Retry {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backoff => formatter.write_str("after the delay of the back-off"),
            Self::After(delay) => write!(formatter, "after {} s", delay.as_secs_f64()),
            Self::Never => formatter.write_str("never"),
        }
    }
}
