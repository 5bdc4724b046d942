//! messi with the code that the macro generates: typed messages, and a handler that is called for each.

use std::net::SocketAddr;
use std::time::Duration;

use async_std::channel::{self, Sender};
use async_std::task;
use messi::{DisconnectReason, Reply};
use work::{Action, Blast, Message, Peer, Script, Session, Workload, fail};

mod tls;

mod chat {
    messi::protocol!("../../../proto/chat.proto");
}

use chat::*;

/// The number of bytes sent between two calls of `ready`, far below the limit of the queue.
const BYTES_PER_WAIT: usize = 64 * 1024;

/// The configuration of messi. Each variant is also an entry in the runner's list of peers.
#[derive(Clone, Copy, Debug)]
enum Messi {
    Default,
    /// With `busy_poll`, for processes with a core of their own.
    BusyPoll,
    /// With TLS and a certificate for this benchmark only.
    Tls,
}

/// The duration of busy polling, longer than any round trip.
const BUSY_POLL: Duration = Duration::from_millis(1);

impl Messi {
    /// Returns a server builder of this variant.
    fn server(self) -> messi::ServerBuilder<Chat> {
        let builder = |scheme| ChatServer::builder(format!("{scheme}://127.0.0.1:0"));
        match self {
            Self::Default => builder("tcp"),
            Self::BusyPoll => builder("tcp").busy_poll(BUSY_POLL),
            Self::Tls => builder("tls").tls(tls::server()),
        }
    }

    /// Returns a client builder of this variant.
    fn client(self, server: SocketAddr) -> messi::ClientBuilder<Chat> {
        let builder = |scheme| ChatClient::builder(format!("{scheme}://{server}"));
        match self {
            Self::Default => builder("tcp"),
            Self::BusyPoll => builder("tcp").busy_poll(BUSY_POLL),
            Self::Tls => builder("tls").tls(tls::client()),
        }
    }
}

impl Peer for Messi {
    fn new(variant: &str) -> Option<Self> {
        match variant {
            "" => Some(Self::Default),
            "busy-poll" => Some(Self::BusyPoll),
            "tls" => Some(Self::Tls),
            _ => None,
        }
    }

    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send) {
        let (builder, service) = (self.server(), workload.service());
        let server = task::block_on(builder.start(move |_| Connection(Session::new(service))));
        let server = server.unwrap_or_else(|error| fail(error));
        listening(
            server
                .local_addr()
                .port()
                .expect("the server has a TCP address"),
        );
        task::block_on(server.wait());
    }

    fn open(&self, server: SocketAddr, scripts: Vec<Script>) {
        for script in scripts {
            let client = self.client(server).start(Conversation(script));
            // Dropping the last handle would stop the client.
            std::mem::forget(client.unwrap_or_else(|error| fail(error)));
        }
    }

    fn blast(&self, server: SocketAddr, blast: Blast) {
        let (acknowledge, acknowledged) = channel::unbounded();
        let client = self.client(server).start(Acknowledgements(acknowledge));
        let client = client.unwrap_or_else(|error| fail(error));
        task::spawn(async move {
            let ended = send_all(&client, blast, acknowledged).await;
            fail(format!("the blast ended too early: {ended:?}"))
        });
    }
}

/// Sends all messages of the blast. The last acknowledgement ends the process.
async fn send_all(
    client: &ChatClient,
    mut blast: Blast,
    acknowledged: channel::Receiver<String>,
) -> Result<(), messi::NotConnected> {
    let messages_per_wait = (BYTES_PER_WAIT / blast.text_size()).max(1);
    client.connected().await?;
    loop {
        let mut sent_since_ready = 0;
        while let Some(text) = blast.next_text() {
            client.send(message_ind(work::USER, text));
            sent_since_ready += 1;
            if sent_since_ready == messages_per_wait {
                sent_since_ready = 0;
                client.ready().await?;
            }
        }
        let text = acknowledged.recv().await;
        blast.acknowledge(&text.map_err(|_| messi::NotConnected)?);
    }
}

/// The server side of a connection.
struct Connection(Session);

impl ChatServerHandler for Connection {
    async fn on_connect_req(&mut self, _: &ChatServerClient, _: ConnectReq, reply: Reply<ConnectRsp>) {
        reply.send(ConnectRsp {});
    }

    async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
        match self.0.receive(&message.user, &message.text) {
            Action::Nothing => {}
            Action::Reply => client.send(message),
            Action::Broadcast => client.server().broadcast(message),
        }
    }
}

/// The client side of a connection with a script.
struct Conversation(Script);

impl ChatClientHandler for Conversation {
    async fn on_connected(&mut self, client: &ChatClient) {
        self.0.connected(|message| send(client, message));
    }

    async fn on_connect_rsp(&mut self, client: &ChatClient, _: ConnectRsp) {
        self.0
            .receive(Message::Hello, |response| send(client, response));
    }

    async fn on_message_ind(&mut self, client: &ChatClient, message: MessageInd) {
        let (user, text) = (&*message.user, &*message.text);
        let message = Message::Chat { user, text };
        self.0.receive(message, |response| send(client, response));
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        self.0.lost(reason);
    }
}

/// Passes the acknowledgements of a blast to its sender.
struct Acknowledgements(Sender<String>);

impl ChatClientHandler for Acknowledgements {
    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        let _ = self.0.send(message.text).await;
    }

    async fn on_disconnected(&mut self, _: &ChatClient, reason: DisconnectReason) {
        fail(format!("the connection was lost: {reason}"));
    }
}

fn send(client: &ChatClient, message: Message<'_>) {
    match message {
        Message::Hello => client.send(ConnectReq {
            user: work::USER.into(),
        }),
        Message::Chat { user, text } => client.send(message_ind(user, text)),
    }
}

fn message_ind(user: &str, text: &str) -> MessageInd {
    MessageInd {
        user: user.into(),
        text: text.into(),
    }
}

fn main() {
    work::run::<Messi>();
}
