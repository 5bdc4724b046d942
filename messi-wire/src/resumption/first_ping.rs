//! The first frame of a client, which says whether it knows sessions.

use super::control::{ClientControl, Resume};
use crate::frame::{HEADER_SIZE, Header, MessageType};

/// Largest payload of a ping that may ask for a session, in bytes. It leaves room for fields of later versions.
const MAX_PAYLOAD: usize = 256;

/// The kind of connection that a client asks for, by its first frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// A connection without a session.
    Plain,
    /// A new session.
    Hello,
    /// To go on with a session.
    Resume(Resume),
}

/// Reads the first frame of a client.
#[derive(Debug, Default)]
pub struct FirstPing(Vec<u8>);

impl FirstPing {
    /// Reads received bytes, and returns the opening of the client as soon as it is known. From then on, it must not
    /// be called again.
    pub fn read(&mut self, bytes: &[u8]) -> Option<Opening> {
        self.0.extend_from_slice(bytes);
        let is_other = |byte: u8| byte != MessageType::Ping as u8;
        if self.0.first().copied().is_some_and(is_other) {
            return Some(Opening::Plain);
        }
        let header = Header::decode(&self.0)?;
        if header.size == 0 || header.size > MAX_PAYLOAD {
            return Some(Opening::Plain);
        }
        let opening = match ClientControl::decode(self.0.get(HEADER_SIZE..header.frame_size())?) {
            Some(ClientControl::Hello) => Opening::Hello,
            Some(ClientControl::Resume(resume)) => Opening::Resume(resume),
            _ => return Some(Opening::Plain),
        };
        // Its response is that of the session.
        self.0.drain(..header.frame_size());
        Some(opening)
    }

    /// Returns the bytes for the connection: all, but for a ping that asks for a session.
    pub fn into_rest(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resumption::samples::token;

    fn resume() -> Resume {
        Resume {
            token: token(),
            received: 4,
        }
    }

    fn ping(payload: &[u8]) -> Vec<u8> {
        [
            &[3, 0, (payload.len() >> 8) as u8, payload.len() as u8],
            payload,
        ]
        .concat()
    }

    /// Reads byte by byte, and returns the result with the number of bytes that it took, and the rest.
    fn read(bytes: &[u8]) -> (Opening, usize, Vec<u8>) {
        let mut first = FirstPing::default();
        for (index, byte) in bytes.iter().enumerate() {
            if let Some(opening) = first.read(&[*byte]) {
                return (opening, index + 1, first.into_rest());
            }
        }
        panic!("undecided after {bytes:?}");
    }

    #[test]
    fn a_client_asks_for_a_session_in_its_first_ping() {
        let hello = ping(&ClientControl::Hello.encode());
        assert_eq!(read(&hello), (Opening::Hello, 6, vec![]));
        let bytes = ping(&ClientControl::Resume(resume()).encode());
        assert_eq!(
            read(&bytes),
            (Opening::Resume(resume()), bytes.len(), vec![])
        );
        let mut first = FirstPing::default();
        let bytes = [&hello[..], b"\x01\0\0\x01a"].concat();
        assert_eq!(first.read(&bytes), Some(Opening::Hello));
        assert_eq!(first.into_rest(), b"\x01\0\0\x01a");
    }

    #[test]
    fn all_else_is_left_to_the_connection() {
        let acknowledgement = ping(&ClientControl::Ack(1).encode());
        let large = ping(&[1; MAX_PAYLOAD + 1]);
        let cases = [
            (&b"\x01\0\0\x01a"[..], 1),
            (b"\x03\0\0\0", 4),
            (b"\x63", 1),
            (&acknowledgement, 6),
            (&large, 4),
        ];
        for (bytes, decided_after) in cases {
            let (opening, count, rest) = read(bytes);
            assert_eq!((opening, count), (Opening::Plain, decided_after));
            assert_eq!(rest, bytes[..count]);
        }
    }
}
