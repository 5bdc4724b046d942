//! The client side of a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use chat::{ClientToServer, FromServer, ServerToClient};
use futures::future::{Either, select};
use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use prost::Message;
use work::{Blast, KEEP_ALIVE_INTERVAL, Script, USER, fail};

use crate::connection::{Connection, Handler, append_frame};
use crate::runtime::Runtime;
use crate::write_queue::WriteQueue;
use crate::{CLIENT_TO_SERVER, PING, PONG, SERVER_TO_CLIENT};

/// The number of bytes that a blast writes at once.
const WRITE_SIZE: usize = 64 * 1024;

/// Runs a script on a new connection, and sends pings.
pub(crate) async fn follow<R: Runtime>(server: SocketAddr, mut script: Script) {
    let stream = connect::<R>(server).await;
    let write_queue = Arc::new(WriteQueue::default());
    let mut output = Vec::new();
    script.connected(|message| send(message, &mut output));
    write_queue.push(&output);
    let conversation = Conversation { script };
    let serving = Box::pin(Connection::new(stream, write_queue.clone(), conversation).run());
    let pinging = Box::pin(async move {
        loop {
            R::sleep(KEEP_ALIVE_INTERVAL).await;
            write_queue.push(&[PING, 0, 0, 0]);
        }
    });
    let Either::Left((mut conversation, _)) = select(serving, pinging).await;
    conversation.script.lost("the server closed the connection");
}

struct Conversation {
    script: Script,
}

impl Handler for Conversation {
    fn handle(&mut self, type_byte: u8, payload: &[u8], output: &mut Vec<u8>) {
        match type_byte {
            PONG => {}
            SERVER_TO_CLIENT => {
                let message = decode(payload);
                self.script
                    .receive(message.as_message(), |response| send(response, output));
            }
            _ => fail(format!("unexpected frame type {type_byte}")),
        }
    }
}

/// Sends the messages of a blast on a new connection.
pub(crate) async fn blast<R: Runtime>(server: SocketAddr, mut blast: Blast) {
    let mut stream = connect::<R>(server).await;
    let mut output = Vec::new();
    loop {
        while let Some(text) = blast.next_text() {
            send(work::Message::Chat { user: USER, text }, &mut output);
            if output.len() >= WRITE_SIZE {
                flush(&mut stream, &mut output).await;
            }
        }
        flush(&mut stream, &mut output).await;
        match decode(&read_payload(&mut stream).await) {
            FromServer::MessageInd(message) => blast.acknowledge(&message.text),
            FromServer::ConnectRsp(_) => fail("unexpected hello"),
        }
    }
}

async fn flush(stream: &mut (impl AsyncWrite + Unpin), output: &mut Vec<u8>) {
    let written = stream.write_all(output).await;
    written.unwrap_or_else(|error| fail(error));
    output.clear();
}

async fn read_payload(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut header = [0; 4];
    let read = stream.read_exact(&mut header).await;
    read.unwrap_or_else(|error| fail(error));
    let [_, high, middle, low] = header;
    let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
    let read = stream.read_exact(&mut payload).await;
    read.unwrap_or_else(|error| fail(error));
    payload
}

async fn connect<R: Runtime>(server: SocketAddr) -> R::Stream {
    R::connect(server).await.unwrap_or_else(|error| fail(error))
}

fn decode(payload: &[u8]) -> FromServer {
    let message = ServerToClient::decode(payload).unwrap_or_else(|error| fail(error));
    let member = message.messages;
    member.unwrap_or_else(|| fail("a message without a member"))
}

fn send(message: work::Message<'_>, output: &mut Vec<u8>) {
    append_frame(output, CLIENT_TO_SERVER, &ClientToServer::from(message));
}
