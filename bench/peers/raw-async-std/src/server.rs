//! The server and its connections.

use std::sync::{Arc, Mutex, PoisonError};

use async_std::net::{TcpListener, TcpStream};
use async_std::task;
use chat::{ClientToServer, ConnectRsp, FromClient, FromServer, ServerToClient};
use prost::Message;
use work::{Action, Service, Session, fail};

use crate::connection::{Connection, Handler, append_frame};
use crate::write_queue::WriteQueue;
use crate::{CLIENT_TO_SERVER, PING, PONG, SERVER_TO_CLIENT, set_nodelay};

/// The queues of all clients that receive broadcasts.
type Room = Arc<Mutex<Vec<Arc<WriteQueue>>>>;

pub(crate) async fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    listener.unwrap_or_else(|error| fail(error))
}

pub(crate) async fn accept(listener: TcpListener, service: Service) {
    let room = Room::default();
    loop {
        let (stream, _) = listener.accept().await.unwrap_or_else(|error| fail(error));
        task::spawn(serve(stream, service, room.clone()));
    }
}

async fn serve(stream: TcpStream, service: Service, room: Room) {
    set_nodelay(&stream);
    let write_queue = Arc::new(WriteQueue::default());
    let client = Client {
        session: Session::new(service),
        write_queue: write_queue.clone(),
        room,
        broadcasts: Vec::new(),
    };
    Connection::new(stream, write_queue, client).run().await;
}

/// One client.
struct Client {
    session: Session,
    write_queue: Arc<WriteQueue>,
    room: Room,
    /// The frames to send to all clients.
    broadcasts: Vec<u8>,
}

impl Handler for Client {
    fn handle(&mut self, type_byte: u8, payload: &[u8], output: &mut Vec<u8>) {
        match type_byte {
            PING => output.extend_from_slice(&[PONG, 0, 0, 0]),
            CLIENT_TO_SERVER => self.receive(payload, output),
            _ => fail(format!("unexpected frame type {type_byte}")),
        }
    }

    fn flush_broadcasts(&mut self) {
        if self.broadcasts.is_empty() {
            return;
        }
        let room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.iter().for_each(|client| client.push(&self.broadcasts));
        self.broadcasts.clear();
    }
}

impl Client {
    fn receive(&mut self, payload: &[u8], output: &mut Vec<u8>) {
        let message = ClientToServer::decode(payload).unwrap_or_else(|error| fail(error));
        match message.messages {
            Some(FromClient::ConnectReq(_)) => {
                self.room
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(self.write_queue.clone());
                send(FromServer::ConnectRsp(ConnectRsp {}), output);
            }
            Some(FromClient::MessageInd(message)) => {
                let action = self.session.receive(&message.user, &message.text);
                let message = FromServer::MessageInd(message);
                match action {
                    Action::Nothing => {}
                    Action::Reply => send(message, output),
                    Action::Broadcast => send(message, &mut self.broadcasts),
                }
            }
            None => fail("a message without a member"),
        }
    }
}

fn send(message: FromServer, output: &mut Vec<u8>) {
    append_frame(output, SERVER_TO_CLIENT, &ServerToClient::from(message));
}
