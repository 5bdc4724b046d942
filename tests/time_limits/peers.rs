//! Raw peers that never read.

use std::fmt::{self, Display, Formatter};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use messi::prost::Message;
use socket2::{Domain, Socket, Type};

use crate::common::chat::{ClientToServer, MessageInd, ServerToClient};

/// The manner in which a peer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Writes as fast as it can.
    Floods,
    /// Writes a byte from time to time.
    Trickles,
    /// Writes only the beginning.
    IsSilent,
}

impl Manner {
    /// Returns the number of peers. Of many that flood, some have always just written, whatever their share
    /// of the processors.
    pub(crate) fn count(self) -> usize {
        if self == Self::Floods { 64 } else { 1 }
    }

    /// Returns the number of peers in a test of single connections.
    pub(crate) fn few(self) -> usize {
        self.count().min(4)
    }
}

impl Display for Manner {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Floods => "floods",
            Self::Trickles => "trickles",
            Self::IsSilent => "is silent",
        })
    }
}

/// The bytes that a peer writes, again and again.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    frame: Vec<u8>,
    /// The number of bytes after which a silent peer stops.
    begun: usize,
}

impl Script {
    pub(crate) fn pings() -> Self {
        Self::from_start(b"\x03\0\0\0")
    }

    pub(crate) fn pongs() -> Self {
        Self::from_start(b"\x04\0\0\0")
    }

    /// Repeats a message of a client.
    pub(crate) fn to_server(size: usize) -> Self {
        Self::message(1, &ClientToServer::from(text(size)).encode_to_vec())
    }

    /// Repeats a message of a server.
    pub(crate) fn to_client(size: usize) -> Self {
        Self::message(2, &ServerToClient::from(text(size)).encode_to_vec())
    }

    fn message(kind: u8, payload: &[u8]) -> Self {
        let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let header = [kind, size[1], size[2], size[3]];
        Self::from_start(&[&header, payload].concat())
    }

    /// Repeats bytes that begin like a TLS handshake, but are invalid.
    pub(crate) fn no_tls() -> Self {
        let header = [22, 3, 1, 0x40, 0];
        Self::from_start(&[&header[..], &[0; 0x4000]].concat())
    }

    /// Repeats the header of a proxy: as large as there may be, so that one that trickles is never complete.
    pub(crate) fn proxy_header() -> Self {
        let fixed = b"\r\n\r\n\0\r\nQUIT\n\x20\0\x0f\xf0";
        Self::from_start(&[&fixed[..], &[0; 0xff0]].concat())
    }

    fn from_start(frame: &[u8]) -> Self {
        Self {
            frame: frame.to_vec(),
            begun: 0,
        }
    }

    /// Makes a silent peer write the header first.
    pub(crate) fn begun(mut self) -> Self {
        self.begun = 4;
        self
    }
}

pub(crate) fn text(size: usize) -> MessageInd {
    let (user, text) = (String::new(), "x".repeat(size));
    MessageInd { user, text }
}

/// A peer. It disconnects when dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    stream: TcpStream,
    manner: Manner,
    /// Closed when the peer can't write any more.
    writing: Receiver<()>,
}

impl Peer {
    /// Connects a peer to a server.
    pub(crate) fn connect(address: SocketAddr, manner: Manner, script: &Script) -> Self {
        let socket = narrow();
        socket.connect(&address.into()).unwrap();
        Self::play(socket.into(), manner, script.clone())
    }

    /// Starts a peer on a connection.
    pub(crate) fn play(stream: TcpStream, manner: Manner, script: Script) -> Self {
        let writer = stream.try_clone().unwrap();
        let (sender, writing) = channel();
        thread::spawn(move || {
            write(writer, manner, &script);
            drop::<Sender<()>>(sender);
        });
        Self {
            stream,
            manner,
            writing,
        }
    }

    /// Waits up to a limit until the other side has closed both directions, and returns whether it has.
    pub(crate) fn is_closed_within(&self, limit: Duration) -> bool {
        if self.manner == Manner::IsSilent {
            return self.is_shut_down_within(limit);
        }
        self.writing.recv_timeout(limit) == Err(RecvTimeoutError::Disconnected)
    }

    /// Waits up to a limit until the other side has shut down writing, and returns whether it has.
    pub(crate) fn is_shut_down_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            self.stream.set_read_timeout(Some(left)).unwrap();
            match (&self.stream).read(&mut [0; 1024]) {
                Ok(1..) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                _ => return true,
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The socket may be closed already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Creates a socket with a small receive buffer.
pub(crate) fn narrow() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    socket
}

fn write(stream: TcpStream, manner: Manner, script: &Script) {
    match manner {
        Manner::Floods => flood(stream, &script.frame),
        Manner::Trickles => trickle(stream, &script.frame),
        Manner::IsSilent => begin(stream, &script.frame[..script.begun]),
    }
}

fn flood(mut stream: TcpStream, frame: &[u8]) {
    let block = frame.repeat(1_000_000_usize.div_ceil(frame.len()));
    while stream.write_all(&block).is_ok() {}
}

fn trickle(mut stream: TcpStream, frame: &[u8]) {
    for byte in frame.iter().cycle() {
        if stream.write_all(&[*byte]).is_err() {
            return;
        }
        // The interval between the bytes of a peer that trickles.
        thread::sleep(Duration::from_millis(50));
    }
}

fn begin(mut stream: TcpStream, beginning: &[u8]) {
    // The other side may have closed already.
    let _ = stream.write_all(beginning);
}
