//! Sockets and listeners, whichever runtime and transport they are of.

use std::io;

use futures::future::BoxFuture;
use futures::io::{AsyncRead, AsyncWrite};

use super::address::Address;
use crate::DisconnectReason;

/// One end of a connection. Closing it ends the direction that it writes.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {
    /// Reads the bytes that have arrived, without arranging for the task to be woken.
    ///
    /// If there are no bytes, it returns an error of the kind `WouldBlock`; if the socket can't read so,
    /// `None`.
    fn read_now(&mut self, _buffer: &mut [u8]) -> Option<io::Result<usize>> {
        None
    }

    /// Returns whether the last read was pending to let other tasks run, although there may be something
    /// to read.
    fn has_paused(&self) -> bool {
        false
    }

    /// Limits the bytes that the operating system takes and can't send at once.
    ///
    /// A write then blocks soon if the peer does not read, and large messages are written in many parts.
    fn limit_unsent(&self, _bytes: u32) {}

    /// Treats a TLS alert at the very beginning as an error: the peer speaks TLS, and this socket does not.
    ///
    /// No frame begins like a TLS alert. Only sockets of the operating system recognize it.
    fn refuse_tls(&mut self) {}

    /// Returns the reason to report if the connection ends with this error of the socket.
    fn disconnect_reason(&self, error: io::Error) -> DisconnectReason {
        error.into()
    }
}

/// A socket of any type.
pub(crate) type BoxSocket = Box<dyn Socket>;

/// Accepts connections.
pub(crate) trait Listener: Send + Sync {
    /// Returns the address that it listens on.
    fn local_addr(&self) -> io::Result<Address>;

    /// Waits for the next connection, and returns it with the address of the peer.
    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxSocket, Address)>>;
}

/// A listener of any type.
pub(crate) type BoxListener = Box<dyn Listener>;
