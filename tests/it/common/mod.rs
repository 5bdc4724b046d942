//! What the tests over real sockets share: handlers that report what happens to them, a peer that
//! speaks raw bytes, and a limit around every wait.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test is a crate of its own and uses its part"
)]

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use async_std::net::{TcpListener, TcpStream};
use async_std::{future, task};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use messi::{Address, ConnectError, DisconnectReason, Retry};
use socket2::{Domain, Socket, Type};

#[cfg(target_os = "linux")]
pub mod black_hole;

pub mod simulated;

pub mod chat {
    messi::protocol!("../../../examples/chat/chat.proto");
}

use chat::*;

/// Far more than anything here takes; only a hang gets there.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a test.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    task::block_on(test)
}

/// Waits for a future, but not for ever.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match future::timeout(LIMIT, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited {LIMIT:?} for {what}"),
    }
}

/// A callback of a handler.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Connected,
    Disconnected(DisconnectReason),
    ConnectFailure(ConnectError),
    ConnectReq(String),
    ConnectRsp,
    Message(String),
}

/// The callbacks of a handler, in order.
pub struct Events(UnboundedReceiver<Event>);

impl Events {
    /// Waits for the next callback.
    pub async fn next(&mut self) -> Event {
        within("an event", self.0.next())
            .await
            .expect("the handler is gone")
    }

    /// Waits for a callback like this one, passing over others.
    pub async fn find(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.next().await;
            if wanted(&event) {
                return event;
            }
        }
    }

    /// Waits for the handler to be dropped, and gives what it reported until then.
    pub async fn rest(self) -> Vec<Event> {
        within("the handler to be dropped", self.0.collect()).await
    }
}

/// A handler, for either side, that reports its callbacks.
#[derive(Clone)]
pub struct Reporter(UnboundedSender<Event>);

pub fn reporter() -> (Reporter, Events) {
    let (sender, receiver) = unbounded();
    (Reporter(sender), Events(receiver))
}

impl Reporter {
    pub fn report(&self, event: Event) {
        let _ = self.0.unbounded_send(event);
    }
}

impl ChatClientHandler for Reporter {
    async fn on_connected(&mut self, _: &ChatClient) {
        self.report(Event::Connected);
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.report(Event::Disconnected(reason));
    }

    async fn on_connect_failure(&mut self, _: &ChatClient, error: &ConnectError) -> Retry {
        self.report(Event::ConnectFailure(error.clone()));
        Retry::Backoff
    }

    async fn on_connect_rsp(&mut self, _: &ChatClient, _: ConnectRsp) {
        self.report(Event::ConnectRsp);
    }

    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        self.report(Event::Message(message.text));
    }
}

impl ChatServerHandler for Reporter {
    async fn on_client_connected(&mut self, _: &ChatServerClient) {
        self.report(Event::Connected);
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.report(Event::Disconnected(reason));
    }

    async fn on_connect_req(&mut self, client: &ChatServerClient, request: ConnectReq) {
        client.reply(ConnectRsp {});
        self.report(Event::ConnectReq(request.user));
    }

    async fn on_message_ind(&mut self, _: &ChatServerClient, message: MessageInd) {
        self.report(Event::Message(message.text));
    }
}

/// A server whose handlers all report to the same place.
pub async fn start_server() -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = ChatServer::builder("tcp://127.0.0.1:0")
        .start(move |_| reporter.clone())
        .await
        .unwrap();
    (server, events)
}

/// A client that reports, connected to the server, whose handler reports too.
pub async fn connect(server: &ChatServer, server_events: &mut Events) -> (ChatClient, Events) {
    let (reporter, mut events) = reporter();
    let client = ChatClient::builder(uri(server.local_addr()))
        .start(reporter)
        .unwrap();
    assert_eq!(events.next().await, Event::Connected);
    assert_eq!(server_events.next().await, Event::Connected);
    (client, events)
}

pub fn uri(address: impl Into<Address>) -> String {
    format!("tcp://{}", address.into())
}

pub fn message(text: impl Into<String>) -> MessageInd {
    MessageInd {
        user: "Erik".into(),
        text: text.into(),
    }
}

/// A peer that speaks raw bytes.
pub struct RawPeer(pub TcpStream);

impl RawPeer {
    /// A client of the server at this address.
    pub async fn connect(address: impl Into<Address>) -> Self {
        let address = address.into().socket_addr().unwrap();
        Self(
            within("a connection", TcpStream::connect(address))
                .await
                .unwrap(),
        )
    }

    /// The next client of a raw server.
    pub async fn accept(listener: &TcpListener) -> Self {
        Self(within("a client", listener.accept()).await.unwrap().0)
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        within("sending", self.0.write_all(bytes)).await.unwrap();
    }

    /// Waits for exactly these bytes.
    pub async fn expect(&mut self, bytes: &[u8]) {
        let mut received = vec![0; bytes.len()];
        within("bytes", self.0.read_exact(&mut received))
            .await
            .unwrap();
        assert_eq!(received, bytes);
    }

    /// Waits for the other end to close, and gives what came before.
    pub async fn expect_end(&mut self) -> Vec<u8> {
        let mut received = Vec::new();
        // An error is an end too: what was sent last may not have been read there.
        let _ = within("the end", self.0.read_to_end(&mut received)).await;
        received
    }
}

/// A client that does not read, for which the operating system takes little.
pub fn deaf_peer(address: SocketAddr) -> std::net::TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.into()
}

/// A raw server on a port of its own.
pub async fn raw_server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = uri(listener.local_addr().unwrap());
    (listener, uri)
}
