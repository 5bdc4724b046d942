//! The content of the payloads of pings and pongs.
//!
//! The first byte of a payload is its kind. Integers of one byte and of 64 bits (big endian) have a fixed size, others
//! are varints of protobuf. Bytes behind the known fields of a kind are ignored, and a payload of an unknown kind is
//! no payload: later versions may add both.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use prost::bytes::Buf;
use prost::encoding::{decode_varint, encode_varint};

use super::{Secret, SessionLost};

/// Version of sessions on the wire.
const VERSION: u8 = 1;

/// Largest text of a [`Bye`], in bytes.
const MAX_TEXT: usize = 120;

const HELLO: u8 = 1;
const RESUME: u8 = 2;
const ACCEPT: u8 = 1;
const RESUMED: u8 = 2;
const ACK: u8 = 3;
const BYE: u8 = 4;

/// Payload of a ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientControl {
    /// Asks for a new session, in the first frame of a connection.
    Hello,
    /// Asks to go on with a session, in the first frame of a connection.
    Resume(Resume),
    /// Acknowledges this number of messages, counted from the begin of the session.
    Ack(u64),
    /// Ends the session.
    Bye(Bye),
}

/// Payload of a pong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerControl {
    /// Grants a new session.
    Accept {
        /// The new session.
        grant: Grant,
        /// If the client has asked to go on with another session: why it can't.
        lost: Option<SessionLost>,
        /// How many messages of the client the server has received in that other session, if it still knows.
        handled: Option<u64>,
    },
    /// Goes on with the session. The server has received this number of messages, counted from the begin of the
    /// session.
    Resumed(u64),
    /// Acknowledges this number of messages, counted from the begin of the session.
    Ack(u64),
    /// Ends the session.
    Bye(Bye),
}

/// The identifier of one session of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Random number of the server's process.
    pub incarnation: u64,
    /// Number of the session in that process.
    pub id: u64,
    /// Proof that the client is the one that the session was granted to.
    pub secret: Secret,
}

/// A session that a server grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The token that the client must send to go on with it.
    pub token: Token,
    /// For how long the server keeps the session without a connection, in whole seconds.
    pub lifetime: Duration,
    /// Bytes that each side keeps for the other at most, but for one batch of messages.
    pub window: u64,
}

/// The wish of a client to go on with a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The session.
    pub token: Token,
    /// Number of messages that the client has received in it.
    pub received: u64,
}

/// The end of a session, as one side reports it to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bye {
    /// The reason.
    pub reason: ByeReason,
    /// How long the client should wait before it connects again, in whole milliseconds.
    pub retry_after: Option<Duration>,
    /// Explanation for people: 120 bytes at most, the rest is cut off.
    pub text: String,
}

impl Display for Bye {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.text.as_str() {
            "" => write!(formatter, "{}", self.reason),
            text => write!(formatter, "{}: {text}", self.reason),
        }
    }
}

impl Display for ByeReason {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Other(byte) => return write!(formatter, "reason {byte}"),
            Self::Leaving => "it is leaving",
            Self::Disconnected => "it has disconnected",
            Self::TakenOver => "another connection has taken the session over",
            Self::Failed => "its program has failed",
            Self::Unreadable => "it can't read what this side has sent",
            Self::Overflow => "this side reads too slowly",
            Self::Refused => "it does not serve this side",
        })
    }
}

impl Bye {
    /// Creates an end with this reason, without a text.
    pub fn new(reason: ByeReason) -> Self {
        Self {
            reason,
            retry_after: None,
            text: String::new(),
        }
    }
}

/// Why one side ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ByeReason {
    /// A reason of a later version.
    Other(u8),
    /// The side was stopped, or drains.
    Leaving,
    /// The program has disconnected the peer.
    Disconnected,
    /// Another connection has taken the session over.
    TakenOver,
    /// The program has failed.
    Failed,
    /// The peer has sent bytes that can't be read.
    Unreadable,
    /// The peer reads too slowly.
    Overflow,
    /// The server does not serve this client.
    Refused,
}

impl ByeReason {
    fn to_byte(self) -> u8 {
        match self {
            Self::Other(byte) => byte,
            Self::Leaving => 1,
            Self::Disconnected => 2,
            Self::TakenOver => 3,
            Self::Failed => 4,
            Self::Unreadable => 5,
            Self::Overflow => 6,
            Self::Refused => 7,
        }
    }

    fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Leaving,
            2 => Self::Disconnected,
            3 => Self::TakenOver,
            4 => Self::Failed,
            5 => Self::Unreadable,
            6 => Self::Overflow,
            7 => Self::Refused,
            _ => Self::Other(byte),
        }
    }
}

impl ClientControl {
    /// Returns the payload.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello => vec![HELLO, VERSION],
            Self::Resume(resume) => {
                let mut payload = vec![RESUME, VERSION];
                resume.token.encode(&mut payload);
                encode_varint(resume.received, &mut payload);
                payload
            }
            Self::Ack(received) => encode_ack(*received),
            Self::Bye(bye) => bye.encode(),
        }
    }

    /// Decodes a payload. Returns `None` if it has no content that this version knows.
    pub fn decode(payload: &[u8]) -> Option<Self> {
        let mut fields = Fields(payload);
        match fields.byte()? {
            HELLO if fields.byte()? == VERSION => Some(Self::Hello),
            RESUME if fields.byte()? == VERSION => Some(Self::Resume(Resume {
                token: fields.token()?,
                received: fields.varint()?,
            })),
            ACK => Some(Self::Ack(fields.varint()?)),
            BYE => Some(Self::Bye(fields.bye()?)),
            _ => None,
        }
    }
}

impl ServerControl {
    /// Returns the payload.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Accept {
                grant,
                lost,
                handled,
            } => {
                let mut payload = vec![ACCEPT, VERSION];
                grant.token.encode(&mut payload);
                // Rounded up: the client must not give up before the server does.
                let rest = u64::from(grant.lifetime.subsec_nanos() > 0);
                encode_varint(grant.lifetime.as_secs().saturating_add(rest), &mut payload);
                encode_varint(grant.window, &mut payload);
                payload.push(lost.map_or(0, SessionLost::to_byte));
                encode_optional(*handled, &mut payload);
                payload
            }
            Self::Resumed(received) => {
                let mut payload = vec![RESUMED];
                encode_varint(*received, &mut payload);
                payload
            }
            Self::Ack(received) => encode_ack(*received),
            Self::Bye(bye) => bye.encode(),
        }
    }

    /// Decodes a payload. Returns `None` if it has no content that this version knows.
    pub fn decode(payload: &[u8]) -> Option<Self> {
        let mut fields = Fields(payload);
        match fields.byte()? {
            ACCEPT if fields.byte()? == VERSION => Some(Self::Accept {
                grant: Grant {
                    token: fields.token()?,
                    lifetime: Duration::from_secs(fields.varint()?),
                    window: fields.varint()?,
                },
                lost: match fields.byte()? {
                    0 => None,
                    byte => Some(SessionLost::from_byte(byte)),
                },
                handled: fields.optional()?,
            }),
            RESUMED => Some(Self::Resumed(fields.varint()?)),
            ACK => Some(Self::Ack(fields.varint()?)),
            BYE => Some(Self::Bye(fields.bye()?)),
            _ => None,
        }
    }
}

impl Token {
    fn encode(&self, payload: &mut Vec<u8>) {
        payload.extend_from_slice(&self.incarnation.to_be_bytes());
        payload.extend_from_slice(&self.id.to_be_bytes());
        payload.extend_from_slice(self.secret.bytes());
    }
}

impl Bye {
    /// Returns the payload, which is the same in a ping and in a pong.
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = vec![BYE, self.reason.to_byte()];
        // Without both, it is as short as the shortest message.
        if self.retry_after.is_some() || !self.text.is_empty() {
            let milliseconds = self.retry_after.map(|it| it.as_millis().try_into());
            encode_optional(milliseconds.map(|it| it.unwrap_or(u64::MAX)), &mut payload);
            payload.extend_from_slice(cut(&self.text, MAX_TEXT).as_bytes());
        }
        payload
    }
}

/// Returns the longest start of a text that has this number of bytes at most.
fn cut(text: &str, limit: usize) -> &str {
    let ends = (0..=limit.min(text.len())).rev();
    let end = ends.into_iter().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

/// Returns the payload that acknowledges this number of messages, which is the same in a ping and in a pong.
pub(crate) fn encode_ack(received: u64) -> Vec<u8> {
    let mut payload = vec![ACK];
    encode_varint(received, &mut payload);
    payload
}

/// Encodes 0 for no value, and otherwise the value and one more.
fn encode_optional(value: Option<u64>, payload: &mut Vec<u8>) {
    encode_varint(value.map_or(0, |value| value.saturating_add(1)), payload);
}

/// The fields of a payload that are not decoded yet.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn byte(&mut self) -> Option<u8> {
        self.0.try_get_u8().ok()
    }

    fn number(&mut self) -> Option<u64> {
        self.0.try_get_u64().ok()
    }

    fn varint(&mut self) -> Option<u64> {
        decode_varint(&mut self.0).ok()
    }

    fn optional(&mut self) -> Option<Option<u64>> {
        Some(self.varint()?.checked_sub(1))
    }

    fn token(&mut self) -> Option<Token> {
        let (incarnation, id) = (self.number()?, self.number()?);
        let (secret, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(Token {
            incarnation,
            id,
            secret: Secret::new(*secret),
        })
    }

    fn bye(&mut self) -> Option<Bye> {
        let mut bye = Bye::new(ByeReason::from_byte(self.byte()?));
        if !self.0.is_empty() {
            bye.retry_after = self.optional()?.map(Duration::from_millis);
            let end = self.0.len().min(MAX_TEXT);
            let text = String::from_utf8_lossy(&self.0[..end]);
            // The replacement of a byte that is no text is longer than the byte.
            bye.text = cut(&text, MAX_TEXT).into();
        }
        Some(bye)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token {
            incarnation: 0x0102_0304_0506_0708,
            id: 9,
            secret: Secret::new(*b"0123456789abcdef"),
        }
    }

    const TOKEN: &[u8] = b"\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\0\0\0\x090123456789abcdef";

    fn grant() -> Grant {
        Grant {
            token: token(),
            lifetime: Duration::from_secs(60),
            window: 300,
        }
    }

    fn bye() -> Bye {
        Bye {
            reason: ByeReason::Leaving,
            retry_after: Some(Duration::from_secs(2)),
            text: "maintenance".into(),
        }
    }

    #[test]
    fn a_client_says_these_bytes() {
        let resume = Resume {
            token: token(),
            received: 300,
        };
        let expected = [
            (ClientControl::Hello, b"\x01\x01".to_vec()),
            (
                ClientControl::Resume(resume),
                [b"\x02\x01", TOKEN, b"\xac\x02"].concat(),
            ),
            (ClientControl::Ack(0), b"\x03\0".to_vec()),
            (ClientControl::Ack(300), b"\x03\xac\x02".to_vec()),
            (
                ClientControl::Bye(Bye::new(ByeReason::Disconnected)),
                b"\x04\x02".to_vec(),
            ),
            (
                ClientControl::Bye(bye()),
                b"\x04\x01\xd1\x0fmaintenance".to_vec(),
            ),
        ];
        for (control, payload) in expected {
            assert_eq!(control.encode(), payload, "{control:?}");
            assert_eq!(ClientControl::decode(&payload), Some(control));
        }
    }

    #[test]
    fn a_server_says_these_bytes() {
        let accept = |lost, handled| ServerControl::Accept {
            grant: grant(),
            lost,
            handled,
        };
        let accepted = |rest: &[u8]| [b"\x01\x01", TOKEN, b"\x3c\xac\x02", rest].concat();
        let expected = [
            (accept(None, None), accepted(b"\0\0")),
            (
                accept(Some(SessionLost::Expired), Some(0)),
                accepted(b"\x01\x01"),
            ),
            (
                accept(Some(SessionLost::Mismatch), Some(300)),
                accepted(b"\x09\xad\x02"),
            ),
            (ServerControl::Resumed(300), b"\x02\xac\x02".to_vec()),
            (ServerControl::Ack(1), b"\x03\x01".to_vec()),
            (
                ServerControl::Bye(bye()),
                b"\x04\x01\xd1\x0fmaintenance".to_vec(),
            ),
        ];
        for (control, payload) in expected {
            assert_eq!(control.encode(), payload, "{control:?}");
            assert_eq!(ServerControl::decode(&payload), Some(control));
        }
    }

    #[test]
    fn a_payload_that_is_cut_says_nothing() {
        let client = ClientControl::Resume(Resume {
            token: token(),
            received: 300,
        });
        let server = ServerControl::Accept {
            grant: grant(),
            lost: None,
            handled: None,
        };
        for length in 0..client.encode().len() {
            assert_eq!(ClientControl::decode(&client.encode()[..length]), None);
        }
        for length in 0..server.encode().len() {
            assert_eq!(ServerControl::decode(&server.encode()[..length]), None);
        }
    }

    #[test]
    fn what_a_later_version_adds_is_ignored() {
        assert_eq!(
            ClientControl::decode(b"\x01\x01more"),
            Some(ClientControl::Hello)
        );
        assert_eq!(
            ServerControl::decode(b"\x03\x05more"),
            Some(ServerControl::Ack(5))
        );
        for unknown in [
            &b""[..],
            b"\0",
            b"\x05\x01",
            b"\xff",
            b"\x01\x02",
            b"\x02\x02",
        ] {
            assert_eq!(ClientControl::decode(unknown), None);
        }
        assert_eq!(
            ServerControl::decode(b"\x04\x63"),
            Some(ServerControl::Bye(Bye::new(ByeReason::Other(0x63))))
        );
    }

    #[test]
    fn a_number_of_more_than_64_bits_says_nothing() {
        let largest = [b"\x03", &[0xff; 9][..], b"\x01"].concat();
        assert_eq!(
            ClientControl::decode(&largest),
            Some(ClientControl::Ack(u64::MAX))
        );
        let larger = [b"\x03", &[0xff; 9][..], b"\x02"].concat();
        assert_eq!(ClientControl::decode(&larger), None);
        let longer = [b"\x03", &[0x80; 10][..], b"\x01"].concat();
        assert_eq!(ClientControl::decode(&longer), None);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let text = "é".repeat(100);
        let bye = Bye {
            text: format!("a{text}"),
            ..bye()
        };
        let Some(ClientControl::Bye(received)) =
            ClientControl::decode(&ClientControl::Bye(bye).encode())
        else {
            panic!("not a bye");
        };
        assert_eq!(received.text, format!("a{}", "é".repeat(59)));
    }

    #[test]
    fn a_received_text_is_within_the_limit_even_if_it_is_none() {
        let payload = [b"\x04\x01\0", &[0xff; MAX_TEXT][..]].concat();
        let Some(ClientControl::Bye(bye)) = ClientControl::decode(&payload) else {
            panic!("not a bye");
        };
        assert_eq!(bye.text, "\u{fffd}".repeat(MAX_TEXT / 3));
    }

    #[test]
    fn a_lifetime_is_rounded_up_to_whole_seconds() {
        for (milliseconds, expected) in [(1, 1), (1_000, 1), (1_001, 2)] {
            let lifetime = Duration::from_millis(milliseconds);
            let accept = ServerControl::Accept {
                grant: Grant {
                    lifetime,
                    ..grant()
                },
                lost: None,
                handled: None,
            };
            let Some(ServerControl::Accept { grant, .. }) = ServerControl::decode(&accept.encode())
            else {
                panic!("not a grant");
            };
            assert_eq!(grant.lifetime, Duration::from_secs(expected));
        }
    }
}
