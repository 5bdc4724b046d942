//! Opening sockets and running the driver of a connection, on the runtime of the server.

use std::io;

use crate::error::Failure;
use crate::socket::Stream;
use crate::target::Address;

#[cfg(any(feature = "async-std", feature = "smol"))]
mod async_io;
#[cfg(feature = "tokio")]
mod tokio;

/// The runtime on which a connection is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runtime {
    /// The reactor of async-std and smol.
    #[cfg(any(feature = "async-std", feature = "smol"))]
    AsyncIo,
    #[cfg(feature = "tokio")]
    Tokio,
}

impl Runtime {
    /// Returns the runtime that polls the caller.
    pub(crate) fn current() -> Result<Self, Failure> {
        #[cfg(feature = "tokio")]
        if ::tokio::runtime::Handle::try_current().is_ok() {
            return Ok(Self::Tokio);
        }
        #[cfg(any(feature = "async-std", feature = "smol"))]
        return Ok(Self::AsyncIo);
        #[cfg(not(any(feature = "async-std", feature = "smol")))]
        return Err(Failure::NoRuntime);
    }

    /// Opens a socket to a server.
    pub(crate) async fn open(self, address: &Address) -> io::Result<Box<dyn Stream>> {
        match self {
            #[cfg(any(feature = "async-std", feature = "smol"))]
            Self::AsyncIo => async_io::open(address).await,
            #[cfg(feature = "tokio")]
            Self::Tokio => tokio::open(address).await,
        }
    }

    /// Runs the driver of a connection until it ends.
    pub(crate) fn spawn(self, driver: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        match self {
            #[cfg(any(feature = "async-std", feature = "smol"))]
            Self::AsyncIo => async_io::spawn(driver),
            #[cfg(feature = "tokio")]
            Self::Tokio => tokio::spawn(driver),
        }
    }
}

#[cfg(not(unix))]
fn no_unix_sockets() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "no Unix sockets on this system")
}
