//! messi with the code that the macro generates: typed messages, and a handler that is called for each.

use std::iter;
use std::net::SocketAddr;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::executor::block_on;
use messi::{DisconnectReason, ListenError, Protocol, Reply, Server};
use work::{Action, Blast, Message, Peer, Script, Session, Workload, fail};

mod tls;
mod variant;
mod views;

mod chat {
    messi::protocol!("../../../proto/chat.proto");
}

use chat::*;
use variant::Variant;

/// The number of bytes sent between two calls of `ready`, far below the limit of the queue.
const BYTES_PER_WAIT: usize = 64 * 1024;

/// messi in a variant.
struct Messi {
    variant: Variant,
    runtime: messi::Runtime,
}

impl Peer for Messi {
    fn new(variant: &str) -> Option<Self> {
        let variant = Variant::named(variant)?;
        Some(Self {
            variant,
            runtime: variant.runtime(),
        })
    }

    // All tasks run on the runtime of the variant. The main thread only waits for them.
    fn serve(&self, workload: &Workload, listening: impl FnOnce(u16) + Send) {
        let service = workload.service();
        if self.variant == Variant::Views {
            let builder = self.variant.server(workload).runtime(self.runtime.clone());
            let starting = builder.start(move |_| views::Connection(Session::new(service)));
            return self.serve_started::<views::Chat>(starting, listening);
        }
        let builder = self.variant.server(workload).runtime(self.runtime.clone());
        let starting = builder.start(move |_| Connection(Session::new(service)));
        self.serve_started::<Chat>(starting, listening);
    }

    fn open(&self, server: SocketAddr, scripts: Vec<Script>) {
        for script in scripts {
            // Dropping the last handle would stop the client.
            std::mem::forget(self.start(server, Conversation(script)));
        }
    }

    fn blast(&self, server: SocketAddr, blast: Blast) {
        let (acknowledge, acknowledged) = unbounded();
        let client = self.start(server, Acknowledgements(acknowledge));
        self.runtime.spawn(async move {
            let ended = send_all(&client, blast, acknowledged).await;
            fail(format!("the blast ended too early: {ended:?}"))
        });
    }
}

impl Messi {
    /// Starts a server, and waits until it ends.
    fn serve_started<P: Protocol>(
        &self,
        starting: impl Future<Output = Result<Server<P>, ListenError>> + Send + 'static,
        listening: impl FnOnce(u16),
    ) {
        let server = block_on(self.runtime.spawn(starting));
        let server = server.unwrap_or_else(|error| fail(error));
        listening(
            server
                .local_addr()
                .port()
                .expect("the server has a TCP address"),
        );
        block_on(server.wait());
    }

    fn start(&self, server: SocketAddr, handler: impl ChatClientHandler) -> ChatClient {
        let builder = self.variant.client(server).runtime(self.runtime.clone());
        builder.start(handler).unwrap_or_else(|error| fail(error))
    }
}

/// Sends all messages of the blast. The last acknowledgement ends the process.
async fn send_all(
    client: &ChatClient,
    mut blast: Blast,
    mut acknowledged: UnboundedReceiver<String>,
) -> Result<(), messi::NotConnected> {
    let messages_per_wait = (BYTES_PER_WAIT / blast.text_size()).max(1);
    client.connected().await?;
    loop {
        loop {
            let texts =
                iter::from_fn(|| blast.next_text().map(|text| message_ind(work::USER, text)));
            client.send_all(texts.take(messages_per_wait));
            if blast.is_waiting() {
                break;
            }
            client.ready().await?;
        }
        let text = acknowledged.next().await;
        blast.acknowledge(&text.ok_or(messi::NotConnected)?);
    }
}

/// The server side of a connection.
struct Connection(Session);

impl ChatServerHandler for Connection {
    async fn on_connect_req(
        &mut self,
        _: &ChatServerClient,
        _: ConnectReq,
        reply: Reply<ConnectRsp>,
    ) {
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
struct Acknowledgements(UnboundedSender<String>);

impl ChatClientHandler for Acknowledgements {
    async fn on_message_ind(&mut self, _: &ChatClient, message: MessageInd) {
        let _ = self.0.unbounded_send(message.text);
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
