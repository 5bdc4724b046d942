//! Sockets of the operating system, which a runtime wraps.
//!
//! They are made here and in [`tcp`](super::tcp) and [`unix`](super::unix), once for all runtimes: not
//! blocking, with their options set, and, of a Unix socket, with the file that belongs to it.

use std::io;
use std::net::{TcpListener, TcpStream};

use socket2::{Domain, Protocol, SockAddr, Type};

use super::address::Address;
use super::tcp;
#[cfg(unix)]
use super::unix::{self, UnixServer};

/// Connections that may wait to be accepted. With the usual 128, each overflow costs a client
/// about a second when a fleet comes back.
const BACKLOG: i32 = 4096;

/// Operations that each type of stream has in its own way.
pub(crate) trait StdStream {
    /// Reads the bytes that have arrived.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Ends the direction that is written.
    fn end(&self) -> io::Result<()>;

    /// Returns the error that has ended the attempt to connect, once the stream is writable.
    fn check_connected(&self) -> io::Result<()>;

    /// Limits the bytes that the operating system holds and has not sent, if it can.
    fn limit_unsent(&self) {}
}

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
/// [`StdStream::check_connected`] then returns.
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

    /// Takes a connection, and returns it with the address of the peer. If there is none, the error is of
    /// the kind `WouldBlock`.
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

/// Creates a socket that connects to an address.
pub(super) fn connect_socket(
    domain: Domain,
    address: &SockAddr,
    protocol: Option<Protocol>,
) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(domain, Type::STREAM, protocol)?;
    socket.set_nonblocking(true)?;
    match socket.connect(address) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(socket),
    }
}

/// Returns whether an attempt to connect goes on after this error.
fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::EINPROGRESS) {
        return true;
    }
    error.kind() == io::ErrorKind::WouldBlock
}

/// Creates a socket that listens on an address.
pub(super) fn listen_socket(
    domain: Domain,
    address: &SockAddr,
    protocol: Option<Protocol>,
) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(domain, Type::STREAM, protocol)?;
    // A restarted server must get its port back at once. Windows does so without being asked,
    // and would let two servers share the port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}
