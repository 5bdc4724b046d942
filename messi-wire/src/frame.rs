//! Frames, the unit of the wire.
//!
//! A frame is one byte of type, three bytes of payload size (big endian), and the payload.

/// Size of a frame's header, in bytes.
pub const HEADER_SIZE: usize = 4;

/// Largest payload size that a header can hold, in bytes.
pub const MAX_PAYLOAD_SIZE: usize = (1 << 24) - 1;

/// Type of a frame. The discriminant is the type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageType {
    /// An encoded `ClientToServer`.
    ClientToServer = 1,
    /// An encoded `ServerToClient`.
    ServerToClient = 2,
    /// Keep-alive request of a client, without payload.
    Ping = 3,
    /// Keep-alive response of a server, without payload.
    Pong = 4,
}

impl MessageType {
    /// Returns the type with this type byte, if there is one.
    #[inline]
    fn from_byte(byte: u8) -> Option<Self> {
        const CLIENT_TO_SERVER: u8 = MessageType::ClientToServer as u8;
        const SERVER_TO_CLIENT: u8 = MessageType::ServerToClient as u8;
        const PING: u8 = MessageType::Ping as u8;
        const PONG: u8 = MessageType::Pong as u8;
        match byte {
            CLIENT_TO_SERVER => Some(Self::ClientToServer),
            SERVER_TO_CLIENT => Some(Self::ServerToClient),
            PING => Some(Self::Ping),
            PONG => Some(Self::Pong),
            _ => None,
        }
    }
}

/// Header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type byte, which may be of an unknown type.
    pub type_byte: u8,
    /// Size of the payload, in bytes.
    pub size: usize,
}

impl Header {
    /// Creates the header of a frame with a payload of `size` bytes, at most [`MAX_PAYLOAD_SIZE`].
    pub fn new(message_type: MessageType, size: usize) -> Self {
        debug_assert!(size <= MAX_PAYLOAD_SIZE);
        Self {
            type_byte: message_type as u8,
            size,
        }
    }

    /// Decodes the header at the start of `bytes`; `None` if `bytes` are shorter than a header.
    #[inline]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let &[type_byte, high, middle, low, ..] = bytes else {
            return None;
        };
        let size = u32::from_be_bytes([0, high, middle, low]) as usize;
        Some(Self { type_byte, size })
    }

    /// Encodes the header.
    #[inline]
    pub fn encode(self) -> [u8; HEADER_SIZE] {
        let [_, high, middle, low] = (self.size as u32).to_be_bytes();
        [self.type_byte, high, middle, low]
    }

    /// Returns the type, if it is a known one.
    #[inline]
    pub fn message_type(self) -> Option<MessageType> {
        MessageType::from_byte(self.type_byte)
    }

    /// Returns the size of the frame with its header, in bytes.
    #[inline]
    pub fn frame_size(self) -> usize {
        HEADER_SIZE + self.size
    }
}

/// Appends a frame with a payload of at most [`MAX_PAYLOAD_SIZE`] bytes.
pub fn append(frames: &mut Vec<u8>, message_type: MessageType, payload: &[u8]) {
    frames.extend_from_slice(&Header::new(message_type, payload.len()).encode());
    frames.extend_from_slice(payload);
}

/// Returns a frame with a payload of at most [`MAX_PAYLOAD_SIZE`] bytes.
pub fn build(message_type: MessageType, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER_SIZE + payload.len());
    append(&mut frame, message_type, payload);
    frame
}

/// Splits a buffer of complete frames into single frames.
pub fn split(frames: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = frames;
    std::iter::from_fn(move || {
        let size = Header::decode(rest)?.frame_size();
        let (frame, others) = rest.split_at_checked(size)?;
        rest = others;
        Some(frame)
    })
}

/// Counts the messages in a buffer of complete frames that end after `start`. Keep-alive frames are not
/// counted.
pub fn count_messages(frames: &[u8], start: usize) -> u64 {
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
