//! The authorities that one side trusts.

use std::fmt::{self, Debug, Formatter};
use std::path::Path;
use std::sync::Arc;

use futures_rustls::pki_types::CertificateDer;
use futures_rustls::pki_types::pem::PemObject;
use futures_rustls::rustls::{ClientConfig, RootCertStore};

use super::client::plain_config;
use super::error::{TlsError, invalid};
use super::identity::read;

const AUTHORITIES: &str = "certificates of authorities";

/// Authorities that are trusted to issue certificates for the other side.
#[derive(Clone)]
pub struct Roots(pub(super) Arc<RootCertStore>);

impl Roots {
    /// Loads the authorities that the operating system trusts.
    ///
    /// The environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR` name other files. Reading them can take
    /// some milliseconds. Certificates that can't be used are skipped.
    ///
    /// # Errors
    ///
    /// [`TlsError::Roots`] if there are no certificates.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() -> Result<(), messi::Error> {
    /// use messi::tls::{ClientTls, Roots};
    ///
    /// let tls = ClientTls::new(Roots::platform()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn platform() -> Result<Self, TlsError> {
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
            let errors = errors.join(", ");
            return Err(TlsError::roots(invalid(format!(
                "the operating system has none: {errors}"
            ))));
        }
        Ok(Self(Arc::new(store)))
    }

    /// Reads the certificates of authorities from PEM.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if the text is not PEM, or holds no certificate, or one that can't be used.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::tls::{Roots, TlsError};
    ///
    /// let error = Roots::from_pem("no certificate").unwrap_err();
    /// assert!(matches!(error, TlsError::Roots { .. }));
    /// ```
    pub fn from_pem(certificates: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        let certificates = CertificateDer::pem_slice_iter(certificates.as_ref()).collect();
        Self::new(read(AUTHORITIES, "the given text", certificates)?)
    }

    /// Reads the certificates of authorities from a file in PEM.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if the file can't be read, is not PEM, or holds no certificate, or one that can't be
    /// used.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() -> Result<(), messi::Error> {
    /// use messi::tls::{ClientTls, Roots};
    ///
    /// let tls = ClientTls::new(Roots::from_pem_file("authority.pem")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_pem_file(certificates: impl AsRef<Path>) -> Result<Self, TlsError> {
        let path = certificates.as_ref();
        let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
        Self::new(read(AUTHORITIES, path.display(), certificates)?)
    }

    /// Returns a configuration of rustls for clients that trust these authorities and show no certificate: for other
    /// protocols, such as those of the engines of clusters.
    ///
    /// It is that of [`ClientTls::new`](super::ClientTls::new): TLS 1.3, without session tickets.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() -> Result<(), messi::Error> {
    /// use messi::tls::Roots;
    ///
    /// let config = Roots::from_pem_file("authority.pem")?.client_config();
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_config(&self) -> Arc<ClientConfig> {
        Arc::new(plain_config(self.clone()))
    }

    fn new(certificates: Vec<CertificateDer<'static>>) -> Result<Self, TlsError> {
        if certificates.is_empty() {
            return Err(TlsError::roots(invalid("there is none")));
        }
        let mut store = RootCertStore::empty();
        for certificate in certificates {
            store.add(certificate).map_err(TlsError::roots)?;
        }
        Ok(Self(Arc::new(store)))
    }
}

impl Debug for Roots {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Roots").field(&self.0.len()).finish()
    }
}
