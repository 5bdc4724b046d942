//! The client side of a connection.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use chat::{ClientToServer, FromServer, ServerToClient};
use futures::future::select;
use protosocket::{Connection, MessageReactor, ReactorStatus, SendBudget};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval_at};
use work::{Blast, KEEP_ALIVE_INTERVAL, Message, Script, USER, fail};

use crate::{BUFFER_INCREMENT, ClientCodec, MAX_BUFFER, MAX_QUEUED_MESSAGES};

type Sender = spillway::Sender<ClientToServer>;

/// Runs a script on a new connection. protosocket has no keep-alive, so that an empty message is used as
/// a ping.
pub(crate) async fn follow(server: SocketAddr, script: Script) {
    let stream = connect(server).await;
    let (messages, to_send) = spillway::channel();
    let has_received = Arc::new(AtomicBool::new(true));
    let mut conversation = Conversation {
        script,
        messages: messages.clone(),
        has_received: has_received.clone(),
    };
    conversation.connected();
    let serving = connection(stream, to_send, conversation);
    // When one of them ends, the other is dropped.
    select(serving, Box::pin(ping(messages, has_received))).await;
}

/// Sends pings until one has no response.
async fn ping(messages: Sender, has_received: Arc<AtomicBool>) {
    let mut ticks = interval_at(Instant::now() + KEEP_ALIVE_INTERVAL, KEEP_ALIVE_INTERVAL);
    loop {
        ticks.tick().await;
        let is_alive = has_received.swap(false, Ordering::Relaxed);
        if !is_alive || messages.send(ClientToServer::default()).is_err() {
            return;
        }
    }
}

struct Conversation {
    script: Script,
    messages: Sender,
    /// Whether a message was received since the last ping.
    has_received: Arc<AtomicBool>,
}

impl Conversation {
    fn connected(&mut self) {
        self.script
            .connected(|message| send(&self.messages, message));
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.script.lost("the connection has ended");
    }
}

impl MessageReactor for Conversation {
    type Codec = ClientCodec;
    type Inbound = ServerToClient;
    type Outbound = ClientToServer;
    type LogicalOutbound = ClientToServer;

    fn on_inbound_message(&mut self, message: ServerToClient) -> ReactorStatus {
        self.has_received.store(true, Ordering::Relaxed);
        if let Some(message) = &message.messages {
            let out = |response: Message<'_>| send(&self.messages, response);
            self.script.receive(message.as_message(), out);
        }
        ReactorStatus::Continue
    }

    fn on_outbound_message(&mut self, message: ClientToServer) -> ClientToServer {
        message
    }
}

/// Sends the messages of a blast on a new connection.
pub(crate) async fn blast(server: SocketAddr, blast: Blast) {
    let stream = connect(server).await;
    let (_messages, to_send) = spillway::channel();
    connection(stream, to_send, Blasting(blast)).await;
    fail("the connection has ended")
}

struct Blasting(Blast);

impl MessageReactor for Blasting {
    type Codec = ClientCodec;
    type Inbound = ServerToClient;
    type Outbound = ClientToServer;
    type LogicalOutbound = ClientToServer;

    fn on_inbound_message(&mut self, message: ServerToClient) -> ReactorStatus {
        match message.messages {
            Some(FromServer::MessageInd(message)) => self.0.acknowledge(&message.text),
            _ => fail("unexpected message"),
        }
        ReactorStatus::Continue
    }

    fn on_outbound_message(&mut self, message: ClientToServer) -> ClientToServer {
        message
    }

    fn poll_outbound_many(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        outbound: &mut SendBudget<'_, ClientCodec>,
    ) -> Poll<Option<()>> {
        while let Some(permit) = outbound.reserve() {
            // The connection is polled again when the outstanding acknowledgement is received.
            let Some(text) = self.0.next_text() else {
                return Poll::Pending;
            };
            permit.send(Message::Chat { user: USER, text }.into());
        }
        Poll::Ready(Some(()))
    }
}

async fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).await;
    let stream = stream.unwrap_or_else(|error| fail(error));
    stream.set_nodelay(true).unwrap_or_else(|error| fail(error));
    stream
}

fn connection<R>(
    stream: TcpStream,
    to_send: spillway::Receiver<ClientToServer>,
    reactor: R,
) -> Connection<TcpStream, R>
where
    R: MessageReactor<Codec = ClientCodec, LogicalOutbound = ClientToServer>,
{
    let codec = ClientCodec::default();
    Connection::new(
        stream,
        codec,
        MAX_BUFFER,
        BUFFER_INCREMENT,
        MAX_QUEUED_MESSAGES,
        to_send,
        reactor,
    )
}

fn send(messages: &Sender, message: Message<'_>) {
    // An error means that the connection has ended, which the script learns when the reactor is dropped.
    let _ = messages.send(message.into());
}
