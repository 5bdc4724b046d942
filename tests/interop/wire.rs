//! Bytes on the wire, written by hand so that they do not depend on tested code.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use crate::events::LIMIT;

/// The type of a client's messages.
pub(crate) const CLIENT_TO_SERVER: u8 = 1;
/// The type of a server's messages.
pub(crate) const SERVER_TO_CLIENT: u8 = 2;
/// The type of a client's pings.
pub(crate) const PING: u8 = 3;
/// The type of a server's pongs.
pub(crate) const PONG: u8 = 4;

/// `ConnectReq { user: "Erik" }` in a frame.
pub(crate) const CONNECT_REQ: &str = "01000008 0a060a044572696b";
/// `ConnectRsp {}` in a frame.
pub(crate) const CONNECT_RSP: &str = "02000002 0a00";

/// Decodes hexadecimal digits, with spaces anywhere.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<_> = digits
        .chars()
        .filter(|digit| *digit != ' ')
        .map(|digit| digit.to_digit(16).expect("a hexadecimal digit"))
        .collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "an odd number of digits");

    pairs
        .iter()
        .map(|[high, low]| u8::try_from(high * 16 + low).expect("two digits"))
        .collect()
}

/// Encodes a frame.
pub(crate) fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = u32::try_from(payload.len())
        .expect("a small payload")
        .to_be_bytes();

    [&[kind, high, middle, low], payload].concat()
}

/// Sends bytes to a server, shuts down writing, and returns all bytes that the server sends until it
/// closes.
pub(crate) fn exchange(port: u16, sent: &[u8]) -> Vec<u8> {
    let mut stream = connect(port);
    // A server may close, and so reset, the connection before it has read all bytes.
    let _ = stream
        .write_all(sent)
        .and_then(|()| stream.shutdown(Shutdown::Write));

    read_to_close(&mut stream)
}

/// Connects to a server.
pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server listens");
    prepare(&stream);
    stream
}

fn prepare(stream: &TcpStream) {
    stream.set_nodelay(true).expect("a socket");
    stream
        .set_read_timeout(Some(LIMIT))
        .expect("a time limit above zero");
}

/// Reads until the peer closes the connection.
pub(crate) fn read_to_close(stream: &mut TcpStream) -> Vec<u8> {
    let mut received = Vec::new();

    match stream.read_to_end(&mut received) {
        Ok(_) => (),
        // A peer that closes with unread input resets the connection.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => (),
        Err(error) => panic!("not closed by the peer after {received:02x?}: {error}"),
    }

    received
}

/// A server that only carries out the steps of a scenario.
#[derive(Debug)]
pub(crate) struct RawServer {
    listener: TcpListener,
    port: u16,
}

impl RawServer {
    /// Listens on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();

        Self { listener, port }
    }

    /// Returns the port on which it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Accepts a client, on a thread of its own since std has no time limit for it.
    pub(crate) fn accept(&self) -> TcpStream {
        let listener = self.listener.try_clone().expect("a socket");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(listener.accept()));
        let (stream, _) = receiver
            .recv_timeout(LIMIT)
            .expect("a client connects")
            .expect("an accepted client");
        prepare(&stream);
        stream
    }
}

/// Reads as many bytes as expected, and compares them.
pub(crate) fn expect_bytes(stream: &mut TcpStream, expected: &[u8]) {
    let mut bytes = vec![0; expected.len()];
    stream.read_exact(&mut bytes).expect("bytes of the peer");
    assert_eq!(bytes, expected);
}

/// Counts the pongs, and returns the remaining frames.
pub(crate) fn take_pongs(mut bytes: &[u8]) -> (usize, Vec<u8>) {
    let mut pongs = 0;
    let mut rest = Vec::new();

    while let [kind, high, middle, low, ..] = *bytes {
        let size = u32::from_be_bytes([0, high, middle, low]) as usize;
        let (frame, others) = bytes.split_at(bytes.len().min(4 + size));
        bytes = others;

        if kind == PONG {
            pongs += 1
        } else {
            rest.extend_from_slice(frame)
        }
    }

    rest.extend_from_slice(bytes);
    (pongs, rest)
}
