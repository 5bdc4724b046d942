//! Sockets of the operating system, which a runtime wraps.
//!
//! They are made here and in `tcp` and `unix`, once for all runtimes: not
//! blocking, with their options set, and, of a Unix socket, with the file that belongs to it.

use std::io;
use std::net::{TcpListener, TcpStream};

use super::address::Address;
use super::tcp;
#[cfg(unix)]
use super::unix::{self, UnixServer};

/// A stream of the operating system, not blocking.
#[derive(Debug)]
pub(crate) enum OsStream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

/// A listener of the operating system, not blocking.
#[derive(Debug)]
pub(crate) enum OsListener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixServer),
}

/// Begins to connect to an address. The stream becomes writable once it is connected or has failed, which
/// [`StdStream::check_connected`](super::std_socket::StdStream::check_connected) then returns.
pub(crate) fn connect(address: &Address) -> io::Result<OsStream> {
    match address {
        Address::Tcp(address) => tcp::connect(*address).map(OsStream::Tcp),
        #[cfg(unix)]
        Address::Unix(path) => unix::connect(path).map(OsStream::Unix),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(no_unix_sockets()),
    }
}

/// Listens on an address.
pub(crate) fn listen(address: &Address) -> io::Result<OsListener> {
    match address {
        Address::Tcp(address) => tcp::listen(*address).map(OsListener::Tcp),
        #[cfg(unix)]
        Address::Unix(path) => unix::listen(path).map(OsListener::Unix),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(no_unix_sockets()),
    }
}

#[cfg(not(unix))]
fn no_unix_sockets() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "there are no Unix sockets on this system",
    )
}

impl OsListener {
    /// Returns the address that it listens on.
    pub(crate) fn local_addr(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Self::Unix(server) => Ok(server.address()),
        }
    }

    /// Takes a connection, and returns it with the address of the peer. If there is no connection, the
    /// error is of the kind `WouldBlock`.
    pub(crate) fn accept(&self) -> io::Result<(OsStream, Address)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = tcp::accept(listener)?;
                Ok((OsStream::Tcp(stream), Address::Tcp(address)))
            }
            #[cfg(unix)]
            Self::Unix(server) => Ok((OsStream::Unix(server.accept()?), server.address())),
        }
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for OsListener {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(server) => server.as_fd(),
        }
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsSocket for OsListener {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        match self {
            Self::Tcp(listener) => listener.as_socket(),
        }
    }
}
