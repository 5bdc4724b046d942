//! Errors of certificates and keys.

use thiserror::Error;

/// A certificate or a key that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read, or does not hold what it should.
    #[error("can't read {what} in {origin}: {message}")]
    Pem {
        /// The kind of content that was expected.
        what: &'static str,
        /// The file, or that it was given in memory.
        origin: String,
        /// What is wrong with it.
        message: String,
    },
    /// A certificate can't be used, or not with this key.
    #[error("can't use the certificate with its key: {message}")]
    Identity {
        /// What is wrong with it.
        message: String,
    },
    /// The certificate of an authority can't be used.
    #[error("can't use the certificates of authorities: {message}")]
    Roots {
        /// What is wrong with it.
        message: String,
    },
}
