//! Whom one side trusts.

use std::fmt::{self, Debug, Formatter};
use std::path::Path;
use std::sync::Arc;

use futures_rustls::pki_types::CertificateDer;
use futures_rustls::pki_types::pem::PemObject;
use futures_rustls::rustls::RootCertStore;

use super::TlsError;
use super::identity::read;

const AUTHORITIES: &str = "certificates of authorities";

/// The authorities whose word on the other side is taken.
#[derive(Clone)]
pub struct Roots(pub(super) Arc<RootCertStore>);

impl Roots {
    /// Those that the operating system trusts. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    ///
    /// It reads files, which can take some milliseconds. Certificates among them that can't be used
    /// are passed over.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub fn platform() -> Result<Self, TlsError> {
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
            return Err(failed(format!(
                "the operating system has none: {}",
                errors.join(", ")
            )));
        }
        Ok(Self(Arc::new(store)))
    }

    /// Those in this PEM.
    ///
    /// # Errors
    ///
    /// If the text is not PEM, if there is no certificate in it, or one that can't be used.
    pub fn from_pem(certificates: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        let certificates = CertificateDer::pem_slice_iter(certificates.as_ref()).collect();
        Self::new(read(AUTHORITIES, "what was given", certificates)?)
    }

    /// Those in this file.
    ///
    /// # Errors
    ///
    /// The same, and if the file can't be read.
    pub fn from_pem_file(certificates: impl AsRef<Path>) -> Result<Self, TlsError> {
        let path = certificates.as_ref();
        let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
        Self::new(read(AUTHORITIES, path.display(), certificates)?)
    }

    fn new(certificates: Vec<CertificateDer<'static>>) -> Result<Self, TlsError> {
        if certificates.is_empty() {
            return Err(failed("there is none".into()));
        }
        let mut store = RootCertStore::empty();
        for certificate in certificates {
            let result = store.add(certificate);
            result.map_err(|error| failed(error.to_string()))?;
        }
        Ok(Self(Arc::new(store)))
    }
}

fn failed(message: String) -> TlsError {
    TlsError::Roots { message }
}

impl Debug for Roots {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Roots").field(&self.0.len()).finish()
    }
}
