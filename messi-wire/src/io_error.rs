//! Conversions into `io::Error`, for functions that return it.

use std::io::{self, ErrorKind};

use crate::{DisconnectReason, NotConnected, RequestError, SendError};

impl From<NotConnected> for io::Error {
    fn from(error: NotConnected) -> Self {
        Self::new(ErrorKind::NotConnected, error)
    }
}

impl From<SendError> for io::Error {
    fn from(error: SendError) -> Self {
        Self::new(send_kind(error), error)
    }
}

impl From<RequestError> for io::Error {
    fn from(error: RequestError) -> Self {
        let kind = match &error {
            RequestError::NotSent(error) => send_kind(*error),
            RequestError::Replaced => ErrorKind::InvalidData,
            RequestError::Timeout { .. } => ErrorKind::TimedOut,
            RequestError::Disconnected(reason) => disconnect_kind(reason),
            RequestError::Cancelled => ErrorKind::ConnectionAborted,
            RequestError::Completed => ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// `DisconnectReason::from` returns the reason that the error was made of.
impl From<DisconnectReason> for io::Error {
    fn from(reason: DisconnectReason) -> Self {
        Self::new(disconnect_kind(&reason), reason)
    }
}

fn send_kind(error: SendError) -> ErrorKind {
    match error {
        SendError::NotConnected => ErrorKind::NotConnected,
        SendError::QueueFull => ErrorKind::WouldBlock,
        SendError::MessageTooBig { .. }
        | SendError::WrongSize { .. }
        | SendError::AlreadyResponded => ErrorKind::InvalidInput,
        SendError::RequestAbandoned => ErrorKind::ConnectionAborted,
        SendError::Expired => ErrorKind::TimedOut,
    }
}

fn disconnect_kind(reason: &DisconnectReason) -> ErrorKind {
    match reason {
        DisconnectReason::ConnectionClosed => ErrorKind::UnexpectedEof,
        DisconnectReason::KeepAliveTimeout
        | DisconnectReason::LoginTimeout
        | DisconnectReason::MessageTimeout
        | DisconnectReason::SlowConsumer => ErrorKind::TimedOut,
        DisconnectReason::MessageTooBig { .. }
        | DisconnectReason::MessageDecodeError(_)
        | DisconnectReason::UnexpectedMessageType(_)
        | DisconnectReason::Tls(_) => ErrorKind::InvalidData,
        DisconnectReason::HandlerPanicked => ErrorKind::Other,
        DisconnectReason::RequestAbandoned
        | DisconnectReason::Disconnected
        | DisconnectReason::Stopped
        | DisconnectReason::Bye(_) => ErrorKind::ConnectionAborted,
        DisconnectReason::SessionLost(_) => ErrorKind::ConnectionReset,
        DisconnectReason::Io(error) => error.kind(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_outlives_the_conversion_into_an_io_error() {
        for reason in [
            DisconnectReason::ConnectionClosed,
            DisconnectReason::KeepAliveTimeout,
            DisconnectReason::Io(io::Error::from(ErrorKind::TimedOut).into()),
        ] {
            let error = io::Error::from(reason.clone());
            assert_eq!(DisconnectReason::from(error), reason);
        }
    }

    #[test]
    fn a_reset_is_the_peer_closing() {
        for kind in [
            ErrorKind::ConnectionReset,
            ErrorKind::ConnectionAborted,
            ErrorKind::BrokenPipe,
            ErrorKind::UnexpectedEof,
        ] {
            let error = io::Error::from(kind);
            assert_eq!(
                DisconnectReason::from(error),
                DisconnectReason::ConnectionClosed
            );
        }
        let reason = DisconnectReason::from(io::Error::from(ErrorKind::TimedOut));
        let DisconnectReason::Io(error) = reason else {
            panic!("{reason:?}");
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
