//! Helpers of the tests: handlers that report their callbacks, a peer that speaks raw bytes, and a
//! time limit around every wait.
//!
//! The crates beside this one include this module by its path.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each crate that includes this module uses a part of it"
)]

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::resume_unwind;
use std::time::Duration;

use async_std::net::{TcpListener, TcpStream};
use async_std::{future, task};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use messi::{Address, ClientBuilder, ConnectError, DisconnectReason, Reply, Retry, ServerBuilder};
use socket2::{Domain, Socket, Type};

#[cfg(target_os = "linux")]
pub mod black_hole;
pub mod meter;
#[path = "../../harness/port.rs"]
pub mod port;
pub mod recorder;
#[path = "../../harness/runtime.rs"]
pub mod runtime;
pub mod simulated;

pub use simulated::{Pair, ROOM};

pub mod chat {
    messi::protocol!("../../../examples/chat/chat.proto");
}

use chat::*;

pub const SECOND: Duration = Duration::from_secs(1);
pub const HOUR: Duration = Duration::from_secs(3_600);
pub const KIB: usize = 1_024;

/// The URI of a free port of this machine.
pub const LOOPBACK: &str = "tcp://127.0.0.1:0";

/// The last callback of a connection that the peer closed.
pub const CLOSED: Event = Event::Disconnected(DisconnectReason::ConnectionClosed);

/// The last callback of a connection after a stop of its own side.
pub const STOPPED: Event = Event::Disconnected(DisconnectReason::Stopped);

/// The time limit of every wait. Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a test, with clients and servers on the runtime of this run of the tests.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    runtime::set_default();
    task::block_on(test)
}

/// Panics without running the panic hook.
///
/// The hook prints a backtrace where `RUST_BACKTRACE` is set. That takes a thread of the runtime for
/// seconds, and the connections of other tests would miss their keep-alive.
pub fn panic_without_hook() -> ! {
    resume_unwind(Box::new("expected panic"))
}

/// Waits for a future, and panics with its name after [`LIMIT`].
pub async fn within<T>(name: &str, future: impl Future<Output = T>) -> T {
    match future::timeout(LIMIT, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited {LIMIT:?} for {name}"),
    }
}

/// A callback of a handler.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Connected,
    Interrupted(DisconnectReason),
    Resumed(Duration),
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

    /// Waits for a matching callback, and skips others.
    pub async fn find(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        within("a matching event", async {
            loop {
                let event = self.next().await;
                if wanted(&event) {
                    return event;
                }
            }
        })
        .await
    }

    /// Waits until the handler is dropped, and returns the remaining callbacks.
    pub async fn rest(self) -> Vec<Event> {
        within("the handler to be dropped", self.0.collect()).await
    }
}

/// A handler of either side that reports its callbacks.
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

    async fn on_interrupted(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.report(Event::Interrupted(reason));
    }

    async fn on_resumed(&mut self, _: &ChatClient, away: Duration) {
        self.report(Event::Resumed(away));
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

    async fn on_client_interrupted(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.report(Event::Interrupted(reason));
    }

    async fn on_client_resumed(&mut self, _: &ChatServerClient, away: Duration) {
        self.report(Event::Resumed(away));
    }

    async fn on_client_disconnected(&mut self, _: &ChatServerClient, reason: DisconnectReason) {
        self.report(Event::Disconnected(reason));
    }

    async fn on_connect_req(
        &mut self,
        _: &ChatServerClient,
        request: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
        reply.send(ConnectRsp {});
        self.report(Event::ConnectReq(request.user));
    }

    async fn on_message_ind(&mut self, _: &ChatServerClient, message: MessageInd) {
        self.report(Event::Message(message.text));
    }
}

/// A handler that echoes each message.
pub struct Echo;

impl ChatServerHandler for Echo {
    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        client.send(message);
    }
}

/// Starts a server with handlers that report.
pub async fn serve(builder: ServerBuilder<Chat>) -> (ChatServer, Events) {
    let (reporter, events) = reporter();
    let server = builder.start(move |_| reporter.clone()).await.unwrap();
    (server, events)
}

/// Starts a server on a free port, with handlers that report.
pub async fn start_server() -> (ChatServer, Events) {
    serve(ChatServer::builder(LOOPBACK)).await
}

/// Starts a client with a handler that reports.
pub fn start_client(builder: ClientBuilder<Chat>) -> (ChatClient, Events) {
    let (reporter, events) = reporter();
    (builder.start(reporter).unwrap(), events)
}

/// Connects a client to a server; the handlers of both report.
pub async fn connect(server: &ChatServer, server_events: &mut Events) -> (ChatClient, Events) {
    let (client, mut events) = start_client(ChatClient::builder(uri(server.local_addr())));
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
    /// Connects to the server at an address.
    pub async fn connect(address: impl Into<Address>) -> Self {
        let address = address.into().socket_addr().unwrap();
        Self(
            within("a connection", TcpStream::connect(address))
                .await
                .unwrap(),
        )
    }

    /// Accepts the next client of a raw server.
    pub async fn accept(listener: &TcpListener) -> Self {
        Self(within("a client", listener.accept()).await.unwrap().0)
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        within("sending", self.0.write_all(bytes)).await.unwrap();
    }

    /// Receives as many bytes, and compares them with the expected ones.
    pub async fn expect(&mut self, bytes: &[u8]) {
        let mut received = vec![0; bytes.len()];
        within("bytes", self.0.read_exact(&mut received))
            .await
            .unwrap();
        assert_eq!(received, bytes);
    }

    /// Waits until the other side closes, and returns the bytes received before.
    pub async fn expect_end(&mut self) -> Vec<u8> {
        let mut received = Vec::new();
        // An error counts as the end: the other side resets the connection if it has not read all.
        let _ = within("the end", self.0.read_to_end(&mut received)).await;
        received
    }
}

/// Connects a client that never reads, with a small receive buffer.
pub fn non_reading_client(address: SocketAddr) -> std::net::TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.into()
}

/// Creates a listener on a free port, and returns it with its URI.
pub async fn raw_server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = uri(listener.local_addr().unwrap());
    (listener, uri)
}

/// A port that refuses connections and is reserved for one test.
///
/// The socket is bound but does not listen.
pub struct RefusingPort(Socket);

impl RefusingPort {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).unwrap();
        Self(socket)
    }

    pub fn uri(&self) -> String {
        let address = self.0.local_addr().unwrap();
        uri(address.as_socket().unwrap())
    }
}
