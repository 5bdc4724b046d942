//! The server and its connections.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use chat::{ClientToServer, ConnectRsp, FromClient, FromServer, ServerToClient};
use futures::io::{AsyncRead, AsyncWrite};
use prost::Message;
use work::{Action, BACKLOG, Service, Session, fail};

use crate::connection::{Connection, Handler, append_frame};
use crate::runtime::Runtime;
use crate::write_queue::WriteQueue;
use crate::{CLIENT_TO_SERVER, PING, PONG, SERVER_TO_CLIENT};

/// The queues of all clients that receive broadcasts.
type Room = Arc<Mutex<Vec<Arc<WriteQueue>>>>;

pub(crate) fn listen(address: SocketAddr) -> TcpListener {
    let listen = || {
        let listener = TcpListener::bind(address)?;
        // Sets the backlog, which is shorter by default.
        rustix::net::listen(&listener, BACKLOG as i32)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    listen().unwrap_or_else(|error: io::Error| fail(error))
}

pub(crate) async fn accept<R: Runtime>(runtime: R, listener: TcpListener, service: Service) {
    let listener = R::listen(listener).unwrap_or_else(|error| fail(error));
    let room = Room::default();
    loop {
        let stream = R::accept(&listener).await;
        let stream = stream.unwrap_or_else(|error| fail(error));
        runtime.spawn(serve(stream, service, room.clone()));
    }
}

async fn serve<S>(stream: S, service: Service, room: Room)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
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
