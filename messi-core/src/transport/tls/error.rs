//! Errors of certificates and keys.

use std::io;

use futures_rustls::pki_types::pem;
use thiserror::Error;

use crate::SharedError;

/// A certificate or a key that can't be used.
///
/// The source describes the problem: an `io::Error`, or an error of rustls.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read, or does not hold the expected content.
    #[error("can't read {what} in {origin}")]
    Pem {
        /// The kind of content that was expected.
        what: &'static str,
        /// The file, or that it was given in memory.
        origin: String,
        /// The error of reading or of decoding.
        source: SharedError,
    },
    /// A certificate can't be used, or not with this key.
    #[error("can't use the certificate with its key")]
    Identity {
        /// The problem with it.
        source: SharedError,
    },
    /// The certificate of an authority can't be used.
    #[error("can't use the certificates of authorities")]
    Roots {
        /// The problem with it.
        source: SharedError,
    },
}

impl TlsError {
    pub(super) fn pem(what: &'static str, origin: impl ToString, error: pem::Error) -> Self {
        Self::Pem {
            what,
            origin: origin.to_string(),
            source: match error {
                pem::Error::Io(error) => error.into(),
                error => error.into(),
            },
        }
    }

    pub(super) fn identity(source: impl Into<SharedError>) -> Self {
        let source = source.into();
        Self::Identity { source }
    }

    pub(super) fn roots(source: impl Into<SharedError>) -> Self {
        let source = source.into();
        Self::Roots { source }
    }
}

/// Returns an error for a certificate that is missing or can't be used as asked.
pub(super) fn invalid(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text.into())
}

/// Returns the error for a setting that is a part of the user's own configuration of rustls.
pub(super) fn own_config() -> io::Error {
    invalid("it is a part of the configuration given to `from_config`")
}

impl From<TlsError> for io::Error {
    fn from(error: TlsError) -> Self {
        let (TlsError::Pem { source, .. }
        | TlsError::Identity { source }
        | TlsError::Roots { source }) = &error;
        let kind = match source.downcast_ref::<Self>() {
            Some(source) => source.kind(),
            None => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
