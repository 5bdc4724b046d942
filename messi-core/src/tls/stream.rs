//! Sockets that speak TLS.

use std::io::{self, Read};
use std::ops::DerefMut;

use futures_rustls::rustls::{ConnectionCommon, SideData};
use futures_rustls::{client, server};

use crate::runtime::{BoxSocket, Socket};

impl Socket for client::TlsStream<BoxSocket> {
    fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        let (socket, connection) = self.get_mut();
        read_now(socket, connection, buffer)
    }
}

impl Socket for server::TlsStream<BoxSocket> {
    fn read_now(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        let (socket, connection) = self.get_mut();
        read_now(socket, connection, buffer)
    }
}

/// Reads what has been decrypted, or, if there is nothing, decrypts what is there.
fn read_now<T: SideData>(
    socket: &mut BoxSocket,
    connection: &mut impl DerefMut<Target = ConnectionCommon<T>>,
    buffer: &mut [u8],
) -> Option<io::Result<usize>> {
    loop {
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
}

/// A socket, read without waiting.
struct Now<'a> {
    socket: &'a mut BoxSocket,
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
