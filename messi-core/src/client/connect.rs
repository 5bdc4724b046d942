//! One attempt to connect.

use std::sync::Arc;
use std::time::Duration;

use crate::runtime::{BoxSocket, Runtime, timeout};
use crate::tls::ClientTls;
use crate::uri::{HostPort, Uri};
use crate::{Address, ConnectError};

/// Connects to one of several servers, as often as asked.
pub(super) struct Connector {
    uris: Vec<Uri>,
    /// Which of them is next.
    next: usize,
    /// For the look-up, and for each address.
    timeout: Duration,
    /// There if the servers speak TLS.
    tls: Option<ClientTls>,
    pub(super) runtime: Arc<dyn Runtime>,
}

impl Connector {
    /// A connector to these servers, of which there must be one at least.
    pub(super) fn new(
        uris: Vec<Uri>,
        timeout: Duration,
        tls: Option<ClientTls>,
        runtime: Arc<dyn Runtime>,
    ) -> Self {
        Self {
            uris,
            next: 0,
            timeout,
            tls,
            runtime,
        }
    }

    /// How many servers there are.
    pub(super) fn servers(&self) -> usize {
        self.uris.len()
    }

    /// Takes the server whose turn it is.
    pub(super) fn next_server(&mut self) -> Uri {
        let uri = self.uris[self.next].clone();
        self.next = (self.next + 1) % self.uris.len();
        uri
    }

    /// Looks a server up, since its address may have changed, and tries each of its addresses.
    pub(super) async fn connect(&self, uri: &Uri) -> Result<BoxSocket, ConnectError> {
        let mut result = Err(ConnectError::Timeout {
            limit: self.timeout,
        });
        for address in self.addresses(uri).await? {
            result = self.connect_to(uri, address).await;
            if result.is_ok() {
                break;
            }
        }
        result
    }

    async fn addresses(&self, uri: &Uri) -> Result<Vec<Address>, ConnectError> {
        match uri {
            Uri::Tcp(server) | Uri::Tls(server) => self.resolve(server).await,
            Uri::Unix(path) => Ok(vec![Address::Unix(path.clone())]),
        }
    }

    async fn resolve(&self, server: &HostPort) -> Result<Vec<Address>, ConnectError> {
        let host = server.connect_host();
        let failed = |message| ConnectError::Resolve {
            host: host.into(),
            message,
        };
        let addresses = self.runtime.resolve(host.into(), server.port);
        match self.limit(addresses).await? {
            Ok(addresses) if addresses.is_empty() => Err(failed("it has no address".into())),
            Ok(addresses) => Ok(addresses.into_iter().map(Address::Tcp).collect()),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    async fn connect_to(&self, uri: &Uri, address: Address) -> Result<BoxSocket, ConnectError> {
        let socket = self.limit(self.runtime.connect(&address)).await?;
        let socket = socket.map_err(|error| ConnectError::Io {
            address,
            kind: error.kind(),
            message: error.to_string(),
        })?;
        match uri {
            Uri::Tcp(_) | Uri::Unix(_) => Ok(socket),
            Uri::Tls(server) => self.encrypt(server.connect_host(), socket).await,
        }
    }

    async fn encrypt(&self, host: &str, socket: BoxSocket) -> Result<BoxSocket, ConnectError> {
        let result = match &self.tls {
            Some(tls) => tls.connect(&*self.runtime, host, socket).await,
            None => Err("it is not set up".into()),
        };
        result.map_err(|message| ConnectError::Tls {
            host: host.into(),
            message,
        })
    }

    async fn limit<T>(&self, future: impl Future<Output = T> + Unpin) -> Result<T, ConnectError> {
        let limit = self.timeout;
        timeout(&*self.runtime, limit, future)
            .await
            .ok_or(ConnectError::Timeout { limit })
    }
}
