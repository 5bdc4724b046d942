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
use super::explain::{explain_handshake, no_handshake};
use super::fair::FairSocket;
use super::identity::Current;
use super::{HANDSHAKE_TIMEOUT, Identity, Roots, provider};
use crate::runtime::{BoxSocket, Runtime, timeout};
use messi_wire::config::clamped;

/// How a client speaks TLS: see [`ClientBuilder::tls`](crate::ClientBuilder::tls).
///
/// The server must show a certificate of one of the authorities that is for the host of the URI, a name
/// or an address.
///
/// Clones are handles of the same: [`set_identity`](Self::set_identity) on one of them counts for all.
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
    identity: Arc<Current>,
    config: Arc<ClientConfig>,
    handshake_timeout: Duration,
}

impl ClientTls {
    /// A client that trusts these authorities, and shows nothing.
    pub fn new(authorities: Roots) -> Self {
        let identity = Arc::new(Current::new(None));
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
            handshake_timeout: HANDSHAKE_TIMEOUT,
        }
    }

    /// Time from the connection to the end of the handshake; a server that takes longer is given up.
    /// Default: 5 s. A time below 10 ms is taken for 10 ms.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = clamped(timeout);
        self
    }

    /// Shows this to servers that ask for it, from the next connection on. The connection that is
    /// there goes on.
    pub fn set_identity(&self, identity: Identity) {
        self.identity.set(identity);
    }

    /// Makes of a socket one that speaks TLS with this host, or tells what is wrong.
    pub(crate) fn connect<'a>(
        &'a self,
        runtime: &'a dyn Runtime,
        host: &'a str,
        socket: BoxSocket,
    ) -> BoxFuture<'a, Result<BoxSocket, String>> {
        async move {
            let name = ServerName::try_from(host.to_owned())
                .map_err(|_| "no certificate can be for such a host".to_string())?;
            let handshake =
                TlsConnector::from(self.config.clone()).connect(name, FairSocket::new(socket));
            match timeout(runtime, self.handshake_timeout, handshake.into_fallible()).await {
                Some(Ok(stream)) => Ok(Box::new(stream) as BoxSocket),
                Some(Err((error, socket))) => {
                    close(runtime, socket.into_inner()).await;
                    Err(explain_handshake(&error))
                }
                None => Err(no_handshake(self.handshake_timeout)),
            }
        }
        .boxed()
    }
}
