//! Making sockets of the operating system, and the operations of its streams.

use std::io::{self, Read};
use std::net::Shutdown;

use socket2::{Domain, Protocol, SockAddr, SockRef, Type};

/// Connections that may wait to be accepted. With the usual 128, each overflow costs a client
/// about a second when a fleet comes back.
const BACKLOG: i32 = 4096;

/// Operations on the socket of a stream, whichever runtime waits for it.
pub(crate) trait StdStream {
    /// Returns the socket.
    fn socket(&self) -> SockRef<'_>;

    /// Reads the bytes that have arrived.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.socket()).read(buffer)
    }

    /// Ends the direction that is written.
    fn end(&self) -> io::Result<()> {
        self.socket().shutdown(Shutdown::Write)
    }

    /// Returns the error that has ended the attempt to connect, once the stream is writable.
    fn check_connected(&self) -> io::Result<()>;

    /// Limits the bytes that the operating system holds and has not sent, if it can.
    fn limit_unsent(&self, _bytes: u32) {}
}

/// Creates a socket that connects to an address.
pub(super) fn connect(
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
pub(super) fn listen(
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
