//! Where one end of a connection is.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// Where a server listens, or where a client came from.
///
/// As text, it is what follows the `tcp://`, `tls://` or `unix://` of a URI.
///
/// # Examples
///
/// ```
/// use messi::Address;
///
/// let address = Address::from(([127, 0, 0, 1], 6000));
/// assert_eq!(format!("tcp://{address}"), "tcp://127.0.0.1:6000");
/// assert_eq!(address.port(), Some(6000));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Address {
    /// An IP address and a port.
    Tcp(SocketAddr),
    /// The path of a Unix socket. Clients have none of their own: theirs is that of the server.
    Unix(Arc<Path>),
}

impl Address {
    /// The IP address and the port, if this is not a Unix socket.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// The port, if this is not a Unix socket.
    pub fn port(&self) -> Option<u16> {
        self.socket_addr().map(|address| address.port())
    }

    /// The path, if this is a Unix socket.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(path) => Some(path),
        }
    }

    /// The IP address, if this is not a Unix socket.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.socket_addr().map(|address| address.ip())
    }
}

impl<T: Into<SocketAddr>> From<T> for Address {
    fn from(address: T) -> Self {
        Self::Tcp(address.into())
    }
}

impl Display for Address {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => Display::fmt(address, formatter),
            Self::Unix(path) => Display::fmt(&path.display(), formatter),
        }
    }
}
