//! Sockets that speak TLS.

use std::io::{self, Read};
use std::ops::DerefMut;

use futures_rustls::rustls::{ConnectionCommon, SideData};
use futures_rustls::{client, server};

use super::explain::explain;
use super::fair::{FairSocket, READS_PER_TURN};
use crate::DisconnectReason;
use crate::transport::Socket;

/// The streams of both sides have the same methods, but no trait for them.
macro_rules! impl_socket {
    ($stream:ty) => {
        impl Socket for $stream {
            fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
                let (socket, connection) = self.get_mut();
                read_now(socket, connection, buffer)
            }

            fn has_paused(&self) -> bool {
                self.get_ref().0.has_paused()
            }

            fn limit_unsent(&self, bytes: u32) {
                self.get_ref().0.limit_unsent(bytes);
            }

            fn disconnect_reason(&self, error: io::Error) -> DisconnectReason {
                match explain(&error) {
                    Some(error) => DisconnectReason::Tls(error),
                    None => self.get_ref().0.disconnect_reason(error),
                }
            }
        }
    };
}

impl_socket!(client::TlsStream<FairSocket>);
impl_socket!(server::TlsStream<FairSocket>);

/// Reads decrypted bytes. If there are no such bytes, decrypts those that have arrived.
///
/// It skips records without content, but only those of [`READS_PER_TURN`] reads: a peer could send them
/// without end. Then it reports that there are no bytes for now, and the caller tries again.
fn read_now<T: SideData>(
    socket: &mut FairSocket,
    connection: &mut impl DerefMut<Target = ConnectionCommon<T>>,
    buffer: &mut [u8],
) -> Option<io::Result<usize>> {
    for _ in 0..READS_PER_TURN {
        match connection.reader().read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Some(result),
        }
        let mut encrypted = Now {
            socket,
            can_read: true,
        };
        let result = connection.read_tls(&mut encrypted);
        if !encrypted.can_read {
            return None;
        }
        if let Err(error) = result {
            return Some(Err(error));
        }
        if let Err(error) = connection.process_new_packets() {
            return Some(Err(io::Error::new(io::ErrorKind::InvalidData, error)));
        }
    }
    Some(Err(io::ErrorKind::WouldBlock.into()))
}

/// A socket, read without waiting.
struct Now<'a> {
    socket: &'a mut FairSocket,
    /// Whether it can be read so.
    can_read: bool,
}

impl Read for Now<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.read_now(buffer).unwrap_or_else(|| {
            self.can_read = false;
            Err(io::ErrorKind::WouldBlock.into())
        })
    }
}
