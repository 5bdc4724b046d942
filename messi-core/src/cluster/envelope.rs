//! The envelopes in which nodes send messages to each other.
//!
//! Integers of one byte and of 64 bits (big endian) have a fixed size, others are varints of protobuf, and texts follow
//! their size:
//!
//! | field | size |
//! | --- | --- |
//! | version, 1 | 1 |
//! | kind of the content | 1 |
//! | fingerprint of the schema | 8 |
//! | node that has published it | 8 |
//! | number of its first message in the channel | varint |
//! | content | the rest |
//!
//! Messages are whole frames, as they go to the clients: no node encodes a message again.

use messi_wire::frame::{HEADER_SIZE, Header, MessageType};
use prost::bytes::{Buf, BufMut};
use prost::encoding::{decode_varint, encode_varint};
use thiserror::Error;

use super::presence::Gossip;
use super::status::Channel;
use crate::ids::{ClientId, NodeId};

const VERSION: u8 = 1;

const HEARTBEAT: u8 = 1;
const LEAVE: u8 = 2;
const ALL: u8 = 3;
const TOPIC: u8 = 4;
const USER: u8 = 5;
const CLIENTS: u8 = 6;
const CHANGES: u8 = 7;
const SNAPSHOT: u8 = 8;
const REQUEST: u8 = 9;

/// A message between nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    pub(super) fingerprint: u64,
    pub(super) node: NodeId,
    /// Number of the first message; without messages, of the next one in this channel.
    pub(super) number: u64,
    pub(super) content: Content<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// The node is there.
    Heartbeat {
        /// Its label.
        name: &'a str,
        /// Numbers and names of the messages that its server sends.
        members: Vec<(u32, &'a str)>,
        /// The version of the members of its topics; 0 if there were no members, or if it does not share them.
        presence: u64,
    },
    /// The node leaves.
    Leave,
    /// The node sends members of its topics, or asks for those of another one.
    Gossip(Gossip<&'a str>),
    /// Messages for clients.
    Messages {
        target: Target<'a>,
        /// Whole frames.
        frames: &'a [u8],
    },
}

/// The clients that messages are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    All {
        except: Vec<ClientId>,
    },
    Topic {
        name: &'a str,
        except: Vec<ClientId>,
    },
    User(&'a str),
    /// Clients of the receiving node, by their numbers.
    Clients {
        node: NodeId,
        numbers: Vec<u64>,
    },
}

/// The reason why bytes are not an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum EnvelopeError {
    #[error("an envelope of version {0}, expected {VERSION}")]
    Version(u8),
    #[error("an envelope of the unknown kind {0}")]
    Kind(u8),
    #[error("an envelope that ends early, or has a text that is none")]
    Malformed,
    #[error(
        "an envelope with a frame that is no message of a server, or has more than {limit} bytes"
    )]
    Frame {
        /// The largest message.
        limit: usize,
    },
}

impl Envelope<'_> {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.put_u8(VERSION);
        bytes.put_u8(match &self.content {
            Content::Heartbeat { .. } => HEARTBEAT,
            Content::Leave => LEAVE,
            Content::Gossip(Gossip::Changes { .. }) => CHANGES,
            Content::Gossip(Gossip::Snapshot { .. }) => SNAPSHOT,
            Content::Gossip(Gossip::Request { .. }) => REQUEST,
            Content::Messages { target, .. } => match target {
                Target::All { .. } => ALL,
                Target::Topic { .. } => TOPIC,
                Target::User(_) => USER,
                Target::Clients { .. } => CLIENTS,
            },
        });
        bytes.put_u64(self.fingerprint);
        bytes.put_u64(self.node.0);
        encode_varint(self.number, &mut bytes);
        self.content.encode(&mut bytes);
        bytes
    }
}

impl Content<'_> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Heartbeat {
                name,
                members,
                presence,
            } => {
                put_text(bytes, name);
                encode_varint(members.len() as u64, bytes);
                for (number, name) in members {
                    encode_varint(u64::from(*number), bytes);
                    put_text(bytes, name);
                }
                encode_varint(*presence, bytes);
            }
            Self::Leave => {}
            Self::Gossip(gossip) => gossip.encode(bytes),
            Self::Messages { target, frames } => {
                target.encode(bytes);
                bytes.put_slice(frames);
            }
        }
    }
}

impl Target<'_> {
    /// Returns the clients in the form for the program.
    pub(super) fn channel(&self) -> Channel {
        match self {
            Self::All { .. } => Channel::All,
            Self::Topic { name, .. } => Channel::Topic((*name).into()),
            Self::User(name) => Channel::User((*name).into()),
            Self::Clients { .. } => Channel::Clients,
        }
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::All { except } => put_clients(bytes, except),
            Self::Topic { name, except } => {
                put_text(bytes, name);
                put_clients(bytes, except);
            }
            Self::User(name) => put_text(bytes, name),
            Self::Clients { node, numbers } => {
                bytes.put_u64(node.0);
                encode_varint(numbers.len() as u64, bytes);
                for number in numbers {
                    encode_varint(*number, bytes);
                }
            }
        }
    }
}

pub(super) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    encode_varint(text.len() as u64, bytes);
    bytes.put_slice(text.as_bytes());
}

fn put_clients(bytes: &mut Vec<u8>, clients: &[ClientId]) {
    encode_varint(clients.len() as u64, bytes);
    for client in clients {
        bytes.put_u64(client.node.0);
        encode_varint(client.number, bytes);
    }
}

impl<'a> Envelope<'a> {
    /// Decodes an envelope. Its frames are not checked yet: see [`check_frames`].
    pub(super) fn decode(mut bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        let bytes = &mut bytes;
        let version = bytes.try_get_u8().map_err(malformed)?;
        if version != VERSION {
            return Err(EnvelopeError::Version(version));
        }
        let kind = bytes.try_get_u8().map_err(malformed)?;
        Ok(Self {
            fingerprint: bytes.try_get_u64().map_err(malformed)?,
            node: NodeId(bytes.try_get_u64().map_err(malformed)?),
            number: get_varint(bytes)?,
            content: Content::decode(kind, bytes)?,
        })
    }
}

impl<'a> Content<'a> {
    fn decode(kind: u8, bytes: &mut &'a [u8]) -> Result<Self, EnvelopeError> {
        let target = match kind {
            HEARTBEAT => {
                return Ok(Self::Heartbeat {
                    name: get_text(bytes)?,
                    members: get_list(bytes, |bytes| {
                        let number = u32::try_from(get_varint(bytes)?);
                        Ok((number.map_err(malformed)?, get_text(bytes)?))
                    })?,
                    presence: get_varint(bytes)?,
                });
            }
            LEAVE => return Ok(Self::Leave),
            CHANGES => return Gossip::decode_changes(bytes).map(Self::Gossip),
            SNAPSHOT => return Gossip::decode_snapshot(bytes).map(Self::Gossip),
            REQUEST => return Gossip::decode_request(bytes).map(Self::Gossip),
            ALL => Target::All {
                except: get_list(bytes, get_client)?,
            },
            TOPIC => Target::Topic {
                name: get_text(bytes)?,
                except: get_list(bytes, get_client)?,
            },
            USER => Target::User(get_text(bytes)?),
            CLIENTS => Target::Clients {
                node: NodeId(bytes.try_get_u64().map_err(malformed)?),
                numbers: get_list(bytes, get_varint)?,
            },
            _ => return Err(EnvelopeError::Kind(kind)),
        };
        Ok(Self::Messages {
            target,
            frames: bytes,
        })
    }
}

pub(super) fn malformed<E>(_: E) -> EnvelopeError {
    EnvelopeError::Malformed
}

pub(super) fn get_varint(bytes: &mut &[u8]) -> Result<u64, EnvelopeError> {
    decode_varint(bytes).map_err(malformed)
}

pub(super) fn get_text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, EnvelopeError> {
    let size = usize::try_from(get_varint(bytes)?).map_err(malformed)?;
    let (text, rest) = bytes
        .split_at_checked(size)
        .ok_or(EnvelopeError::Malformed)?;
    *bytes = rest;
    std::str::from_utf8(text).map_err(malformed)
}

fn get_client(bytes: &mut &[u8]) -> Result<ClientId, EnvelopeError> {
    Ok(ClientId {
        node: NodeId(bytes.try_get_u64().map_err(malformed)?),
        number: get_varint(bytes)?,
    })
}

pub(super) fn get_list<'a, T>(
    bytes: &mut &'a [u8],
    mut get: impl FnMut(&mut &'a [u8]) -> Result<T, EnvelopeError>,
) -> Result<Vec<T>, EnvelopeError> {
    let count = get_varint(bytes)?;
    // Not reserved: each element takes a byte at least, and there may be fewer bytes.
    (0..count).map(|_| get(bytes)).collect()
}

/// Appends the messages of an envelope to those of the one before it in its channel, which has this number of messages.
/// Returns `false` if they are not for the same clients, or if there are others between them.
pub(super) fn append_messages(envelope: &mut Vec<u8>, messages: u64, next: &[u8]) -> bool {
    let (Ok(first), Ok(second)) = (Envelope::decode(envelope), Envelope::decode(next)) else {
        return false;
    };
    let is_next = first.number.checked_add(messages) == Some(second.number);
    match (first.content, second.content) {
        (
            Content::Messages { target, .. },
            Content::Messages {
                target: same,
                frames,
            },
        ) if is_next && target == same => {
            envelope.extend_from_slice(frames);
            true
        }
        _ => false,
    }
}

/// Returns the number of messages in frames.
///
/// # Errors
///
/// Returns an error if they are not whole messages of servers, each of up to `limit` bytes.
pub(super) fn check_frames(mut frames: &[u8], limit: usize) -> Result<u64, EnvelopeError> {
    let mut count = 0;
    while !frames.is_empty() {
        let header = Header::decode(frames).filter(|header| {
            header.message_type() == Some(MessageType::ServerToClient) && header.size <= limit
        });
        let rest = header.and_then(|header| frames.get(HEADER_SIZE + header.size..));
        frames = rest.ok_or(EnvelopeError::Frame { limit })?;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::presence::{Change, Membership};

    const FRAMES: &[u8] = b"\x02\0\0\x02ab\x02\0\0\0";

    fn envelopes() -> [Envelope<'static>; 9] {
        let except = || {
            vec![ClientId {
                node: NodeId(7),
                number: 300,
            }]
        };
        let messages = |target| Content::Messages {
            target,
            frames: FRAMES,
        };
        let change = |topic, membership| Change {
            topic,
            client: 300,
            membership,
        };
        [
            Content::Heartbeat {
                name: "eu-1",
                members: vec![(1, "connect_rsp"), (300, "message_ind")],
                presence: 301,
            },
            Content::Leave,
            messages(Target::All { except: except() }),
            messages(Target::Topic {
                name: "room/42",
                except: except(),
            }),
            messages(Target::User("Kalle")),
            messages(Target::Clients {
                node: NodeId(7),
                numbers: vec![1, 300],
            }),
            Content::Gossip(Gossip::Changes {
                since: 300,
                changes: vec![
                    change("room/42", Membership::Joined { user: None }),
                    change("room/42", Membership::Left),
                ],
            }),
            Content::Gossip(Gossip::Snapshot {
                version: 300,
                part: 2,
                is_last: true,
                members: vec![change(
                    "room/42",
                    Membership::Joined {
                        user: Some("Kalle"),
                    },
                )],
            }),
            Content::Gossip(Gossip::Request { since: 300 }),
        ]
        .map(|content| Envelope {
            fingerprint: 0x0102_0304_0506_0708,
            node: NodeId(9),
            number: 300,
            content,
        })
    }

    #[test]
    fn each_kind_has_its_bytes() {
        let contents: [&[u8]; 9] = [
            b"\x04eu-1\x02\x01\x0bconnect_rsp\xac\x02\x0bmessage_ind\xad\x02",
            b"",
            b"\x01\0\0\0\0\0\0\0\x07\xac\x02\x02\0\0\x02ab\x02\0\0\0",
            b"\x07room/42\x01\0\0\0\0\0\0\0\x07\xac\x02\x02\0\0\x02ab\x02\0\0\0",
            b"\x05Kalle\x02\0\0\x02ab\x02\0\0\0",
            b"\0\0\0\0\0\0\0\x07\x02\x01\xac\x02\x02\0\0\x02ab\x02\0\0\0",
            b"\xac\x02\x02\x01\x07room/42\xac\x02\0\x07room/42\xac\x02",
            b"\xac\x02\x02\x01\x01\x02\x07room/42\xac\x02\x05Kalle",
            b"\xac\x02",
        ];
        for (kind, (envelope, content)) in (1..).zip(envelopes().iter().zip(contents)) {
            let header = [
                &[1, kind][..],
                &[1, 2, 3, 4, 5, 6, 7, 8],
                &[0, 0, 0, 0, 0, 0, 0, 9],
                b"\xac\x02",
            ]
            .concat();
            assert_eq!(envelope.encode(), [&header, content].concat());
            assert_eq!(Envelope::decode(&envelope.encode()).as_ref(), Ok(envelope));
        }
    }

    #[test]
    fn what_is_cut_off_is_no_envelope() {
        for envelope in envelopes() {
            let bytes = envelope.encode();
            for size in 0..bytes.len() {
                match Envelope::decode(&bytes[..size]) {
                    Err(error) => assert_eq!(error, EnvelopeError::Malformed),
                    // Only frames are left, which are checked by themselves.
                    Ok(Envelope {
                        content: Content::Messages { frames, .. },
                        ..
                    }) => {
                        assert!(frames.len() < FRAMES.len());
                    }
                    Ok(other) => panic!("{other:?} of {size} bytes"),
                }
            }
        }
    }

    #[test]
    fn no_bytes_panic() {
        let mut random = fastrand::Rng::with_seed(1);
        let valid = envelopes().map(|envelope| envelope.encode());
        for _ in 0..200_000 {
            let mut bytes = random.choice(&valid).cloned().unwrap_or_default();
            for _ in 0..random.usize(1..4) {
                let place = random.usize(0..bytes.len());
                bytes[place] = random.u8(..);
            }
            bytes.truncate(random.usize(0..=bytes.len()));
            if let Ok(Envelope {
                content: Content::Messages { frames, .. },
                ..
            }) = Envelope::decode(&bytes)
            {
                let _ = check_frames(frames, 100);
            }
        }
    }

    #[test]
    fn unknown_versions_and_kinds_are_refused() {
        let mut bytes = envelopes()[1].encode();
        bytes[0] = 2;
        assert_eq!(Envelope::decode(&bytes), Err(EnvelopeError::Version(2)));
        bytes[..2].copy_from_slice(&[1, 10]);
        assert_eq!(Envelope::decode(&bytes), Err(EnvelopeError::Kind(10)));
    }

    #[test]
    fn a_count_takes_no_memory() {
        let mut bytes = envelopes()[1].encode();
        bytes[1] = CLIENTS;
        bytes.put_u64(9);
        encode_varint(u64::MAX, &mut bytes);
        assert_eq!(Envelope::decode(&bytes), Err(EnvelopeError::Malformed));
    }

    #[test]
    fn frames_are_whole_messages_of_a_server() {
        assert_eq!(check_frames(FRAMES, 2), Ok(2));
        assert_eq!(check_frames(b"", 2), Ok(0));
        let error = Err(EnvelopeError::Frame { limit: 2 });
        for frames in [
            &FRAMES[..9],
            &FRAMES[..3],
            b"\x01\0\0\0",
            b"\x04\0\0\0",
            b"\x02\0\0\x03abc",
        ] {
            assert_eq!(check_frames(frames, 2), error);
        }
    }

    /// An envelope of two messages, of which the first one has this number.
    fn to_all(except: Vec<ClientId>, number: u64) -> Vec<u8> {
        let target = Target::All { except };
        let envelope = Envelope {
            fingerprint: 1,
            node: NodeId(9),
            number,
            content: Content::Messages {
                target,
                frames: FRAMES,
            },
        };
        envelope.encode()
    }

    #[test]
    fn messages_for_the_same_clients_share_an_envelope() {
        let mut envelope = to_all(Vec::new(), 300);
        assert!(append_messages(&mut envelope, 2, &to_all(Vec::new(), 302)));
        assert!(append_messages(&mut envelope, 4, &to_all(Vec::new(), 304)));
        let expected = [&to_all(Vec::new(), 300), FRAMES, FRAMES].concat();
        assert_eq!(envelope, expected);
    }

    #[test]
    fn other_envelopes_stay_apart() {
        let except = vec![ClientId::new(NodeId(7), 1)];
        let [heartbeat, leave, ..] = envelopes().map(|envelope| envelope.encode());
        for next in [
            to_all(except, 302),
            // Messages between the two were dropped.
            to_all(Vec::new(), 303),
            heartbeat.clone(),
            leave,
        ] {
            let mut envelope = to_all(Vec::new(), 300);
            assert!(!append_messages(&mut envelope, 2, &next));
            assert_eq!(envelope, to_all(Vec::new(), 300));
        }
        let next = to_all(Vec::new(), 300);
        assert!(!append_messages(&mut heartbeat.clone(), 0, &next));
    }
}
