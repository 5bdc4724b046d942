//! Bytes as they travel, written out by hand so that no code of ours or theirs has a say in them.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};

use crate::events::LIMIT;

/// A message of a client.
pub(crate) const CLIENT_TO_SERVER: u8 = 1;
/// A message of a server.
pub(crate) const SERVER_TO_CLIENT: u8 = 2;
/// A client's sign of life.
pub(crate) const PING: u8 = 3;
/// A server's answer to it.
pub(crate) const PONG: u8 = 4;

/// `ConnectReq { user: "Erik" }` in a frame.
pub(crate) const CONNECT_REQ: &str = "01000008 0a060a044572696b";
/// `ConnectRsp {}` in a frame.
pub(crate) const CONNECT_RSP: &str = "02000002 0a00";

/// Reads hexadecimal digits, with spaces anywhere.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<_> = digits
        .chars()
        .filter(|digit| *digit != ' ')
        .map(|digit| digit.to_digit(16).expect("a hexadecimal digit"))
        .collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "half a byte");

    pairs
        .iter()
        .map(|[high, low]| u8::try_from(high * 16 + low).expect("two digits"))
        .collect()
}

/// Puts a payload in a frame.
pub(crate) fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = u32::try_from(payload.len())
        .expect("is small")
        .to_be_bytes();

    [&[kind, high, middle, low], payload].concat()
}

/// Sends bytes to a server, as a client that says nothing after them, and gives all that the
/// server sends until it closes.
pub(crate) fn exchange(port: u16, sent: &[u8]) -> Vec<u8> {
    let mut stream = connect(port);
    // A server may close, and so reset, a connection while more is being sent to it.
    let _ = stream
        .write_all(sent)
        .and_then(|()| stream.shutdown(Shutdown::Write));

    read_to_close(&mut stream)
}

/// Connects to a server.
pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server listens");
    stream.set_nodelay(true).expect("is a socket");
    stream.set_read_timeout(Some(LIMIT)).expect("is not zero");
    stream
}

/// Reads until the peer closes.
pub(crate) fn read_to_close(stream: &mut TcpStream) -> Vec<u8> {
    let mut received = Vec::new();

    match stream.read_to_end(&mut received) {
        Ok(_) => (),
        // How a close looks that left bytes of ours unread.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => (),
        Err(error) => panic!("not closed by the peer after {received:02x?}: {error}"),
    }

    received
}
