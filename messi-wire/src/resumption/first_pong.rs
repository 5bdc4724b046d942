//! The response of a server to a client that wants to go on with a session.

use super::control::{Bye, Grant, ServerControl};
use super::lost::SessionLost;
use crate::DisconnectReason;
use crate::frame::{HEADER_SIZE, Header, MessageType};

/// The answer of a server about a session that a client wants to go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The session goes on. The server has received this number of messages.
    Resumed(u64),
    /// The session is lost, and a new one begins.
    Lost {
        /// Why it is lost.
        why: SessionLost,
        /// How many messages the server has received in it, if it still knows.
        handled: Option<u64>,
        /// The new session.
        grant: Grant,
    },
    /// The session is lost, as the server does not serve this client.
    Refused(Bye),
    /// The session is lost, as the server does not know sessions.
    Plain,
}

/// Reads the bytes that a server sends, up to its first pong.
///
/// Messages before that pong are not of the session: the server has sent them before it knew the kind of connection
/// that the client asks for.
#[derive(Debug)]
pub struct FirstPong {
    bytes: Vec<u8>,
    /// Offset of the first frame that is not looked at.
    next: usize,
    /// Most bytes before the pong.
    limit: usize,
}

impl FirstPong {
    /// Creates a reader that accepts this number of bytes before the pong.
    pub fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            next: 0,
            limit,
        }
    }

    /// Reads received bytes, and returns the answer once it is received. From then on, it must not be called again.
    ///
    /// # Errors
    ///
    /// Returns an error if the server sends too much before its pong.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Option<Answer>, DisconnectReason> {
        self.bytes.extend_from_slice(bytes);
        while let Some(header) = Header::decode(&self.bytes[self.next..]) {
            let end = self.next + header.frame_size();
            if end > self.limit {
                return Err(DisconnectReason::MessageTooBig {
                    size: end,
                    limit: self.limit,
                });
            }
            let Some(payload) = self.bytes.get(self.next + HEADER_SIZE..end) else {
                break;
            };
            if header.message_type() == Some(MessageType::Pong) {
                let answer = answer(payload);
                self.handle_pong(&answer, end);
                return Ok(Some(answer));
            }
            self.next = end;
        }
        Ok(None)
    }

    fn handle_pong(&mut self, answer: &Answer, end: usize) {
        match answer {
            // Messages that came before it had no receiver.
            Answer::Resumed(_) | Answer::Lost { .. } | Answer::Refused(_) => {
                drop(self.bytes.drain(..end));
            }
            // They are those of a plain connection.
            Answer::Plain => drop(self.bytes.drain(self.next..end)),
        }
    }

    /// Returns the bytes for the connection.
    pub fn into_rest(self) -> Vec<u8> {
        self.bytes
    }
}

fn answer(payload: &[u8]) -> Answer {
    match ServerControl::decode(payload) {
        Some(ServerControl::Resumed(received)) => Answer::Resumed(received),
        Some(ServerControl::Accept {
            grant,
            lost,
            handled,
        }) => Answer::Lost {
            why: lost.unwrap_or(SessionLost::Expired),
            handled,
            grant,
        },
        Some(ServerControl::Bye(bye)) => Answer::Refused(bye),
        Some(ServerControl::Ack(_)) | None => Answer::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resumption::ByeReason;
    use crate::resumption::samples::grant;

    const MESSAGE: &[u8] = b"\x02\0\0\x01a";

    fn pong(payload: &[u8]) -> Vec<u8> {
        [&[4, 0, 0, payload.len() as u8], payload].concat()
    }

    /// Reads byte by byte, and returns the answer and the rest.
    fn read(bytes: &[u8]) -> (Answer, Vec<u8>) {
        let mut first = FirstPong::new(1_000);
        for (index, byte) in bytes.iter().enumerate() {
            if let Some(answer) = first.read(&[*byte]).unwrap() {
                first.bytes.extend_from_slice(&bytes[index + 1..]);
                return (answer, first.into_rest());
            }
        }
        panic!("undecided after {bytes:?}");
    }

    #[test]
    fn messages_before_the_pong_are_not_of_the_session() {
        let bytes = [
            MESSAGE,
            &pong(&ServerControl::Resumed(7).encode()),
            b"\x02\0\0\x01b",
        ]
        .concat();
        assert_eq!(
            read(&bytes),
            (Answer::Resumed(7), b"\x02\0\0\x01b".to_vec())
        );
        let grant = grant();
        let accept = ServerControl::Accept {
            grant: grant.clone(),
            lost: Some(SessionLost::ServerRestarted),
            handled: Some(5),
        };
        let bytes = [MESSAGE, &pong(&accept.encode()), b"\x02\0\0\x01b"].concat();
        let lost = Answer::Lost {
            why: SessionLost::ServerRestarted,
            handled: Some(5),
            grant,
        };
        assert_eq!(read(&bytes), (lost, b"\x02\0\0\x01b".to_vec()));
    }

    #[test]
    fn a_server_that_does_not_serve_the_client_says_so() {
        let bye = Bye::new(ByeReason::Refused);
        let bytes = [MESSAGE, &pong(&bye.encode())].concat();
        assert_eq!(read(&bytes), (Answer::Refused(bye), vec![]));
    }

    #[test]
    fn a_server_without_sessions_has_a_plain_connection() {
        let bytes = [MESSAGE, &pong(b""), b"\x02\0\0\x01b"].concat();
        assert_eq!(
            read(&bytes),
            (Answer::Plain, [MESSAGE, b"\x02\0\0\x01b"].concat())
        );
    }

    #[test]
    fn a_server_that_sends_too_much_before_its_pong_is_refused() {
        let mut first = FirstPong::new(8);
        assert_eq!(first.read(MESSAGE), Ok(None));
        let error = DisconnectReason::MessageTooBig { size: 10, limit: 8 };
        assert_eq!(first.read(&MESSAGE[..4]), Err(error));
    }
}
