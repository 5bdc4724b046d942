//! Handshakes: the step between a connection of the operating system and the first frame.
//!
//! A handshake takes a socket and returns the one that frames go through, or says why it has failed. TLS is
//! the only one today. A client or server without one uses the socket as it is.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use thiserror::Error;

use super::socket::BoxSocket;
use super::uri::Uri;
use crate::SharedError;
use crate::cpu_limit::CpuLimit;
use crate::time::TimeSource;

/// Certificates in DER, the peer's own first.
pub(crate) type Certificates = Box<[Vec<u8>]>;

/// The handshake of a client.
pub(crate) trait ClientHandshake: Debug + Send + Sync {
    /// Performs the handshake with the server of this URI, and returns the socket to use.
    fn connect<'a>(
        &'a self,
        time: &'a dyn TimeSource,
        uri: &'a Uri,
        socket: BoxSocket,
    ) -> BoxFuture<'a, Result<BoxSocket, HandshakeError>>;
}

/// The handshake of a server.
pub(crate) trait ServerHandshake: Debug + Send + Sync {
    /// Returns the time limit from the connection of a client to the end of the handshake.
    fn time_limit(&self) -> Duration;

    /// Performs the handshake with a client, and returns the socket to use and the client's certificates.
    ///
    /// Heavy steps wait for the `cpu_limit`, and the time of waiting is part of the handshake's. So is the time that was
    /// `spent` before.
    fn accept<'a>(
        &'a self,
        time: &'a dyn TimeSource,
        cpu_limit: Arc<CpuLimit>,
        spent: Duration,
        socket: BoxSocket,
    ) -> BoxFuture<'a, Result<(BoxSocket, Certificates), HandshakeError>>;
}

/// Why a handshake has failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[cfg_attr(
    not(any(feature = "tls", test)),
    expect(dead_code, reason = "TLS is the only handshake")
)]
pub(crate) enum HandshakeError {
    /// The handshake of TLS.
    #[error("TLS handshake failed")]
    Tls(#[source] SharedError),
}
