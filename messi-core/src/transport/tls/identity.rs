//! The certificate and key with which one side proves its identity.

use std::fmt::{self, Debug, Formatter};
use std::path::Path;
use std::sync::Arc;

use futures_rustls::pki_types::pem::{self, PemObject};
use futures_rustls::pki_types::{CertificateDer, PrivateKeyDer};
use futures_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::config::provider;
use super::error::{TlsError, invalid};

/// The origin of certificates and keys that come from no file.
const IN_MEMORY: &str = "the given text";

/// A certificate with the chain of its authorities, and its private key.
///
/// Its [`Debug`] output hides them.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// Reads a chain of certificates, this side's first, and its private key from PEM.
    ///
    /// The key may be in PKCS #8, PKCS #1 or SEC1.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if a text is not PEM, if it holds no certificate or no key, or if the key does not
    /// belong to the certificate or is of a type that can't be used.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::tls::{Identity, TlsError};
    ///
    /// let error = Identity::from_pem("no certificate", "no key").unwrap_err();
    /// assert!(matches!(error, TlsError::Pem { .. }));
    /// ```
    pub fn from_pem(
        certificates: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(certificates.as_ref()).collect();
        let key = PrivateKeyDer::from_pem_slice(key.as_ref());
        Self::new(read(CHAIN, IN_MEMORY, chain)?, read(KEY, IN_MEMORY, key)?)
    }

    /// Reads a chain of certificates, this side's first, and its private key from files in PEM.
    ///
    /// # Errors
    ///
    /// Those of [`from_pem`](Self::from_pem), and [`TlsError::Pem`] if a file can't be read.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() -> Result<(), messi::Error> {
    /// use messi::tls::{Identity, ServerTls};
    ///
    /// let tls = ServerTls::new(Identity::from_pem_files("server.pem", "server.key")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_pem_files(
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_file_iter(&certificates).and_then(Iterator::collect);
        let chain = read(CHAIN, certificates.as_ref().display(), chain)?;
        let secret = PrivateKeyDer::from_pem_file(&key);
        Self::new(chain, read(KEY, key.as_ref().display(), secret)?)
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, TlsError> {
        if chain.is_empty() {
            return Err(TlsError::identity(invalid("there is no certificate")));
        }
        CertifiedKey::from_der(chain, key, &provider())
            .map(|key| Self(Arc::new(key)))
            .map_err(TlsError::identity)
    }
}

impl Identity {
    /// Returns the part of a configuration that shows this identity.
    pub(super) fn resolver(&self) -> Arc<SingleCertAndKey> {
        Arc::new(self.0.clone().into())
    }
}

impl Debug for Identity {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").finish_non_exhaustive()
    }
}

const CHAIN: &str = "certificates";
const KEY: &str = "a private key";

/// Returns the content that was read from PEM, or an error that names the expected content.
pub(super) fn read<T>(
    what: &'static str,
    origin: impl ToString,
    result: Result<T, pem::Error>,
) -> Result<T, TlsError> {
    result.map_err(|error| TlsError::pem(what, origin, error))
}
