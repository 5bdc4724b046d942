//! The server and its connections.

use std::sync::{Arc, Mutex, PoisonError};

use chat::{ClientToServer, ConnectRsp, FromClient, FromServer, ServerToClient};
use protosocket::{
    Connection, MessageReactor, ReactorStatus, SocketListener, StreamWithAddress, TcpSocketListener,
};
use protosocket_server::{ProtosocketServer, ProtosocketServerConfig, ServerConnector};
use tokio::net::TcpStream;
use work::{Action, BACKLOG, Service, Session, Workload, fail, free_port};

use crate::{BUFFER_INCREMENT, MAX_BUFFER, MAX_QUEUED_MESSAGES, ServerCodec};

type Sender = spillway::Sender<ServerToClient>;

/// The queues of all clients that receive broadcasts. The workloads bound their length.
type Room = Arc<Mutex<Vec<Sender>>>;

/// Creates a server, and calls `listening` with its port.
pub(crate) fn listen(
    workload: &Workload,
    listening: impl FnOnce(u16),
) -> ProtosocketServer<Connector> {
    let mut address = workload.listen_address();
    // The listener does not report a port that it has chosen.
    let port = free_port();
    address.set_port(port);
    let listener = TcpSocketListener::listen(address, BACKLOG, None);
    let connector = Connector {
        service: workload.service(),
        room: Room::default(),
    };
    let server = ProtosocketServerConfig::default()
        .max_buffer_length(MAX_BUFFER)
        .buffer_allocation_increment(BUFFER_INCREMENT)
        .max_queued_outbound_messages(MAX_QUEUED_MESSAGES)
        .build_server(listener.unwrap_or_else(|error| fail(error)), connector);
    listening(port);
    server.unwrap_or_else(|error| fail(error))
}

pub(crate) struct Connector {
    service: Service,
    room: Room,
}

impl ServerConnector for Connector {
    type Codec = ServerCodec;
    type Reactor = Client;
    type SocketListener = TcpSocketListener;

    fn codec(&mut self) -> ServerCodec {
        ServerCodec::default()
    }

    fn new_reactor(&mut self, replies: Sender, _: &StreamWithAddress<TcpStream>) -> Client {
        Client {
            session: Session::new(self.service),
            room: self.room.clone(),
            replies,
        }
    }

    fn spawn_connection(
        &self,
        connection: Connection<<TcpSocketListener as SocketListener>::Stream, Client>,
    ) {
        tokio::spawn(connection);
    }
}

/// One client.
pub(crate) struct Client {
    session: Session,
    room: Room,
    replies: Sender,
}

impl MessageReactor for Client {
    type Codec = ServerCodec;
    type Inbound = ClientToServer;
    type Outbound = ServerToClient;
    type LogicalOutbound = ServerToClient;

    fn on_inbound_message(&mut self, message: ClientToServer) -> ReactorStatus {
        match message.messages {
            Some(FromClient::ConnectReq(_)) => self.register(),
            Some(FromClient::MessageInd(message)) => {
                let action = self.session.receive(&message.user, &message.text);
                self.act(action, FromServer::MessageInd(message));
            }
            // A ping of the client is an empty message, and so is the response.
            None => self.send(ServerToClient::default()),
        }
        ReactorStatus::Continue
    }

    fn on_outbound_message(&mut self, message: ServerToClient) -> ServerToClient {
        message
    }
}

impl Client {
    /// Adds the client to the room, and responds to its hello.
    fn register(&self) {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.push(self.replies.clone());
        self.send(FromServer::ConnectRsp(ConnectRsp {}).into());
    }

    /// Performs the action that a message requires.
    fn act(&self, action: Action, message: FromServer) {
        match action {
            Action::Nothing => {}
            Action::Reply => self.send(message.into()),
            Action::Broadcast => {
                let message = ServerToClient::from(message);
                let room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
                for client in &*room {
                    // An error means that the client has disconnected.
                    let _ = client.send(message.clone());
                }
            }
        }
    }

    fn send(&self, message: ServerToClient) {
        // An error means that the client has disconnected.
        let _ = self.replies.send(message);
    }
}
