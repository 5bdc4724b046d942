//! The frames, without a codec: a type byte, the size of the text in three bytes, the user and the text.

use std::io::Read;
use std::net::TcpStream;
use std::str;

use work::{Message, USER, fail};

/// The initial size of the buffer, which grows for larger frames.
const READ_SIZE: usize = 64 * 1024;

const HEADER_SIZE: usize = 4;
const HELLO: u8 = 1;
const CHAT: u8 = 2;

/// The receiving side of a connection.
pub(crate) struct Frames {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Frames {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: vec![0; READ_SIZE],
            filled: 0,
        }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Reads once, and handles all complete frames. Returns false at the end of the stream or after an
    /// error.
    pub(crate) fn read(&mut self, mut handle: impl FnMut(Message<'_>)) -> bool {
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        let count = match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) | Err(_) => return false,
            Ok(count) => count,
        };
        self.filled += count;
        let mut rest = &self.buffer[..self.filled];
        while let Some((message, after)) = take(rest) {
            handle(message);
            rest = after;
        }
        let taken = self.filled - rest.len();
        self.buffer.copy_within(taken..self.filled, 0);
        self.filled -= taken;
        true
    }
}

/// Appends the frame of a message.
pub(crate) fn append_frame(output: &mut Vec<u8>, message: Message<'_>) {
    match message {
        Message::Hello => output.extend_from_slice(&[HELLO, 0, 0, 0]),
        Message::Chat { user, text } => {
            let size = (text.len() as u32).to_be_bytes();
            output.extend_from_slice(&[CHAT, size[1], size[2], size[3]]);
            output.extend_from_slice(user.as_bytes());
            output.extend_from_slice(text.as_bytes());
        }
    }
}

/// Returns the message of the first frame, and the bytes after it.
fn take(bytes: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_SIZE>()?;
    match *header {
        [HELLO, 0, 0, 0] => Some((Message::Hello, rest)),
        [CHAT, high, middle, low] => {
            let size = u32::from_be_bytes([0, high, middle, low]) as usize;
            let (user, rest) = rest.split_at_checked(USER.len())?;
            let (text, rest) = rest.split_at_checked(size)?;
            let (user, text) = (read(user), read(text));
            Some((Message::Chat { user, text }, rest))
        }
        _ => fail(format!("invalid frame header: {header:?}")),
    }
}

fn read(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_else(|error| fail(error))
}
