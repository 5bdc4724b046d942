//! Listening at a URI, or on a listener that the program has bound.

use std::io;

use futures::future::{BoxFuture, FutureExt};

use crate::runtime::AsyncRuntime;
use crate::transport::{BoxListener, HostPort, Location, no_address};
use crate::{Address, BoundListener, ListenError, Uri};

/// Where a server listens.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Uri(String),
    Bound(BoundListener),
}

/// A listener, its address and its URI. Both have the real port if the requested one is 0.
pub(super) struct Listening {
    pub(super) listener: BoxListener,
    pub(super) address: Address,
    pub(super) uri: Uri,
}

impl Place {
    /// Listens. The URI must be one of TLS if `has_tls`, and only then.
    // Boxed, so that the program of the user need not compile it.
    pub(super) fn listen<'a>(
        &'a self,
        runtime: &'a dyn AsyncRuntime,
        has_tls: bool,
    ) -> BoxFuture<'a, Result<Listening, ListenError>> {
        self.listening(runtime, has_tls).boxed()
    }

    async fn listening(
        &self,
        runtime: &dyn AsyncRuntime,
        has_tls: bool,
    ) -> Result<Listening, ListenError> {
        match self {
            Self::Uri(uri) => {
                let uri = Uri::parse(uri, has_tls)?;
                let (listener, address) = listen_at(runtime, &uri).await?;
                let uri = uri.of_started_server(address.port());
                Ok(Listening {
                    listener,
                    address,
                    uri,
                })
            }
            Self::Bound(listener) => adopt(runtime, listener, has_tls),
        }
    }
}

/// Wraps a listener that exists.
fn adopt(
    runtime: &dyn AsyncRuntime,
    listener: &BoundListener,
    has_tls: bool,
) -> Result<Listening, ListenError> {
    let adopt = || {
        let listener = runtime.adopt(listener.to_os()?)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let (listener, address) = adopt().map_err(|error: io::Error| ListenError::Listener {
        source: error.into(),
    })?;
    let uri = Uri::of_listener(&address, has_tls)?;
    Ok(Listening {
        listener,
        address,
        uri,
    })
}

/// Listens at the location of a URI, and returns the address too.
async fn listen_at(
    runtime: &dyn AsyncRuntime,
    uri: &Uri,
) -> Result<(BoxListener, Address), ListenError> {
    match uri.location() {
        Location::Host(host_port) => listen_on_host(runtime, host_port).await,
        Location::Path(path) => listen_on(runtime, Address::Unix(path.clone())),
    }
}

/// Listens on the first address of a host that allows it.
async fn listen_on_host(
    runtime: &dyn AsyncRuntime,
    host_port: &HostPort,
) -> Result<(BoxListener, Address), ListenError> {
    let host = host_port.listen_host();
    let failed = |error: io::Error| ListenError::Resolve {
        host: host.into(),
        source: error.into(),
    };
    let addresses = runtime.resolve(host.into(), host_port.port).await;
    let addresses = addresses.map_err(failed)?;
    let mut result = Err(failed(no_address()));
    for address in addresses {
        result = listen_on(runtime, Address::Tcp(address));
        if result.is_ok() {
            break;
        }
    }
    result
}

/// Listens on an address. The returned address has the real port if the requested one is 0.
fn listen_on(
    runtime: &dyn AsyncRuntime,
    address: Address,
) -> Result<(BoxListener, Address), ListenError> {
    let listen = || -> io::Result<_> {
        let listener = runtime.listen(&address)?;
        let local_addr = listener.local_addr()?;
        Ok((listener, local_addr))
    };
    listen().map_err(|error| ListenError::Bind {
        address,
        source: error.into(),
    })
}
