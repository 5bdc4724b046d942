//! The messages of the works, whatever types a peer has for them.

/// The user of every chat message: 8 bytes.
pub const USER: &str = "beat.box";

/// A message of the chat protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// `ConnectReq` from a client, `ConnectRsp` from a server.
    Hello,
    /// `MessageInd`, both ways.
    Chat {
        /// Always [`USER`].
        user: &'a str,
        /// 24 bytes that no other message of the sequence has, and more in the work with large
        /// payloads.
        text: &'a str,
    },
}

impl<'a> Message<'a> {
    /// A chat message of ours.
    pub(crate) fn chat(text: &'a str) -> Self {
        Self::Chat { user: USER, text }
    }
}
