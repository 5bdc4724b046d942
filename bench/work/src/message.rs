//! The messages of the workloads, independent of the types of a peer.

/// The user of every chat message, with 8 bytes.
pub const USER: &str = "beat.box";

/// A message of the chat protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// `ConnectReq` from a client, `ConnectRsp` from a server.
    Hello,
    /// `MessageInd` in both directions.
    Chat {
        /// Always [`USER`].
        user: &'a str,
        /// 24 bytes that are unique in the sequence, followed by filler in workloads with large payloads.
        text: &'a str,
    },
}

impl<'a> Message<'a> {
    /// Creates a chat message of [`USER`].
    pub(crate) fn chat(text: &'a str) -> Self {
        Self::Chat { user: USER, text }
    }
}
