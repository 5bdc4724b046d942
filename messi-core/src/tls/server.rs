//! The server's side of TLS.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use futures_rustls::rustls::version::TLS13;
use futures_rustls::rustls::{ConfigBuilder, ServerConfig, WantsVerifier};

use super::close::close;
use super::explain::{explain_handshake, no_handshake};
use super::fair::FairSocket;
use super::identity::Current;
use super::{HANDSHAKE_TIMEOUT, Identity, Roots, TlsError, provider};
use crate::cpu_limit::{CpuLimit, HeavySteps};
use crate::runtime::{BoxSocket, Runtime, timeout};
use crate::server::Certificates;
use messi_wire::config::clamped;

/// How a server speaks TLS: see [`ServerBuilder::tls`](crate::ServerBuilder::tls).
///
/// Clones are handles of the same: [`set_identity`](Self::set_identity) on one of them counts for all.
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
    identity: Arc<Current>,
    config: Arc<ServerConfig>,
    handshake_timeout: Duration,
}

impl ServerTls {
    /// A server that shows this to its clients, which need not show anything.
    pub fn new(identity: Identity) -> Self {
        let identity = Arc::new(Current::new(Some(identity)));
        let config = builder()
            .with_no_client_auth()
            .with_cert_resolver(identity.clone());
        Self {
            identity,
            config: without_sessions(config),
            handshake_timeout: HANDSHAKE_TIMEOUT,
        }
    }

    /// Turns clients away that do not show a certificate of one of these authorities. Handlers see
    /// it: [`ServerClient::peer_certificates`](crate::ServerClient::peer_certificates).
    ///
    /// # Errors
    ///
    /// If the authorities can't be used for that.
    pub fn require_client_certificates(mut self, authorities: Roots) -> Result<Self, TlsError> {
        let verifier = WebPkiClientVerifier::builder_with_provider(authorities.0, provider());
        let verifier = verifier.build().map_err(|error| TlsError::Roots {
            message: error.to_string(),
        })?;
        let config = builder()
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(self.identity.clone());
        self.config = without_sessions(config);
        Ok(self)
    }

    /// Time from a client's connection to the end of the handshake; one that takes longer is turned
    /// away. Default: 5 s. A time below 10 ms is taken for 10 ms.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = clamped(timeout);
        self
    }

    /// Shows this from the next connection on. Connections that are there go on.
    pub fn set_identity(&self, identity: Identity) {
        self.identity.set(identity);
    }

    /// Performs the TLS handshake, and returns the encrypted socket and the client's certificates, or a
    /// description of the error. The time of waiting for the `cpu_limit` is part of the handshake's.
    pub(crate) fn accept<'a>(
        &'a self,
        runtime: &'a dyn Runtime,
        cpu_limit: Arc<CpuLimit>,
        socket: BoxSocket,
    ) -> BoxFuture<'a, Result<(BoxSocket, Certificates), String>> {
        async move {
            let handshake = TlsAcceptor::from(self.config.clone()).accept(FairSocket::new(socket));
            let handshake = HeavySteps::new(cpu_limit, handshake.into_fallible());
            match timeout(runtime, self.handshake_timeout, handshake).await {
                Some(Ok(stream)) => {
                    let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
                    let shown = shown.iter().map(|it| it.to_vec()).collect();
                    Ok((Box::new(stream) as BoxSocket, shown))
                }
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

fn builder() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .expect("ring has all that TLS 1.3 needs")
}

/// A client that comes back would be spared little, and would not be asked again who it is.
fn without_sessions(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}
