//! Frames: the unit of the wire.
//!
//! A frame is one byte of type, three bytes of payload size (big endian), and the payload.

/// The size of a frame's header, in bytes.
pub(crate) const HEADER_SIZE: usize = 4;

/// The largest payload that a header can announce, in bytes.
pub(crate) const MAX_PAYLOAD_SIZE: usize = (1 << 24) - 1;

/// What a frame carries. The discriminant is its type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageType {
    /// An encoded `ClientToServer`.
    ClientToServer = 1,
    /// An encoded `ServerToClient`.
    ServerToClient = 2,
    /// "Are you there?", from a client; no payload.
    Ping = 3,
    /// "I am.", from a server; no payload.
    Pong = 4,
}

impl MessageType {
    /// The type with this type byte, if there is one.
    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::ClientToServer,
            Self::ServerToClient,
            Self::Ping,
            Self::Pong,
        ]
        .into_iter()
        .find(|&message_type| message_type as u8 == byte)
    }
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The type byte, which may be of no type known here.
    pub(crate) type_byte: u8,
    /// The size of the payload, in bytes.
    pub(crate) size: usize,
}

impl Header {
    /// The header of a frame with a payload of `size` bytes, at most [`MAX_PAYLOAD_SIZE`].
    pub(crate) fn new(message_type: MessageType, size: usize) -> Self {
        debug_assert!(size <= MAX_PAYLOAD_SIZE);
        Self {
            type_byte: message_type as u8,
            size,
        }
    }

    /// The header that `bytes` begin with, or `None` when there are not enough of them yet.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let &[type_byte, high, middle, low, ..] = bytes else {
            return None;
        };
        let size = u32::from_be_bytes([0, high, middle, low]) as usize;
        Some(Self { type_byte, size })
    }

    /// The header as it goes over the wire.
    pub(crate) fn encode(self) -> [u8; HEADER_SIZE] {
        let [_, high, middle, low] = (self.size as u32).to_be_bytes();
        [self.type_byte, high, middle, low]
    }

    /// The type, if it is one known here.
    pub(crate) fn message_type(self) -> Option<MessageType> {
        MessageType::from_byte(self.type_byte)
    }

    /// The size of the whole frame, in bytes.
    pub(crate) fn frame_size(self) -> usize {
        HEADER_SIZE + self.size
    }
}

/// The single frames in whole frames.
pub(crate) fn split(frames: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = frames;
    std::iter::from_fn(move || {
        let size = Header::decode(rest)?.frame_size();
        let (frame, others) = rest.split_at_checked(size)?;
        rest = others;
        Some(frame)
    })
}

/// Counts the messages in whole frames that do not end before `start`.
pub(crate) fn count_messages(frames: &[u8], start: usize) -> u64 {
    let mut count = 0;
    let mut end = 0;
    while let Some(header) = Header::decode(&frames[end.min(frames.len())..]) {
        end += header.frame_size();
        let is_message = !matches!(
            header.message_type(),
            Some(MessageType::Ping | MessageType::Pong)
        );
        count += u64::from(is_message && end > start);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_type_byte_and_a_big_endian_size() {
        let header = Header::new(MessageType::ClientToServer, 0x0a_0b_0c);
        assert_eq!(header.encode(), [1, 0x0a, 0x0b, 0x0c]);
        assert_eq!(Header::decode(&[1, 0x0a, 0x0b, 0x0c, 99]), Some(header));
        assert_eq!(header.frame_size(), 4 + 0x0a_0b_0c);
    }

    #[test]
    fn a_partial_header_is_not_a_header_yet() {
        for length in 0..HEADER_SIZE {
            assert_eq!(Header::decode(&[1, 0, 0, 0][..length]), None);
        }
    }

    #[test]
    fn only_the_four_types_are_known() {
        let known = |type_byte| Header { type_byte, size: 0 }.message_type();
        assert_eq!(known(1), Some(MessageType::ClientToServer));
        assert_eq!(known(2), Some(MessageType::ServerToClient));
        assert_eq!(known(3), Some(MessageType::Ping));
        assert_eq!(known(4), Some(MessageType::Pong));
        assert!((0..=255).filter(|&byte| known(byte).is_some()).count() == 4);
    }
}
