//! The client side of a connection.

use std::net::SocketAddr;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};
use work::{Blast, KEEP_ALIVE_INTERVAL, Message, Script, USER, fail};

use crate::chat::client_to_server::Messages as FromClient;
use crate::chat::server_to_client::Messages as FromServer;
use crate::chat::{ClientToServer, ConnectReq, MessageInd, ServerToClient};
use crate::chat_service::chat_client::ChatClient;

/// Runs a script on a new connection.
pub(crate) async fn follow(server: SocketAddr, mut script: Script) {
    let (requests, to_send) = unbounded_channel();
    // The call begins with the first message, so the hello is queued before it.
    script.connected(|message| send(&requests, message));
    let mut client = connect(server).await;
    let call = client.talk(UnboundedReceiverStream::new(to_send)).await;
    let mut replies = call.unwrap_or_else(|error| fail(error)).into_inner();
    while let Ok(Some(reply)) = replies.message().await {
        script.receive(as_message(&reply), |response| send(&requests, response));
    }
    script.lost("the server closed the connection");
}

/// Sends the messages of a blast on a new connection.
pub(crate) async fn blast(server: SocketAddr, blast: Blast) {
    let (acknowledge, acknowledged) = unbounded_channel();
    let requests = futures::stream::unfold((blast, acknowledged), next_request);
    let mut client = connect(server).await;
    let call = client.talk(requests).await;
    let mut replies: Streaming<_> = call.unwrap_or_else(|error| fail(error)).into_inner();
    while let Ok(Some(reply)) = replies.message().await {
        let Message::Chat { text, .. } = as_message(&reply) else {
            fail("unexpected hello");
        };
        // An error means that the call has ended.
        let _ = acknowledge.send(text.to_owned());
    }
    fail("the server closed the connection")
}

type BlastState = (Blast, UnboundedReceiver<String>);

async fn next_request(
    (mut blast, mut acknowledged): BlastState,
) -> Option<(ClientToServer, BlastState)> {
    loop {
        if let Some(text) = blast.next_text() {
            let request = request(Message::Chat { user: USER, text });
            return Some((request, (blast, acknowledged)));
        }
        blast.acknowledge(&acknowledged.recv().await?);
    }
}

async fn connect(server: SocketAddr) -> ChatClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{server}"));
    let endpoint = endpoint.unwrap_or_else(|error| fail(error));
    let channel = endpoint
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_while_idle(true)
        .connect()
        .await;
    ChatClient::new(channel.unwrap_or_else(|error| fail(error)))
}

fn send(requests: &UnboundedSender<ClientToServer>, message: Message<'_>) {
    // An error means that the call has ended, which `follow` notices by itself.
    let _ = requests.send(request(message));
}

fn request(message: Message<'_>) -> ClientToServer {
    let message = match message {
        Message::Hello => FromClient::ConnectReq(ConnectReq { user: USER.into() }),
        Message::Chat { user, text } => FromClient::MessageInd(MessageInd {
            user: user.into(),
            text: text.into(),
        }),
    };
    ClientToServer {
        messages: Some(message),
    }
}

fn as_message(reply: &ServerToClient) -> Message<'_> {
    match &reply.messages {
        Some(FromServer::ConnectRsp(_)) => Message::Hello,
        Some(FromServer::MessageInd(MessageInd { user, text })) => Message::Chat { user, text },
        None => fail("a message without a member"),
    }
}
