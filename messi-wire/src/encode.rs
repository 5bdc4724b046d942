//! Encodes messages into frames.
//!
//! A `prost::Message` may be implemented by hand: its code may panic, or write another number of bytes
//! than `encoded_len` has returned. Neither may leave a partial frame in the buffer, since the peer would
//! misread all that follows.

use prost::Message;

use crate::SendError;
use crate::frame::{HEADER_SIZE, Header, MessageType};

/// Appends the frame of a message with an `encoded_len` of `size`, at most
/// [`MAX_PAYLOAD_SIZE`](crate::frame::MAX_PAYLOAD_SIZE).
///
/// # Errors
///
/// Returns [`SendError::WrongSize`] if the message encodes to another size. The buffer is unchanged then,
/// and also if the message panics.
pub fn append_frame(
    buffer: &mut Vec<u8>,
    message_type: MessageType,
    message: &impl Message,
    size: usize,
) -> Result<(), SendError> {
    let frame = Frame::begin(buffer, Header::new(message_type, size));
    message.encode_raw(frame.buffer);
    frame.finish()
}

/// A frame that is being appended to a buffer. It is removed when dropped before it is complete.
struct Frame<'a> {
    buffer: &'a mut Vec<u8>,
    /// Offset of the frame in the buffer.
    start: usize,
    /// Offset at which the frame must end.
    end: usize,
    is_complete: bool,
}

impl<'a> Frame<'a> {
    #[inline]
    fn begin(buffer: &'a mut Vec<u8>, header: Header) -> Self {
        let start = buffer.len();
        buffer.reserve(header.frame_size());
        buffer.extend_from_slice(&header.encode());
        Self {
            end: start + header.frame_size(),
            buffer,
            start,
            is_complete: false,
        }
    }

    #[inline]
    fn finish(mut self) -> Result<(), SendError> {
        self.is_complete = self.buffer.len() == self.end;
        if self.is_complete {
            return Ok(());
        }
        let payload = self.start + HEADER_SIZE;
        Err(SendError::WrongSize {
            announced: self.end - payload,
            encoded: self.buffer.len() - payload,
        })
    }
}

impl Drop for Frame<'_> {
    fn drop(&mut self) {
        if !self.is_complete {
            self.buffer.truncate(self.start);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use prost::DecodeError;
    use prost::bytes::{Buf, BufMut};
    use prost::encoding::{DecodeContext, WireType};

    use super::*;

    /// A message with an `encoded_len` of 1 that encodes to this number of bytes, or panics.
    #[derive(Debug)]
    struct Odd(Option<usize>);

    impl Message for Odd {
        fn encode_raw(&self, buffer: &mut impl BufMut) {
            buffer.put_bytes(7, self.0.unwrap_or(3));
            assert!(self.0.is_some(), "expected panic");
        }

        fn merge_field(
            &mut self,
            _: u32,
            _: WireType,
            _: &mut impl Buf,
            _: DecodeContext,
        ) -> Result<(), DecodeError> {
            Ok(())
        }

        fn encoded_len(&self) -> usize {
            1
        }

        fn clear(&mut self) {}
    }

    fn append(buffer: &mut Vec<u8>, encoded: Option<usize>) -> Result<(), SendError> {
        append_frame(buffer, MessageType::ClientToServer, &Odd(encoded), 1)
    }

    #[test]
    fn a_message_of_the_wrong_size_is_removed() {
        let mut buffer = Vec::new();
        assert_eq!(append(&mut buffer, Some(1)), Ok(()));
        for encoded in [0, 2, 100_000] {
            let announced = 1;
            let wrong = Err(SendError::WrongSize { announced, encoded });
            assert_eq!(append(&mut buffer, Some(encoded)), wrong);
            assert_eq!(buffer, b"\x01\0\0\x01\x07");
        }
    }

    #[test]
    fn a_message_that_panics_is_removed() {
        let mut buffer = Vec::new();
        append(&mut buffer, Some(1)).unwrap();
        let panics = AssertUnwindSafe(|| append(&mut buffer, None));
        assert!(catch_unwind(panics).is_err());
        assert_eq!(buffer, b"\x01\0\0\x01\x07");
    }

    #[test]
    fn an_appended_message_has_the_bytes_of_the_original_protocol() {
        // A oneof member 1 that is a message with the string field 1, "Erik".
        #[derive(Clone, PartialEq, Message)]
        struct ConnectReq {
            #[prost(string, tag = "1")]
            user: String,
        }
        #[derive(Clone, PartialEq, Message)]
        struct ClientToServer {
            #[prost(message, optional, tag = "1")]
            connect_req: Option<ConnectReq>,
        }
        let message = ClientToServer {
            connect_req: Some(ConnectReq {
                user: "Erik".into(),
            }),
        };
        let mut buffer = Vec::new();
        let size = message.encoded_len();
        append_frame(&mut buffer, MessageType::ClientToServer, &message, size).unwrap();
        assert_eq!(buffer, *b"\x01\x00\x00\x08\x0a\x06\x0a\x04Erik");
    }
}
