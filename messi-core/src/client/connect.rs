//! One attempt to connect.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::race::{Race, interleave};
use crate::runtime::AsyncRuntime;
use crate::time::timeout;
use crate::transport::handshake::{ClientHandshake, HandshakeError};
use crate::transport::{BoxSocket, HostPort, Location, no_address};
use crate::{Address, ConnectError, Uri};

/// Connects to servers.
pub(super) struct Connector {
    /// The limit of the look-up and of connecting to one of the addresses, together.
    timeout: Duration,
    /// `None` if frames follow at once.
    handshake: Option<Arc<dyn ClientHandshake>>,
    pub(super) runtime: Arc<dyn AsyncRuntime>,
}

impl Connector {
    pub(super) fn new(
        timeout: Duration,
        handshake: Option<Arc<dyn ClientHandshake>>,
        runtime: Arc<dyn AsyncRuntime>,
    ) -> Self {
        Self {
            timeout,
            handshake,
            runtime,
        }
    }

    /// Returns the limit of connecting.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Connects to a server, and performs the handshake. If that fails, the other addresses are tried. The
    /// addresses are looked up each time, as they may have changed. Returns the socket and the address.
    pub(super) async fn connect(&self, uri: &Uri) -> Result<(BoxSocket, Address), ConnectError> {
        let deadline = self.runtime.now() + self.timeout;
        let addresses = self.until(deadline, self.addresses(uri)).await??;
        let mut race = Race::new(self.runtime.clone(), addresses);
        // It explains more than the errors of other addresses.
        let mut refusal = None;
        loop {
            match self.until(deadline, race.next()).await {
                Ok(Some((socket, address))) => match self.handshake(uri, socket).await {
                    Ok(socket) => return Ok((socket, address)),
                    Err(error) => refusal = Some(error),
                },
                Ok(None) => {
                    let failure = refusal.or(race.into_failure());
                    return Err(failure.unwrap_or_else(|| self.timed_out()));
                }
                Err(timed_out) => return Err(refusal.unwrap_or(timed_out)),
            }
        }
    }

    async fn addresses(&self, uri: &Uri) -> Result<Vec<Address>, ConnectError> {
        match uri.location() {
            Location::Host(server) => self.resolve(server).await,
            Location::Path(path) => Ok(vec![Address::Unix(path.clone())]),
        }
    }

    async fn resolve(&self, server: &HostPort) -> Result<Vec<Address>, ConnectError> {
        let host = server.connect_host();
        let failed = |error: io::Error| ConnectError::Resolve {
            host: host.into(),
            source: error.into(),
        };
        match self.runtime.resolve(host.into(), server.port).await {
            Ok(addresses) if addresses.is_empty() => Err(failed(no_address())),
            Ok(addresses) => Ok(interleave(addresses)),
            Err(error) => Err(failed(error)),
        }
    }

    async fn handshake(&self, uri: &Uri, mut socket: BoxSocket) -> Result<BoxSocket, ConnectError> {
        let Some(handshake) = &self.handshake else {
            socket.refuse_tls();
            return Ok(socket);
        };
        let result = handshake.connect(&*self.runtime, uri, socket).await;
        result.map_err(|error| handshake_failed(uri, error))
    }

    /// Waits for a future, but not beyond the deadline.
    pub(super) async fn until<T>(
        &self,
        deadline: Instant,
        future: impl Future<Output = T>,
    ) -> Result<T, ConnectError> {
        let left = deadline.saturating_duration_since(self.runtime.now());
        timeout(&*self.runtime, left, pin!(future))
            .await
            .ok_or_else(|| self.timed_out())
    }

    fn timed_out(&self) -> ConnectError {
        ConnectError::Timeout {
            limit: self.timeout,
        }
    }
}

fn handshake_failed(uri: &Uri, error: HandshakeError) -> ConnectError {
    match error {
        HandshakeError::Tls(source) => ConnectError::Tls {
            host: uri.connect_host().into(),
            source,
        },
    }
}
