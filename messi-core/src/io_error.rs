//! Conversions into `io::Error`, for functions that return it.

use std::io::{self, ErrorKind};

use crate::{
    ConnectError, Error, FlushError, JoinError, ListenError, NoRuntime, StartError, TrySendError,
    UriError, WithHandlerError,
};

impl From<UriError> for io::Error {
    fn from(error: UriError) -> Self {
        Self::new(ErrorKind::InvalidInput, error)
    }
}

impl From<NoRuntime> for io::Error {
    fn from(error: NoRuntime) -> Self {
        Self::new(ErrorKind::Unsupported, error)
    }
}

impl From<StartError> for io::Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Uri(error) => error.into(),
            StartError::NoRuntime(error) => error.into(),
        }
    }
}

impl From<ListenError> for io::Error {
    fn from(error: ListenError) -> Self {
        let kind = match &error {
            ListenError::Uri(_) | ListenError::ProxyProtocol { .. } => ErrorKind::InvalidInput,
            ListenError::NoRuntime(_) => ErrorKind::Unsupported,
            ListenError::Cluster { .. } => ErrorKind::NotConnected,
            ListenError::Resolve { source, .. }
            | ListenError::Bind { source, .. }
            | ListenError::Listener { source }
            | ListenError::Random { source } => source.kind(),
        };
        Self::new(kind, error)
    }
}

impl From<ConnectError> for io::Error {
    fn from(error: ConnectError) -> Self {
        let kind = match &error {
            ConnectError::Resolve { source, .. } | ConnectError::Io { source, .. } => source.kind(),
            ConnectError::Tls { .. } => ErrorKind::InvalidData,
            ConnectError::Resume { .. } => ErrorKind::ConnectionAborted,
            ConnectError::Timeout { .. } => ErrorKind::TimedOut,
        };
        Self::new(kind, error)
    }
}

/// The message is dropped.
impl From<FlushError> for io::Error {
    fn from(error: FlushError) -> Self {
        Self::new(ErrorKind::NotConnected, error)
    }
}

impl From<WithHandlerError> for io::Error {
    fn from(error: WithHandlerError) -> Self {
        let kind = match error {
            WithHandlerError::NotConnected => ErrorKind::NotConnected,
            WithHandlerError::WrongType { .. } => ErrorKind::InvalidInput,
            WithHandlerError::Busy => ErrorKind::WouldBlock,
        };
        Self::new(kind, error)
    }
}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        let kind = match error {
            JoinError::NotConnected => ErrorKind::NotConnected,
            JoinError::EmptyName | JoinError::NameTooLong { .. } => ErrorKind::InvalidInput,
            JoinError::TooManyTopics { .. } => ErrorKind::QuotaExceeded,
        };
        Self::new(kind, error)
    }
}

impl<M> From<TrySendError<M>> for io::Error {
    fn from(error: TrySendError<M>) -> Self {
        error.error.into()
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Uri(error) => error.into(),
            Error::Listen(error) => error.into(),
            Error::Send(error) => error.into(),
            Error::Request(error) => error.into(),
            Error::Join(error) => error.into(),
            Error::NoRuntime(error) => error.into(),
            #[cfg(feature = "tls")]
            Error::Tls(error) => error.into(),
        }
    }
}
