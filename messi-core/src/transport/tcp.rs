//! TCP sockets of the operating system, made and configured.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Protocol};

use super::std_socket::{self, StdStream};

/// Begins to connect to an address. The stream becomes writable once it is connected or has failed.
pub(super) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let domain = Domain::for_address(address);
    let socket = std_socket::connect(domain, &address.into(), Some(Protocol::TCP))?;
    configure(socket.into())
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
    Ok((configure(stream)?, address))
}

/// Sends small messages at once: they leave in batches already, and to wait for more only delays them.
fn configure(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl StdStream for TcpStream {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut &*self, buffer)
    }

    fn end(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn check_connected(&self) -> io::Result<()> {
        self.take_error()?.map_or(Ok(()), Err)
    }

    #[cfg(any(target_os = "android", target_os = "linux"))]
    fn limit_unsent(&self, bytes: u32) {
        // An old system may not know the option, and goes on as before.
        let _ = socket2::SockRef::from(self).set_tcp_notsent_lowat(bytes);
    }
}
