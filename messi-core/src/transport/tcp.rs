//! TCP sockets of the operating system, made and configured.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Protocol, SockRef};

use super::std_socket::{self, StdStream};

/// Begins to connect to an address. The stream becomes writable once it is connected or has failed.
pub(super) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let domain = Domain::for_address(address);
    let socket = std_socket::connect(domain, &address.into(), Some(Protocol::TCP))?;
    configure((&socket).into())?;
    Ok(socket.into())
}

/// Listens on an address.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let domain = Domain::for_address(address);
    let socket = std_socket::listen(domain, &address.into(), Some(Protocol::TCP))?;
    Ok(socket.into())
}

/// Takes a connection, if there is one.
pub(super) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, address) = listener.accept()?;
    stream.set_nonblocking(true)?;
    configure((&stream).into())?;
    Ok((stream, address))
}

/// Sends small messages at once: they leave in batches already, and to wait for more only delays them.
pub(crate) fn configure(socket: SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_nodelay(true)
}

/// Returns the error that has ended the attempt to connect.
pub(crate) fn check_connected(socket: &SockRef<'_>) -> io::Result<()> {
    socket.take_error()?.map_or(Ok(()), Err)
}

/// Limits the bytes that the operating system holds and has not sent, if it can.
pub(crate) fn limit_unsent(_socket: &SockRef<'_>, _bytes: u32) {
    // An old system may not know the option, and goes on as before.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let _ = _socket.set_tcp_notsent_lowat(_bytes);
}

impl StdStream for TcpStream {
    fn socket(&self) -> SockRef<'_> {
        self.into()
    }

    fn check_connected(&self) -> io::Result<()> {
        check_connected(&self.socket())
    }

    fn limit_unsent(&self, bytes: u32) {
        limit_unsent(&self.socket(), bytes);
    }
}
