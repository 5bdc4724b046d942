//! Addresses of the ends of a connection.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// The address that a server listens on, or that a client has connected from.
///
/// Its text is the part of a URI after `tcp://`, `tls://` or `unix://`. For a whole URI, see
/// [`Server::uri`](crate::Server::uri).
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
    /// The path of a Unix socket. A client has no path of its own, but that of its server.
    Unix(Arc<Path>),
}

impl Address {
    /// Returns the IP address and the port; `None` for a Unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::SocketAddr;
    ///
    /// use messi::Address;
    ///
    /// let local = SocketAddr::from(([127, 0, 0, 1], 6000));
    /// assert_eq!(Address::from(local).socket_addr(), Some(local));
    /// ```
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Returns the port; `None` for a Unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use messi::Address;
    ///
    /// let address = Address::from(([127, 0, 0, 1], 6000));
    /// assert_eq!(address.port(), Some(6000));
    /// ```
    pub fn port(&self) -> Option<u16> {
        self.socket_addr().map(|address| address.port())
    }

    /// Returns the path of a Unix socket; `None` for any other address.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use messi::Address;
    ///
    /// let path = Path::new("/run/chat.sock");
    /// assert_eq!(Address::Unix(path.into()).path(), Some(path));
    /// ```
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(path) => Some(path),
        }
    }

    /// Returns the IP address; `None` for a Unix socket.
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
