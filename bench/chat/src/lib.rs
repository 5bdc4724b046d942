//! The types of `proto/chat.proto`, for peers that do not generate their own.

use prost::{Message, Oneof};

/// A message from a client.
#[derive(Clone, PartialEq, Message)]
pub struct ClientToServer {
    #[prost(oneof = "FromClient", tags = "1, 2")]
    pub messages: Option<FromClient>,
}

/// The oneof in [`ClientToServer`].
#[derive(Clone, PartialEq, Oneof)]
pub enum FromClient {
    #[prost(message, tag = "1")]
    ConnectReq(ConnectReq),
    #[prost(message, tag = "2")]
    MessageInd(MessageInd),
}

/// A message from the server.
#[derive(Clone, PartialEq, Message)]
pub struct ServerToClient {
    #[prost(oneof = "FromServer", tags = "1, 2")]
    pub messages: Option<FromServer>,
}

/// The oneof in [`ServerToClient`].
#[derive(Clone, PartialEq, Oneof)]
pub enum FromServer {
    #[prost(message, tag = "1")]
    ConnectRsp(ConnectRsp),
    #[prost(message, tag = "2")]
    MessageInd(MessageInd),
}

#[derive(Clone, PartialEq, Message)]
pub struct ConnectReq {
    #[prost(string, tag = "1")]
    pub user: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct ConnectRsp {}

#[derive(Clone, PartialEq, Message)]
pub struct MessageInd {
    #[prost(string, tag = "1")]
    pub user: String,
    #[prost(string, tag = "2")]
    pub text: String,
}

impl From<work::Message<'_>> for ClientToServer {
    fn from(message: work::Message<'_>) -> Self {
        let message = match message {
            work::Message::Hello => FromClient::ConnectReq(ConnectReq {
                user: work::USER.into(),
            }),
            work::Message::Chat { user, text } => FromClient::MessageInd(MessageInd {
                user: user.into(),
                text: text.into(),
            }),
        };
        Self {
            messages: Some(message),
        }
    }
}

impl From<FromServer> for ServerToClient {
    fn from(message: FromServer) -> Self {
        Self {
            messages: Some(message),
        }
    }
}

impl FromServer {
    /// Returns the message in the type that all peers share.
    pub fn as_message(&self) -> work::Message<'_> {
        match self {
            Self::ConnectRsp(_) => work::Message::Hello,
            Self::MessageInd(MessageInd { user, text }) => work::Message::Chat { user, text },
        }
    }
}
