//! Listeners.

use std::io;

use futures::future::{BoxFuture, FutureExt};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::registered;
use super::stream::TokioStream;
use crate::transport::os::OsListener;
#[cfg(unix)]
use crate::transport::unix::UnixServer;
use crate::transport::{Address, BoxSocket, Listener, tcp};

/// A listener that waits for the reactor of tokio.
pub(super) enum TokioListener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        listener: UnixListener,
        server: UnixServer,
    },
}

impl TokioListener {
    /// Registers a listener with the reactor.
    pub(super) fn new(listener: OsListener) -> io::Result<Self> {
        registered(|| match listener {
            OsListener::Tcp(listener) => TcpListener::from_std(listener).map(Self::Tcp),
            #[cfg(unix)]
            OsListener::Unix(server) => Ok(Self::Unix {
                listener: UnixListener::from_std(server.try_clone_listener()?)?,
                server,
            }),
        })
    }
}

impl Listener for TokioListener {
    fn local_addr(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Self::Unix { server, .. } => Ok(server.address()),
        }
    }

    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxSocket, Address)>> {
        async move {
            match self {
                Self::Tcp(listener) => {
                    let (stream, address) = listener.accept().await?;
                    tcp::configure((&stream).into())?;
                    Ok((TokioStream::boxed(stream), Address::Tcp(address)))
                }
                #[cfg(unix)]
                Self::Unix { listener, server } => {
                    let (stream, _unnamed) = listener.accept().await?;
                    Ok((TokioStream::boxed(stream), server.address()))
                }
            }
        }
        .boxed()
    }
}
