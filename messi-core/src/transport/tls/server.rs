//! The server's side of TLS.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use futures_rustls::rustls::version::TLS13;
use futures_rustls::rustls::{ConfigBuilder, ServerConfig, WantsVerifier};

use super::config::{CurrentConfig, DEFAULT_HANDSHAKE_TIMEOUT, provider};
use super::error::{TlsError, invalid, own_config};
use super::explain::{explain_handshake, timed_out};
use super::fair::FairSocket;
use super::identity::Identity;
use super::roots::Roots;
use crate::cpu_limit::{CpuLimit, HeavySteps};
use crate::time::{TimeSource, timeout};
use crate::transport::BoxSocket;
use crate::transport::close::close;
use crate::transport::handshake::{Certificates, HandshakeError, ServerHandshake};
use messi_wire::config::clamped;

/// The TLS settings of a server, for [`ServerBuilder::tls`](crate::ServerBuilder::tls).
///
/// Clones share the identity and the authorities: [`set_identity`](Self::set_identity) and
/// [`set_client_authorities`](Self::set_client_authorities) on one of them change them for all.
///
/// # Examples
///
/// A server that gets a new certificate now and then, and never stops for that:
///
/// ```no_run
/// # use chat::*;
/// # struct Session;
/// # impl ChatServerHandler for Session {}
/// # async fn renewed() {}
/// use messi::Report;
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
///         Err(error) => eprintln!("the old certificate is still used: {}", Report(&error)),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ServerTls {
    config: Arc<CurrentConfig<ServerConfig>>,
    client_certificates: ClientCertificates,
    handshake_timeout: Duration,
}

/// The certificates that a server asks of its clients.
#[derive(Clone, Copy, Debug)]
enum ClientCertificates {
    /// No certificate.
    NotAsked,
    /// A certificate, if the client has one.
    Optional,
    /// A certificate.
    Required,
    /// As the user's own configuration of rustls asks.
    AsConfigured,
}

impl ServerTls {
    /// Creates the settings of a server that shows this identity, and does not ask clients for a certificate.
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
        let config = builder()
            .with_no_client_auth()
            .with_cert_resolver(identity.resolver());
        Self {
            config: CurrentConfig::new(Arc::new(without_sessions(config))),
            client_certificates: ClientCertificates::NotAsked,
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
        }
    }

    /// Creates the settings of a server from a configuration of [`rustls`](super::rustls).
    ///
    /// For settings that the other methods do not have: several identities chosen by the name that the client asks for,
    /// revocation lists, another provider of cryptography, a verifier of one's own. The configuration decides whether
    /// clients show certificates, and of which authorities: the methods of this type for that return an error.
    ///
    /// With session tickets, which are on by default in rustls, the certificate of a client that comes back is
    /// not verified again: set `send_tls13_tickets` to zero.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(resolver: std::sync::Arc<dyn messi::tls::rustls::server::ResolvesServerCert>) {
    /// use std::sync::Arc;
    ///
    /// use messi::tls::ServerTls;
    /// use messi::tls::rustls::ServerConfig;
    /// use messi::tls::rustls::crypto::ring::default_provider;
    ///
    /// let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
    ///     .with_safe_default_protocol_versions()
    ///     .expect("ring has all that TLS 1.3 needs")
    ///     .with_no_client_auth()
    ///     .with_cert_resolver(resolver);
    /// config.send_tls13_tickets = 0;
    /// let tls = ServerTls::from_config(Arc::new(config));
    /// # }
    /// ```
    pub fn from_config(config: Arc<ServerConfig>) -> Self {
        Self {
            config: CurrentConfig::new(config),
            client_certificates: ClientCertificates::AsConfigured,
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
        }
    }

    /// Refuses clients that do not show a certificate of one of these authorities.
    ///
    /// [`ServerClient::peer_certificate`](crate::ServerClient::peer_certificate) returns the names in it to
    /// handlers.
    ///
    /// # Errors
    ///
    /// [`TlsError::Roots`] if the authorities can't be used for that, or if the settings are made by
    /// [`from_config`](Self::from_config).
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
    pub fn require_client_certificates(self, authorities: Roots) -> Result<Self, TlsError> {
        self.ask_for(ClientCertificates::Required, authorities)
    }

    /// Asks clients for a certificate of one of these authorities, and serves clients without one too.
    ///
    /// A client that shows a certificate of another authority, or an expired one, is refused.
    /// [`ServerClient::peer_certificate`](crate::ServerClient::peer_certificate) returns the names in the
    /// certificate to handlers, and `None` for a client without one, which must then log in by other means.
    ///
    /// # Errors
    ///
    /// Those of [`require_client_certificates`](Self::require_client_certificates).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(server: messi::tls::Identity) -> Result<(), messi::Error> {
    /// use messi::tls::{Roots, ServerTls};
    ///
    /// let devices = Roots::from_pem_file("devices.pem")?;
    /// let tls = ServerTls::new(server).accept_client_certificates(devices)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn accept_client_certificates(self, authorities: Roots) -> Result<Self, TlsError> {
        self.ask_for(ClientCertificates::Optional, authorities)
    }

    fn ask_for(self, asked: ClientCertificates, authorities: Roots) -> Result<Self, TlsError> {
        if let ClientCertificates::AsConfigured = self.client_certificates {
            return Err(TlsError::roots(own_config()));
        }
        // Settings that were cloned before go on as they are.
        let tls = Self {
            config: CurrentConfig::new(self.config.get()),
            client_certificates: asked,
            ..self
        };
        tls.set_client_authorities(authorities)?;
        Ok(tls)
    }

    /// Sets the time limit from a client's connection to the end of the handshake. A client that takes
    /// longer is refused. The header of a [proxy](crate::ServerBuilder::proxy_protocol) is part of it. Default: 5 s. The
    /// minimum is 10 ms.
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
        let identity = identity.resolver();
        self.config.update(|config| config.cert_resolver = identity);
    }

    /// Accepts certificates of clients from these authorities, instead of those until now, from the next
    /// connection on. Connections that exist go on.
    ///
    /// # Errors
    ///
    /// [`TlsError::Roots`] if the authorities can't be used for that, if the server does not ask for
    /// certificates, or if the settings are made by [`from_config`](Self::from_config). Then those until now
    /// are still used.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(tls: &messi::tls::ServerTls) -> Result<(), messi::Error> {
    /// use messi::tls::Roots;
    ///
    /// tls.set_client_authorities(Roots::from_pem_file("devices.pem")?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_client_authorities(&self, authorities: Roots) -> Result<(), TlsError> {
        let verifier = WebPkiClientVerifier::builder_with_provider(authorities.0, provider());
        let verifier = match self.client_certificates {
            ClientCertificates::Required => verifier,
            ClientCertificates::Optional => verifier.allow_unauthenticated(),
            ClientCertificates::NotAsked => {
                return Err(TlsError::roots(invalid(
                    "the server does not ask for certificates",
                )));
            }
            ClientCertificates::AsConfigured => return Err(TlsError::roots(own_config())),
        };
        let verifier = verifier.build().map_err(TlsError::roots)?;
        self.config.update(|config| {
            let changed = builder()
                .with_client_cert_verifier(verifier)
                .with_cert_resolver(config.cert_resolver.clone());
            *config = without_sessions(changed);
        });
        Ok(())
    }
}

impl ServerHandshake for ServerTls {
    fn time_limit(&self) -> Duration {
        self.handshake_timeout
    }

    fn accept<'a>(
        &'a self,
        time: &'a dyn TimeSource,
        cpu_limit: Arc<CpuLimit>,
        spent: Duration,
        socket: BoxSocket,
    ) -> BoxFuture<'a, Result<(BoxSocket, Certificates), HandshakeError>> {
        async move {
            let handshake = TlsAcceptor::from(self.config.get()).accept(FairSocket::new(socket));
            let handshake = HeavySteps::new(cpu_limit, handshake.into_fallible());
            let left = self.handshake_timeout.saturating_sub(spent);
            match timeout(time, left, handshake).await {
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
fn without_sessions(mut config: ServerConfig) -> ServerConfig {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use futures::future::join;
    use futures_rustls::rustls::server::{ClientHello, ResolvesServerCert};
    use futures_rustls::rustls::sign::CertifiedKey;

    use super::*;
    use crate::Address;
    use crate::testing::Simulation;

    /// A server without a certificate, which a client must say hello to be refused for.
    #[derive(Debug)]
    struct NoIdentity;

    impl ResolvesServerCert for NoIdentity {
        fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            None
        }
    }

    #[test]
    fn time_that_was_spent_before_is_part_of_the_limit() {
        let config = builder()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(NoIdentity));
        let tls = ServerTls::from_config(Arc::new(config));
        let simulation = Simulation::new(1);
        simulation.run(async {
            let runtime = simulation.runtime().0;
            let address = Address::from(([1, 2, 3, 4], 6000));
            let listener = runtime.listen(&address).unwrap();
            let (_client, server) = join(runtime.connect(&address), listener.accept()).await;
            let (spent, left) = (Duration::from_millis(4_900), Duration::from_millis(100));
            assert_eq!(tls.time_limit(), spent + left);
            let socket = server.unwrap().0;
            let handshake = tls.accept(&*runtime, CpuLimit::new(1), spent, socket);
            assert_eq!(handshake.await.err(), Some(timed_out(tls.time_limit())));
            assert_eq!(simulation.elapsed(), left);
        });
    }
}
