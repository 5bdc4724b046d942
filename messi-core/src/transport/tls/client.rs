//! The client's side of TLS.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures_rustls::TlsConnector;
use futures_rustls::pki_types::ServerName;
use futures_rustls::rustls::ClientConfig;
use futures_rustls::rustls::client::Resumption;
use futures_rustls::rustls::version::TLS13;

use super::close::close;
use super::config::{DEFAULT_HANDSHAKE_TIMEOUT, provider};
use super::explain::{explain_handshake, explained, timed_out};
use super::fair::FairSocket;
use super::identity::{CurrentIdentity, Identity};
use super::roots::Roots;
use crate::time::{TimeSource, timeout};
use crate::transport::handshake::{ClientHandshake, HandshakeError};
use crate::transport::{BoxSocket, Uri};
use messi_wire::config::clamped;

/// The TLS settings of a client, for [`ClientBuilder::tls`](crate::ClientBuilder::tls).
///
/// The server must show a certificate that one of the authorities has issued for the host of the URI, a
/// name or an address.
///
/// Clones share one identity: [`set_identity`](Self::set_identity) on one of them changes it for all.
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
    identity: Arc<CurrentIdentity>,
    config: Arc<ClientConfig>,
    handshake_timeout: Duration,
}

impl ClientTls {
    /// Creates the settings of a client that trusts these authorities, and shows no certificate.
    pub fn new(authorities: Roots) -> Self {
        let identity = Arc::new(CurrentIdentity::new(None));
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .expect("ring has all that TLS 1.3 needs")
            .with_root_certificates(authorities.0)
            .with_client_cert_resolver(identity.clone());
        // Servers give no tickets.
        config.resumption = Resumption::disabled();
        Self {
            identity,
            config: Arc::new(config),
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
        self.identity.set(identity);
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
                TlsConnector::from(self.config.clone()).connect(name, FairSocket::new(socket));
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
