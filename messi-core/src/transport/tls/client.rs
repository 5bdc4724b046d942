//! The client's side of TLS.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures_rustls::TlsConnector;
use futures_rustls::pki_types::ServerName;
use futures_rustls::rustls::client::{Resumption, WantsClientCert};
use futures_rustls::rustls::version::TLS13;
use futures_rustls::rustls::{ClientConfig, ConfigBuilder};

use super::config::{CurrentConfig, DEFAULT_HANDSHAKE_TIMEOUT, provider};
use super::error::{TlsError, own_config};
use super::explain::{explain_handshake, explained, timed_out};
use super::fair::FairSocket;
use super::identity::Identity;
use super::roots::Roots;
use crate::time::{TimeSource, timeout};
use crate::transport::close::close;
use crate::transport::handshake::{ClientHandshake, HandshakeError};
use crate::transport::{BoxSocket, Uri};
use messi_wire::config::clamped;

/// The TLS settings of a client, for [`ClientBuilder::tls`](crate::ClientBuilder::tls).
///
/// The server must show a certificate that one of the authorities has issued for the host of the URI, a
/// name or an address.
///
/// Clones share the identity and the authorities: [`set_identity`](Self::set_identity) and
/// [`set_authorities`](Self::set_authorities) on one of them change them for all.
///
/// # Examples
///
/// ```no_run
/// # fn example() -> Result<(), messi::Error> {
/// use messi::tls::{ClientTls, Identity, Roots};
///
/// let tls = ClientTls::new(Roots::from_pem_file("authority.pem")?);
/// tls.set_identity(Identity::from_pem_files("device.pem", "device.key")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: Arc<CurrentConfig<ClientConfig>>,
    /// Whether the configuration is made by the user.
    is_own_config: bool,
    handshake_timeout: Duration,
}

impl ClientTls {
    /// Creates the settings of a client that trusts these authorities, and shows no certificate.
    pub fn new(authorities: Roots) -> Self {
        Self {
            config: CurrentConfig::new(Arc::new(plain_config(authorities))),
            is_own_config: false,
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
        }
    }

    /// Creates the settings of a client from a configuration of [`rustls`](super::rustls).
    ///
    /// For settings that the other methods do not have: revocation lists, another provider of cryptography,
    /// the verifier of the operating system. The configuration decides which servers are trusted:
    /// [`set_authorities`](Self::set_authorities) returns an error.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(roots: messi::tls::rustls::RootCertStore) {
    /// use std::sync::Arc;
    ///
    /// use messi::tls::ClientTls;
    /// use messi::tls::rustls::ClientConfig;
    /// use messi::tls::rustls::crypto::ring::default_provider;
    ///
    /// let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
    ///     .with_safe_default_protocol_versions()
    ///     .expect("ring has all that TLS 1.3 needs")
    ///     .with_root_certificates(roots)
    ///     .with_no_client_auth();
    /// let tls = ClientTls::from_config(Arc::new(config));
    /// # }
    /// ```
    pub fn from_config(config: Arc<ClientConfig>) -> Self {
        Self {
            config: CurrentConfig::new(config),
            is_own_config: true,
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
        }
    }

    /// Sets the time limit from the connection to the end of the handshake. The client gives up a server
    /// that takes longer. Default: 5 s. The minimum is 10 ms.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() -> Result<(), messi::Error> {
    /// use std::time::Duration;
    ///
    /// use messi::tls::{ClientTls, Roots};
    ///
    /// let tls = ClientTls::new(Roots::platform()?).handshake_timeout(Duration::from_secs(2));
    /// # Ok(())
    /// # }
    /// ```
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = clamped(timeout);
        self
    }

    /// Shows this identity to servers that ask for one, from the next connection on. A connection that
    /// exists goes on.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example() -> Result<(), messi::Error> {
    /// use messi::tls::{ClientTls, Identity, Roots};
    ///
    /// let tls = ClientTls::new(Roots::from_pem_file("authority.pem")?);
    /// tls.set_identity(Identity::from_pem_files("device.pem", "device.key")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_identity(&self, identity: Identity) {
        let identity = identity.resolver();
        self.config
            .update(|config| config.client_auth_cert_resolver = identity);
    }

    /// Trusts these authorities, instead of those until now, from the next connection on. A connection that
    /// exists goes on.
    ///
    /// # Errors
    ///
    /// [`TlsError::Roots`] if the settings are made by [`from_config`](Self::from_config).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(tls: &messi::tls::ClientTls) -> Result<(), messi::Error> {
    /// use messi::tls::Roots;
    ///
    /// tls.set_authorities(Roots::from_pem_file("authority.pem")?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_authorities(&self, authorities: Roots) -> Result<(), TlsError> {
        if self.is_own_config {
            return Err(TlsError::roots(own_config()));
        }
        self.config.update(|config| {
            let identity = config.client_auth_cert_resolver.clone();
            *config = without_sessions(builder(authorities).with_client_cert_resolver(identity));
        });
        Ok(())
    }
}

impl ClientHandshake for ClientTls {
    fn connect<'a>(
        &'a self,
        time: &'a dyn TimeSource,
        uri: &'a Uri,
        socket: BoxSocket,
    ) -> BoxFuture<'a, Result<BoxSocket, HandshakeError>> {
        async move {
            let name = ServerName::try_from(uri.connect_host().to_owned()).map_err(|error| {
                HandshakeError::Tls(explained("no certificate can be for such a host", error))
            })?;
            let handshake =
                TlsConnector::from(self.config.get()).connect(name, FairSocket::new(socket));
            match timeout(time, self.handshake_timeout, handshake.into_fallible()).await {
                Some(Ok(stream)) => Ok(Box::new(stream) as BoxSocket),
                Some(Err((error, socket))) => {
                    close(time, socket.into_inner()).await;
                    Err(explain_handshake(error))
                }
                None => Err(timed_out(self.handshake_timeout)),
            }
        }
        .boxed()
    }
}

fn builder(authorities: Roots) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .expect("ring has all that TLS 1.3 needs")
        .with_root_certificates(authorities.0)
}

/// Returns a configuration of clients that trust these authorities and show no certificate.
pub(super) fn plain_config(authorities: Roots) -> ClientConfig {
    without_sessions(builder(authorities).with_no_client_auth())
}

/// Turns resumption off: servers of this crate give no tickets.
fn without_sessions(mut config: ClientConfig) -> ClientConfig {
    config.resumption = Resumption::disabled();
    config
}
