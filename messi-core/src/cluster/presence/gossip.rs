//! The messages between nodes about members of topics.

use prost::bytes::{Buf, BufMut};
use prost::encoding::encode_varint;

use crate::cluster::envelope::{
    EnvelopeError, get_list, get_text, get_varint, malformed, put_text,
};
use crate::member::MAX_TOPIC_NAME;

const LEFT: u8 = 0;
const JOINED: u8 = 1;
const JOINED_AS_USER: u8 = 2;

/// A message of a node about its own members, or a request for those of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cluster) enum Gossip<T> {
    /// The changes since a version. Each change makes a new version.
    Changes { since: u64, changes: Vec<Change<T>> },
    /// A part of all members. Whoever has all parts, in their order, has this version.
    Snapshot {
        version: u64,
        /// Its number, from 0.
        part: u64,
        is_last: bool,
        members: Vec<Change<T>>,
    },
    /// Asks for the changes since a version; since 0, for all members.
    Request { since: u64 },
}

/// A client that has become a member of a topic, is one as another user, or is one no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cluster) struct Change<T> {
    pub(in crate::cluster) topic: T,
    /// The number of the client on its node.
    pub(in crate::cluster) client: u64,
    pub(in crate::cluster) membership: Membership<T>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cluster) enum Membership<T> {
    Left,
    Joined { user: Option<T> },
}

impl<T: AsRef<str>> Change<T> {
    /// Returns it with borrowed names.
    fn borrowed(&self) -> Change<&str> {
        Change {
            topic: self.topic.as_ref(),
            client: self.client,
            membership: match &self.membership {
                Membership::Left => Membership::Left,
                Membership::Joined { user } => Membership::Joined {
                    user: user.as_ref().map(AsRef::as_ref),
                },
            },
        }
    }

    /// Returns the number of its bytes in an envelope, without those of integers.
    pub(super) fn size(&self) -> usize {
        let user = match &self.membership {
            Membership::Joined { user: Some(user) } => user.as_ref().len(),
            _ => 0,
        };
        self.topic.as_ref().len() + user
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        let (kind, user) = match &self.membership {
            Membership::Left => (LEFT, None),
            Membership::Joined { user: None } => (JOINED, None),
            Membership::Joined { user: Some(user) } => (JOINED_AS_USER, Some(user)),
        };
        bytes.put_u8(kind);
        put_text(bytes, self.topic.as_ref());
        encode_varint(self.client, bytes);
        if let Some(user) = user {
            put_text(bytes, user.as_ref());
        }
    }
}

impl<T: AsRef<str>> Gossip<T> {
    /// Returns it with borrowed names.
    pub(in crate::cluster) fn borrowed(&self) -> Gossip<&str> {
        match self {
            Self::Changes { since, changes } => Gossip::Changes {
                since: *since,
                changes: changes.iter().map(Change::borrowed).collect(),
            },
            Self::Snapshot {
                version,
                part,
                is_last,
                members,
            } => Gossip::Snapshot {
                version: *version,
                part: *part,
                is_last: *is_last,
                members: members.iter().map(Change::borrowed).collect(),
            },
            Self::Request { since } => Gossip::Request { since: *since },
        }
    }
}

impl<'a> Gossip<&'a str> {
    pub(in crate::cluster) fn encode(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Changes { since, changes } => {
                encode_varint(*since, bytes);
                put_changes(bytes, changes);
            }
            Self::Snapshot {
                version,
                part,
                is_last,
                members,
            } => {
                encode_varint(*version, bytes);
                encode_varint(*part, bytes);
                bytes.put_u8(u8::from(*is_last));
                put_changes(bytes, members);
            }
            Self::Request { since } => encode_varint(*since, bytes),
        }
    }

    pub(in crate::cluster) fn decode_changes(bytes: &mut &'a [u8]) -> Result<Self, EnvelopeError> {
        Ok(Self::Changes {
            since: get_varint(bytes)?,
            changes: get_list(bytes, get_change)?,
        })
    }

    pub(in crate::cluster) fn decode_snapshot(bytes: &mut &'a [u8]) -> Result<Self, EnvelopeError> {
        Ok(Self::Snapshot {
            version: get_varint(bytes)?,
            part: get_varint(bytes)?,
            is_last: bytes.try_get_u8().map_err(malformed)? != 0,
            members: get_list(bytes, get_change)?,
        })
    }

    pub(in crate::cluster) fn decode_request(bytes: &mut &'a [u8]) -> Result<Self, EnvelopeError> {
        let since = get_varint(bytes)?;
        Ok(Self::Request { since })
    }
}

fn put_changes(bytes: &mut Vec<u8>, changes: &[Change<&str>]) {
    encode_varint(changes.len() as u64, bytes);
    for change in changes {
        change.encode(bytes);
    }
}

fn get_change<'a>(bytes: &mut &'a [u8]) -> Result<Change<&'a str>, EnvelopeError> {
    let kind = bytes.try_get_u8().map_err(malformed)?;
    let topic = get_text(bytes)?;
    if topic.len() > MAX_TOPIC_NAME {
        return Err(EnvelopeError::Malformed);
    }
    let client = get_varint(bytes)?;
    let membership = match kind {
        LEFT => Membership::Left,
        JOINED => Membership::Joined { user: None },
        JOINED_AS_USER => Membership::Joined {
            user: Some(get_text(bytes)?),
        },
        _ => return Err(EnvelopeError::Malformed),
    };
    Ok(Change {
        topic,
        client,
        membership,
    })
}
