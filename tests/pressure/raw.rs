//! Peers that keep to no rules.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use messi::prost::Message;
use socket2::{Domain, Socket, Type};

use crate::events::LIMIT;
use crate::target::chat::{ClientToServer, MessageInd};

pub(crate) const MESSAGE: u8 = 1;
pub(crate) const ANSWER: u8 = 2;
pub(crate) const PING: u8 = 3;
pub(crate) const PONG: u8 = 4;

/// A connection to a port of this machine.
pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server listens");
    stream.set_read_timeout(Some(LIMIT)).expect("is no zero");
    stream
}

/// So many of them.
pub(crate) fn connect_all(port: u16, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| connect(port)).collect()
}

/// A connection for which the operating system keeps few bytes that are not read.
pub(crate) fn connect_narrow(port: u16) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there are descriptors");
    socket
        .set_recv_buffer_size(64 * 1024)
        .expect("is a usual size");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    socket.connect(&address.into()).expect("the server listens");
    socket.into()
}

/// The header of a frame.
pub(crate) fn header(kind: u8, size: u32) -> [u8; 4] {
    let [_, size @ ..] = size.to_be_bytes();
    [kind, size[0], size[1], size[2]]
}

/// Writes the header of a frame so often.
pub(crate) fn flood(stream: &mut TcpStream, kind: u8, count: usize) {
    let frames = header(kind, 0).repeat(count);
    stream.write_all(&frames).expect("the server reads");
}

/// The frame of a message. Its user says what becomes of it.
pub(crate) fn message(user: &str, text: &str) -> Vec<u8> {
    let (user, text) = (user.into(), text.into());
    let message = ClientToServer::from(MessageInd { user, text }).encode_to_vec();
    let size = u32::try_from(message.len()).expect("fits into a frame");
    [&header(MESSAGE, size)[..], &message].concat()
}

/// Writes a message that is sent back.
pub(crate) fn send_message(stream: &mut TcpStream) {
    let frame = message("raw", "hello");
    stream.write_all(&frame).expect("the server reads");
}

/// Reads a frame, and gives its type.
pub(crate) fn read_frame(stream: &mut TcpStream) -> u8 {
    let mut header = [0; 4];
    stream.read_exact(&mut header).expect("a frame comes");
    let size = u32::from_be_bytes([0, header[1], header[2], header[3]]);
    let mut payload = vec![0; size as usize];
    stream.read_exact(&mut payload).expect("all of it comes");
    header[0]
}
