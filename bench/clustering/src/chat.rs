//! The messages, and a client that reports when they come.

use std::sync::mpsc::Sender;
use std::time::Instant;

messi::protocol!("../../proto/chat.proto");

/// The size of the encoded messages, in bytes.
pub(crate) const MESSAGE_SIZE: usize = 60;

/// The bytes of an encoded message that are not its text.
const OVERHEAD: usize = 4 + 2 + work::USER.len();

/// The size of a message on the way to a client.
pub(crate) const FRAME_SIZE: usize = 4 + MESSAGE_SIZE;

/// The frame of a message that the server does not know and ignores.
pub(crate) const UNKNOWN_MESSAGE: &[u8] = b"\x01\0\0\0";

/// The server side of a connection.
pub(crate) struct Session;

impl ChatServerHandler for Session {}

/// A client that reports the time at which each message comes.
pub(crate) struct Reporter(pub(crate) Sender<Instant>);

impl ChatClientHandler for Reporter {
    async fn on_message_ind(&mut self, _: &ChatClient, _: MessageInd) {
        // The measurement may be over.
        let _ = self.0.send(Instant::now());
    }
}

/// Returns a message with [`MESSAGE_SIZE`] bytes.
pub(crate) fn message() -> MessageInd {
    MessageInd {
        user: work::USER.into(),
        text: "x".repeat(MESSAGE_SIZE - OVERHEAD),
    }
}

#[cfg(test)]
mod tests {
    use messi::prost::Message;

    use super::*;

    #[test]
    fn a_message_has_its_size() {
        let message = ServerToClient::from(message());
        assert_eq!(message.encoded_len(), MESSAGE_SIZE);
    }
}
