//! The server's side of TLS.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use futures_rustls::rustls::version::TLS13;
use futures_rustls::rustls::{ConfigBuilder, ServerConfig, WantsVerifier};

use super::close::close;
use super::config::{DEFAULT_HANDSHAKE_TIMEOUT, provider};
use super::error::TlsError;
use super::explain::{explain_handshake, timed_out};
use super::fair::FairSocket;
use super::identity::{CurrentIdentity, Identity};
use super::roots::Roots;
use crate::cpu_limit::{CpuLimit, HeavySteps};
use crate::time::{TimeSource, timeout};
use crate::transport::BoxSocket;
use crate::transport::handshake::{Certificates, HandshakeError, ServerHandshake};
use messi_wire::config::clamped;

/// The TLS settings of a server, for [`ServerBuilder::tls`](crate::ServerBuilder::tls).
///
/// Clones share one identity: [`set_identity`](Self::set_identity) on one of them changes it for all.
///
/// # Examples
///
/// A server whose certificate is renewed now and then, and which never stops for that:
///
/// ```no_run
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
/// # use chat::*;
/// # struct Session;
/// # impl ChatServerHandler for Session {}
/// # async fn renewed() {}
/// use messi::tls::{Identity, ServerTls};
///
/// # async fn example() -> Result<(), messi::Error> {
/// let identity = || Identity::from_pem_files("server.pem", "server.key");
/// let tls = ServerTls::new(identity()?);
/// let server = ChatServer::builder("tls://:6000").tls(tls.clone()).start(|_| Session).await?;
/// loop {
///     renewed().await;
///     match identity() {
///         Ok(identity) => tls.set_identity(identity),
///         Err(error) => eprintln!("the old certificate is still used: {error}"),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ServerTls {
    identity: Arc<CurrentIdentity>,
    config: Arc<ServerConfig>,
    handshake_timeout: Duration,
}

impl ServerTls {
    /// Creates the settings of a server that shows this identity, and asks clients for none.
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
    pub fn new(identity: Identity) -> Self {
        let identity = Arc::new(CurrentIdentity::new(Some(identity)));
        let config = builder()
            .with_no_client_auth()
            .with_cert_resolver(identity.clone());
        Self {
            identity,
            config: without_sessions(config),
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
        }
    }

    /// Refuses clients that do not show a certificate of one of these authorities.
    ///
    /// [`ServerClient::peer_certificates`](crate::ServerClient::peer_certificates) returns the
    /// certificate to handlers.
    ///
    /// # Errors
    ///
    /// [`TlsError::Roots`] if the authorities can't be used for that.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(server: messi::tls::Identity) -> Result<(), messi::Error> {
    /// use messi::tls::{Roots, ServerTls};
    ///
    /// let devices = Roots::from_pem_file("devices.pem")?;
    /// let tls = ServerTls::new(server).require_client_certificates(devices)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn require_client_certificates(mut self, authorities: Roots) -> Result<Self, TlsError> {
        let verifier = WebPkiClientVerifier::builder_with_provider(authorities.0, provider());
        let verifier = verifier.build().map_err(TlsError::roots)?;
        let config = builder()
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(self.identity.clone());
        self.config = without_sessions(config);
        Ok(self)
    }

    /// Sets the time limit from a client's connection to the end of the handshake. A client that takes
    /// longer is refused. Default: 5 s. The minimum is 10 ms.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(identity: messi::tls::Identity) {
    /// use std::time::Duration;
    ///
    /// use messi::tls::ServerTls;
    ///
    /// let tls = ServerTls::new(identity).handshake_timeout(Duration::from_secs(2));
    /// # }
    /// ```
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = clamped(timeout);
        self
    }

    /// Shows this identity from the next connection on. Connections that exist go on.
    ///
    /// See [`ServerTls`] for an example.
    pub fn set_identity(&self, identity: Identity) {
        self.identity.set(identity);
    }
}

impl ServerHandshake for ServerTls {
    fn accept<'a>(
        &'a self,
        time: &'a dyn TimeSource,
        cpu_limit: Arc<CpuLimit>,
        socket: BoxSocket,
    ) -> BoxFuture<'a, Result<(BoxSocket, Certificates), HandshakeError>> {
        async move {
            let handshake = TlsAcceptor::from(self.config.clone()).accept(FairSocket::new(socket));
            let handshake = HeavySteps::new(cpu_limit, handshake.into_fallible());
            match timeout(time, self.handshake_timeout, handshake).await {
                Some(Ok(stream)) => {
                    let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
                    let shown = shown.iter().map(|it| it.to_vec()).collect();
                    Ok((Box::new(stream) as BoxSocket, shown))
                }
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

fn builder() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .expect("ring has all that TLS 1.3 needs")
}

/// Turns session tickets off: they spare a client that comes back little, and its certificate would not be
/// checked again.
fn without_sessions(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}
