//! The reasons why there is no connection to the server.

use std::io;

use ::redis::RedisError;
use messi_core::cluster::EngineError;

/// The cause of an [`EngineError`]. No text holds the password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the URL of the Redis server is invalid: {0}")]
    Url(String),
    #[cfg(not(any(feature = "async-std", feature = "smol")))]
    #[error("not inside of a runtime of tokio, the only one that messi-redis has a feature for")]
    NoRuntime,
    #[error("can't connect to the Redis server {address}")]
    Connect {
        address: String,
        #[source]
        source: io::Error,
    },
    #[cfg(feature = "tls")]
    #[error("TLS handshake with the Redis server {address} failed")]
    Tls {
        address: String,
        #[source]
        source: io::Error,
    },
    #[error("the Redis server {address} refused the connection")]
    Login {
        address: String,
        #[source]
        source: RedisError,
    },
    #[error("the Redis server refused a command: {0}")]
    Command(String),
    #[error("messi-redis does not know an order of this version of messi")]
    UnknownOrder,
    #[error("the connection to the Redis server is lost")]
    Lost(#[source] io::Error),
}

impl Failure {
    pub(crate) fn invalid_answer() -> Self {
        let text = "it sent no valid answer";
        Self::Lost(io::Error::new(io::ErrorKind::InvalidData, text))
    }
}

impl From<Failure> for EngineError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
    }
}
