//! Encoding of messages, whose code a user may have written by hand: it may panic, and encode to another
//! size than it has announced.

use prost::Message;

use crate::SendError;
use crate::frame::{HEADER_SIZE, Header, MessageType};

/// Appends the frame of a message whose announced size is `size`, at most
/// [`MAX_PAYLOAD_SIZE`](crate::frame::MAX_PAYLOAD_SIZE).
///
/// # Errors
///
/// [`SendError::WrongSize`] if the message encodes to another size. The buffer is then as it was, and so
/// it is if the message panics.
pub(crate) fn append_frame(
    buffer: &mut Vec<u8>,
    message_type: MessageType,
    message: &impl Message,
    size: usize,
) -> Result<(), SendError> {
    let frame = Frame::begin(buffer, Header::new(message_type, size));
    message.encode_raw(frame.buffer);
    frame.finish()
}

/// A frame that is being appended to a buffer, and is taken out again unless it is finished.
struct Frame<'a> {
    buffer: &'a mut Vec<u8>,
    /// Where it begins.
    start: usize,
    /// Where it must end.
    end: usize,
    is_whole: bool,
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
            is_whole: false,
        }
    }

    #[inline]
    fn finish(mut self) -> Result<(), SendError> {
        self.is_whole = self.buffer.len() == self.end;
        if self.is_whole {
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
        if !self.is_whole {
            self.buffer.truncate(self.start);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use prost::DecodeError;
    use prost::bytes::{Buf, BufMut};
    use prost::encoding::{DecodeContext, WireType};

    use super::*;

    /// A message that announces one byte, and encodes so many; or panics.
    #[derive(Debug)]
    pub(crate) struct Odd(pub(crate) Option<usize>);

    impl Message for Odd {
        fn encode_raw(&self, buffer: &mut impl BufMut) {
            buffer.put_bytes(7, self.0.unwrap_or(3));
            assert!(self.0.is_some(), "as told");
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
    fn a_message_of_another_size_than_announced_is_taken_out_again() {
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
    fn a_message_that_panics_is_taken_out_again() {
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
