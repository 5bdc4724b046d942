//! The reasons why there is no connection to the server.

use std::error::Error;
use std::io;

use async_nats::rustls;
use async_nats::{ConnectError, ConnectErrorKind, ServerError};
use messi_core::cluster::EngineError;

/// The cause of an [`EngineError`]. No text holds the password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the URL of the NATS server is invalid: {0}")]
    Url(String),
    #[cfg(feature = "credentials")]
    #[error("the credentials for the NATS server are invalid: {0}")]
    Credentials(io::Error),
    #[error("can't start the thread of the connection to the NATS server")]
    Thread(#[source] io::Error),
    #[error("can't connect to the NATS server {address}: {reason}")]
    Connect { address: String, reason: String },
    #[error("TLS handshake with the NATS server {address} failed: {reason}")]
    Tls { address: String, reason: String },
    #[error("the NATS server {0} requires TLS: its URL must begin with `tls://`")]
    NeedsTls(String),
    #[error("the NATS server {address} refused the connection: {reason}")]
    Login { address: String, reason: String },
    #[error("the NATS server reported an error: {0}")]
    Reported(String),
    #[error("the NATS server takes no message of {size} bytes: its `max_payload` is {limit} bytes")]
    TooLarge { size: usize, limit: usize },
    #[error("messi-nats does not know an order of this version of messi")]
    UnknownOrder,
    #[error("the connection to the NATS server is lost: {0}")]
    Lost(&'static str),
}

impl Failure {
    /// Returns the reason why a connection was not made.
    pub(crate) fn of_connect(address: String, is_tls: bool, error: &ConnectError) -> Self {
        let reason = match error.source() {
            Some(source) => source.to_string(),
            None => error.kind().to_string(),
        };
        match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                Self::Login { address, reason }
            }
            ConnectErrorKind::Io if is_of::<ServerError>(error) => Self::Login { address, reason },
            kind if kind == ConnectErrorKind::Tls || is_of_rustls(error) => {
                if is_tls {
                    Self::Tls { address, reason }
                } else {
                    Self::NeedsTls(address)
                }
            }
            _ => Self::Connect { address, reason },
        }
    }

    /// The end of a connection that async-nats does not know any more.
    pub(crate) fn ended() -> Self {
        Self::Lost("its thread has ended")
    }
}

fn is_of<E: Error + 'static>(error: &ConnectError) -> bool {
    error.source().is_some_and(|it| it.is::<E>())
}

/// Errors of handshakes are those of sockets to async-nats.
fn is_of_rustls(error: &ConnectError) -> bool {
    let error = error.source().and_then(|it| it.downcast_ref::<io::Error>());
    let inner = error.and_then(io::Error::get_ref);
    inner.is_some_and(|it| it.is::<rustls::Error>())
}

impl From<Failure> for EngineError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
    }
}
