//! The configuration of TLS.

use std::sync::Arc;

use messi_core::cluster::EngineError;
use messi_core::tls::rustls::crypto::ring::default_provider;
use messi_core::tls::rustls::{ClientConfig, RootCertStore};
use messi_core::tls::{Roots, TlsError};

/// The authorities that a connection trusts.
#[derive(Clone)]
pub(crate) enum Tls {
    /// The authorities of the operating system.
    Platform,
    /// Or the error in the authorities that were given.
    Given(Result<Arc<ClientConfig>, EngineError>),
}

impl Tls {
    pub(crate) fn of_pem(certificates: &[u8]) -> Self {
        let authorities = Roots::from_pem(certificates);
        let config = authorities.map(|it| it.client_config());
        Self::Given(config.map_err(EngineError::new))
    }

    /// Returns the configuration. May read files.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, EngineError> {
        match self {
            Self::Platform => platform().map_err(EngineError::new),
            Self::Given(config) => config.clone(),
        }
    }
}

fn platform() -> Result<Arc<ClientConfig>, TlsError> {
    Ok(Roots::platform()?.client_config())
}

/// Returns a configuration that trusts no authority: for connections without TLS. async-nats would encrypt them if the
/// server asks for it, with a configuration of the process, which may not exist.
pub(crate) fn of_nobody() -> Result<ClientConfig, EngineError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(EngineError::new)?;
    let builder = builder.with_root_certificates(RootCertStore::empty());
    Ok(builder.with_no_client_auth())
}
