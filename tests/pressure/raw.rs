//! Raw peers, which may violate the protocol.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use messi::prost::Message;
use socket2::{Domain, Socket, Type};

use crate::events::LIMIT;
use crate::target::chat::{ClientToServer, MessageInd};

pub(crate) const MESSAGE: u8 = 1;
pub(crate) const MESSAGE_OF_SERVER: u8 = 2;
pub(crate) const PING: u8 = 3;
pub(crate) const PONG: u8 = 4;

/// Connects to a port of this machine.
pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a listening server");
    stream
        .set_read_timeout(Some(LIMIT))
        .expect("a time limit above zero");
    stream
}

/// Connects `count` peers.
pub(crate) fn connect_all(port: u16, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| connect(port)).collect()
}

/// Connects with a small receive buffer.
pub(crate) fn connect_narrow(port: u16) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a free descriptor");
    socket
        .set_recv_buffer_size(64 * 1024)
        .expect("a valid size");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    socket.connect(&address.into()).expect("a listening server");
    socket.into()
}

/// Encodes the header of a frame.
pub(crate) fn header(kind: u8, size: u32) -> [u8; 4] {
    let [_, size @ ..] = size.to_be_bytes();
    [kind, size[0], size[1], size[2]]
}

/// Writes the header of an empty frame `count` times.
pub(crate) fn flood(stream: &mut TcpStream, kind: u8, count: usize) {
    let frames = header(kind, 0).repeat(count);
    stream.write_all(&frames).expect("a write to the server");
}

/// Encodes the frame of a message. Its user is a command to the server: see `target`.
pub(crate) fn message(user: &str, text: &str) -> Vec<u8> {
    let (user, text) = (user.into(), text.into());
    let message = ClientToServer::from(MessageInd { user, text }).encode_to_vec();
    let size = u32::try_from(message.len()).expect("a size that fits into a frame");
    [&header(MESSAGE, size)[..], &message].concat()
}

/// Writes a message that the server sends back.
pub(crate) fn send_message(stream: &mut TcpStream) {
    let frame = message("raw", "hello");
    stream.write_all(&frame).expect("a write to the server");
}

/// Reads a frame, and returns its type.
pub(crate) fn read_frame(stream: &mut TcpStream) -> u8 {
    let mut header = [0; 4];
    stream.read_exact(&mut header).expect("a header");
    let size = u32::from_be_bytes([0, header[1], header[2], header[3]]);
    let mut payload = vec![0; size as usize];
    stream.read_exact(&mut payload).expect("a payload");
    header[0]
}
