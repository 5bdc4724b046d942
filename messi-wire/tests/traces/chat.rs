//! The messages of `examples/chat/chat.proto`, with their texts in traces.

use messi_wire::prost::{self, Message};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ClientToServer {
    #[prost(oneof = "Request", tags = "1, 2")]
    messages: Option<Request>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Request {
    #[prost(message, tag = "1")]
    ConnectReq(ConnectReq),
    #[prost(message, tag = "2")]
    MessageInd(MessageInd),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ServerToClient {
    #[prost(oneof = "Response", tags = "1, 2")]
    messages: Option<Response>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Response {
    #[prost(message, tag = "1")]
    ConnectRsp(ConnectRsp),
    #[prost(message, tag = "2")]
    MessageInd(MessageInd),
}

#[derive(Clone, PartialEq, Message)]
struct ConnectReq {
    #[prost(string, tag = "1")]
    user: String,
}

#[derive(Clone, PartialEq, Message)]
struct ConnectRsp {}

#[derive(Clone, PartialEq, Message)]
struct MessageInd {
    #[prost(string, tag = "1")]
    user: String,
    #[prost(string, tag = "2")]
    text: String,
}

/// Encodes the message that a trace sends, by its member and texts.
pub(crate) fn encode(is_server: bool, argument: &str) -> Vec<u8> {
    let mut words = argument.split(' ');
    let member = words.next().expect("a member");
    let mut text = || match words.next() {
        None | Some("-") => String::new(),
        Some(text) => text.replace('_', " "),
    };
    let message_ind = |user, text| MessageInd { user, text };
    match (is_server, member) {
        (false, "connect_req") => request(Request::ConnectReq(ConnectReq { user: text() })),
        (false, "message_ind") => request(Request::MessageInd(message_ind(text(), text()))),
        (true, "connect_rsp") => response(Response::ConnectRsp(ConnectRsp {})),
        (true, "message_ind") => response(Response::MessageInd(message_ind(text(), text()))),
        _ => panic!("unknown member {member}"),
    }
}

fn request(message: Request) -> Vec<u8> {
    let messages = Some(message);
    ClientToServer { messages }.encode_to_vec()
}

fn response(message: Response) -> Vec<u8> {
    let messages = Some(message);
    ServerToClient { messages }.encode_to_vec()
}

/// Decodes a received message into its event, if it has a known member.
pub(crate) fn decode(
    is_server: bool,
    payload: &[u8],
) -> Result<Option<String>, prost::DecodeError> {
    if is_server {
        let message = ClientToServer::decode(payload)?;
        return Ok(message.messages.map(|it| match it {
            Request::ConnectReq(message) => event("connect_req", &[&message.user]),
            Request::MessageInd(message) => event("message_ind", &[&message.user, &message.text]),
        }));
    }
    let message = ServerToClient::decode(payload)?;
    Ok(message.messages.map(|it| match it {
        Response::ConnectRsp(_) => event("connect_rsp", &[]),
        Response::MessageInd(message) => event("message_ind", &[&message.user, &message.text]),
    }))
}

fn event(member: &str, texts: &[&str]) -> String {
    let mut event = format!("message {member}");
    for text in texts {
        event.push(' ');
        event.push_str(if text.is_empty() { "-" } else { text });
    }
    event
}
