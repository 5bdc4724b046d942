//! The server and its connections.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::{TcpListenerStream, UnboundedReceiverStream};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};
use work::{Action, BACKLOG, Service, Session, fail};

use crate::chat::client_to_server::Messages as FromClient;
use crate::chat::server_to_client::Messages as FromServer;
use crate::chat::{ClientToServer, ConnectRsp, ServerToClient};
use crate::chat_service::chat_server::{Chat, ChatServer};

type Reply = Result<ServerToClient, Status>;

/// The queues of all clients that receive broadcasts. The workloads bound their length.
type Room = Arc<Mutex<Vec<UnboundedSender<Reply>>>>;

pub(crate) fn listen(address: SocketAddr) -> TcpListener {
    let listen = || {
        let socket = TcpSocket::new_v4()?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().unwrap_or_else(|error: std::io::Error| fail(error))
}

pub(crate) async fn serve(listener: TcpListener, service: Service) {
    let talks = Talks {
        service,
        room: Room::default(),
    };
    // tonic sets this option on sockets that it accepts itself.
    let connections = TcpListenerStream::new(listener).map(|stream| {
        let stream = stream?;
        stream.set_nodelay(true)?;
        Ok::<_, std::io::Error>(stream)
    });
    Server::builder()
        .add_service(ChatServer::new(talks))
        .serve_with_incoming(connections)
        .await
        .unwrap_or_else(|error| fail(error));
}

struct Talks {
    service: Service,
    room: Room,
}

#[tonic::async_trait]
impl Chat for Talks {
    type TalkStream = Pin<Box<dyn Stream<Item = Reply> + Send>>;

    async fn talk(
        &self,
        request: Request<Streaming<ClientToServer>>,
    ) -> Result<Response<Self::TalkStream>, Status> {
        let (replies, to_send) = unbounded_channel();
        let client = Client {
            session: Session::new(self.service),
            room: self.room.clone(),
            replies,
        };
        tokio::spawn(client.run(request.into_inner()));
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(
            to_send,
        ))))
    }
}

/// One client.
struct Client {
    session: Session,
    room: Room,
    replies: UnboundedSender<Reply>,
}

impl Client {
    async fn run(mut self, mut messages: Streaming<ClientToServer>) {
        // An error means that the client has disconnected.
        while let Ok(Some(message)) = messages.message().await {
            match message.messages {
                Some(FromClient::ConnectReq(_)) => self.register(),
                Some(FromClient::MessageInd(message)) => {
                    let action = self.session.receive(&message.user, &message.text);
                    self.act(action, FromServer::MessageInd(message));
                }
                None => fail("a message without a member"),
            }
        }
    }

    /// Adds the client to the room, and responds to its hello.
    fn register(&self) {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.push(self.replies.clone());
        send(&self.replies, FromServer::ConnectRsp(ConnectRsp {}));
    }

    /// Performs the action that a message requires.
    fn act(&self, action: Action, message: FromServer) {
        match action {
            Action::Nothing => {}
            Action::Reply => send(&self.replies, message),
            Action::Broadcast => {
                let room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
                room.iter().for_each(|client| send(client, message.clone()));
            }
        }
    }
}

fn send(client: &UnboundedSender<Reply>, message: FromServer) {
    let messages = Some(message);
    // An error means that the client has disconnected.
    let _ = client.send(Ok(ServerToClient { messages }));
}
