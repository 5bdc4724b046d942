//! One attempt to connect.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::runtime::AsyncRuntime;
use crate::time::timeout;
use crate::transport::handshake::{ClientHandshake, HandshakeError};
use crate::transport::{BoxSocket, HostPort, Location, no_address};
use crate::{Address, ConnectError, Uri};

/// Connects to one of several servers, as often as asked.
pub(super) struct Connector {
    uris: Vec<Uri>,
    /// The index of the next one.
    next: usize,
    /// The limit of the look-up, and of each attempt to connect to an address.
    timeout: Duration,
    /// `None` if frames follow at once.
    handshake: Option<Arc<dyn ClientHandshake>>,
    pub(super) runtime: Arc<dyn AsyncRuntime>,
}

impl Connector {
    /// Creates a connector to these servers, of which there must be at least one.
    pub(super) fn new(
        uris: Vec<Uri>,
        timeout: Duration,
        handshake: Option<Arc<dyn ClientHandshake>>,
        runtime: Arc<dyn AsyncRuntime>,
    ) -> Self {
        Self {
            uris,
            next: 0,
            timeout,
            handshake,
            runtime,
        }
    }

    /// Returns the number of servers.
    pub(super) fn servers(&self) -> usize {
        self.uris.len()
    }

    /// Returns the server whose turn it is.
    pub(super) fn next_server(&self) -> &Uri {
        &self.uris[self.next]
    }

    /// Returns the server whose turn it is, and gives the turn to the one after it.
    pub(super) fn take_server(&mut self) -> Uri {
        let uri = self.next_server().clone();
        self.next = (self.next + 1) % self.uris.len();
        uri
    }

    /// Connects to a server, whose address is looked up each time as it may have changed, and performs the
    /// handshake. Each of its addresses is tried. Returns the socket and the address.
    pub(super) async fn connect(&self, uri: &Uri) -> Result<(BoxSocket, Address), ConnectError> {
        let mut last = ConnectError::Timeout {
            limit: self.timeout,
        };
        for address in self.addresses(uri).await? {
            match self.connect_to(uri, address.clone()).await {
                Ok(socket) => return Ok((socket, address)),
                Err(error) => last = error,
            }
        }
        Err(last)
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
        let addresses = self.runtime.resolve(host.into(), server.port);
        match self.limit(addresses).await? {
            Ok(addresses) if addresses.is_empty() => Err(failed(no_address())),
            Ok(addresses) => Ok(addresses.into_iter().map(Address::Tcp).collect()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn connect_to(&self, uri: &Uri, address: Address) -> Result<BoxSocket, ConnectError> {
        let socket = self.limit(self.runtime.connect(&address)).await?;
        let mut socket = socket.map_err(|error| ConnectError::Io {
            address,
            source: error.into(),
        })?;
        let Some(handshake) = &self.handshake else {
            socket.refuse_tls();
            return Ok(socket);
        };
        let result = handshake.connect(&*self.runtime, uri, socket).await;
        result.map_err(|error| handshake_failed(uri, error))
    }

    async fn limit<T>(&self, future: impl Future<Output = T> + Unpin) -> Result<T, ConnectError> {
        let limit = self.timeout;
        timeout(&*self.runtime, limit, future)
            .await
            .ok_or(ConnectError::Timeout { limit })
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
