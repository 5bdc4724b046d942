//! The server: a handle, a task that accepts clients, and a task for each client.

mod accept;
mod admission;
mod broadcast;
mod builder;
mod client;
mod directory;
mod groups;
mod handler;
mod listen;
mod networks;
mod opening;
mod peer;
mod poll_scope;
mod proxied;
mod recipients;
mod refusal;
mod registry;
mod remote;
mod serve;
mod sessions;
mod starter;
mod topic;
mod topics;
mod user;

use std::fmt::{self, Debug, Formatter};
use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::time::Duration;

use event_listener::Event;
use messi_wire::config::bounded;

pub use self::builder::ServerBuilder;
pub use self::client::{RequestClient, ServerClient};
pub use self::handler::ServeWith;
use self::listen::Place;
use self::recipients::Recipients;
pub use self::refusal::{IntoHandler, Refusal};
use self::registry::Registry;
use self::sessions::SessionGranter;
pub use self::topic::Topic;
pub use self::user::User;
use crate::cluster::ClusterStatus;
use crate::cpu_limit::CpuLimit;
use crate::ids::ClientId;
use crate::metrics::Metrics;
use crate::runtime::AsyncRuntime;
use crate::tasks::{Tasks, notify_all, unless, until};
use crate::{Address, BoundListener, Clock, Protocol, Runtime, ServerStats, StopSummary, Uri};

/// A server of a protocol, with any number of clients.
///
/// Handles are cheap to clone and can be used from any thread. The server stops when
/// [`stop`](Self::stop) is called, and when the last handle is dropped. Handles that handlers have cloned
/// count too.
///
/// # Examples
///
/// ```no_run
/// # use chat::*;
/// struct Session;
///
/// impl ChatServerHandler for Session {
///     async fn on_connect_req(
///         &mut self,
///         _client: &ChatServerClient,
///         _request: ConnectReq,
///         reply: messi::Reply<ConnectRsp>,
///     ) {
///         reply.send(ConnectRsp {});
///     }
///
///     async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
///         client.server().broadcast(message);
///     }
/// }
///
/// # async fn example() -> Result<(), messi::Error> {
/// let server = ChatServer::builder("tcp://127.0.0.1:6000").start(|_client| Session).await?;
/// println!("listening on {}", server.local_addr());
/// server.wait().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "a server stops when its last handle is dropped"]
pub struct Server<P: Protocol> {
    shared: Arc<SharedServer>,
    /// Stops the server when the last one is dropped. Handles that callbacks borrow have no guard.
    guard: Option<Arc<StopServerOnDrop>>,
    protocol: PhantomData<fn() -> P>,
}

/// State that the handles and the tasks share.
#[derive(Debug)]
pub(crate) struct SharedServer {
    /// The name of the protocol.
    protocol: &'static str,
    local_addr: Address,
    uri: Uri,
    registry: Registry,
    metrics: Metrics,
    /// `None` if clients can't have sessions.
    sessions: Option<SessionGranter>,
    tasks: Arc<Tasks>,
    runtime: Arc<dyn AsyncRuntime>,
    /// Limits how many large messages are decoded at a time.
    decoding: Arc<CpuLimit>,
    /// Notified when the registry is closed.
    closed: Event,
    guard: Weak<StopServerOnDrop>,
}

impl SharedServer {
    /// Returns the name of this server in log lines.
    fn log_name(&self) -> String {
        log_name(self.protocol, &self.uri)
    }

    /// Queues all broadcasts until now for the clients.
    #[inline]
    pub(crate) fn flush(&self) {
        self.registry.flush();
    }

    /// Accepts no more clients.
    fn close(&self) {
        self.registry.close();
        notify_all(&self.closed);
    }

    fn stop(&self) {
        self.close();
        for peer in self.registry.tasks() {
            peer.mailbox.stop();
        }
    }

    /// Waits until no more clients are accepted.
    async fn closed(&self) {
        until(&self.closed, || self.registry.is_closed().then_some(())).await;
    }
}

/// Returns the name of a server in log lines.
fn log_name(protocol: &str, uri: &Uri) -> String {
    format!("{protocol} server at {uri}")
}

#[derive(Debug)]
struct StopServerOnDrop(Arc<SharedServer>);

impl Drop for StopServerOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl<P: Protocol> Server<P> {
    /// Returns a builder of a server at `uri`, which is one of
    ///
    /// - `tcp://host:port`, where the host is a name, an IPv4 address, an IPv6 address in brackets, or
    ///   empty for all IPv4 addresses of the machine. Port 0 is any free port: see
    ///   [`uri`](Self::uri).
    /// - `tls://host:port` for TLS, which is configured by the builder's method `tls` of the feature `tls`.
    /// - `unix:///path` for a Unix socket. Its file is created when the server starts, with the default
    ///   permissions of the process, and removed when it stops. A file that a killed server has left is
    ///   replaced. A file that another server listens on, or that is no socket, is an error. The path is
    ///   used unchanged, and can have some hundred bytes.
    ///
    /// A server listens on one address. If a name has several addresses, as `localhost` may have `127.0.0.1`
    /// and `[::1]`, it is the first one that can be listened on. To listen on all IPv4 addresses of the
    /// machine, use an empty host, as in `tcp://:6000`. `tcp://[::]:6000` is all IPv6 addresses and, where
    /// the system allows it, all IPv4 addresses too: Linux does by default, Windows does not.
    pub fn builder(uri: impl Into<String>) -> ServerBuilder<P> {
        ServerBuilder::new(Place::Uri(uri.into()))
    }

    /// Returns a builder of a server on a listener that the program has bound: one that systemd has passed
    /// on, or one with options that messi does not set.
    ///
    /// [`uri`](Self::uri) is `tcp://` or `unix://`, and `tls://` if TLS is configured, which needs a
    /// `TcpListener`. The listener becomes non-blocking. It is closed when the server stops and the builder
    /// and its clones are dropped; the file of a Unix socket is left to the program. How many clients may
    /// wait to be accepted was decided when it was bound.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// # struct Session;
    /// # impl ChatServerHandler for Session {}
    /// # async_std::task::block_on(async {
    /// use std::net::TcpListener;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let server = ChatServer::from_listener(listener).start(|_client| Session).await?;
    /// # server.stop().await;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn from_listener(listener: impl Into<BoundListener>) -> ServerBuilder<P> {
        ServerBuilder::new(Place::Bound(listener.into()))
    }

    /// Returns the address that the server listens on, with the real port if the URI has port 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// # struct Session;
    /// # impl ChatServerHandler for Session {}
    /// # async_std::task::block_on(async {
    /// let server = ChatServer::builder("tcp://127.0.0.1:0").start(|_client| Session).await?;
    /// assert_ne!(server.local_addr().port(), Some(0));
    /// # server.stop().await;
    /// # Ok::<(), messi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn local_addr(&self) -> Address {
        self.shared.local_addr.clone()
    }

    /// Returns a URI with which clients connect to the server, with the real port if the URI of the
    /// builder has port 0.
    ///
    /// Its host is that of the builder. If that stands for all addresses of the machine, the URI is for
    /// clients on this machine.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// # struct Session;
    /// # impl ChatServerHandler for Session {}
    /// # struct Ui;
    /// # impl ChatClientHandler for Ui {}
    /// # async_std::task::block_on(async {
    /// let server = ChatServer::builder("tcp://:0").start(|_client| Session).await?;
    /// let client = ChatClient::builder(server.uri()).start(Ui)?;
    /// client.connected().await?;
    /// # client.stop().await;
    /// # server.stop().await;
    /// # Ok::<(), messi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn uri(&self) -> Uri {
        self.shared.uri.clone()
    }

    /// Sends a message to all clients, even to the sender of the message that is being handled. In a
    /// [cluster](crate::cluster), they are those of all nodes. It never waits and never fails. On a server with a
    /// [`login_timeout`](ServerBuilder::login_timeout), only the clients that have logged in receive it.
    ///
    /// The message is encoded once. All clients receive all broadcasts in the same order, and messages
    /// that are sent to a client afterwards come after them. If a client can't receive the message, the
    /// others are not affected: see [`ServerClient::send`].
    ///
    /// Broadcasts of the callbacks of one client are sent together, once a callback waits or all have
    /// returned. A callback that blocks its thread until a client responds blocks for ever: it must
    /// `await`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// server.broadcast(MessageInd { user: "server".into(), text: "Good night.".into() });
    /// # }
    /// ```
    pub fn broadcast(&self, message: impl Into<P::ServerToClient>) {
        self.send_to_recipients(message.into(), Recipients::All { except: None });
    }

    /// Sends a message to all clients of this server alone. Without a [cluster](crate::cluster), it is the same as
    /// [`broadcast`](Self::broadcast), with which it keeps the order.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// let text = "This server is restarted at noon.".into();
    /// server.local_broadcast(MessageInd { user: "server".into(), text });
    /// # }
    /// ```
    pub fn local_broadcast(&self, message: impl Into<P::ServerToClient>) {
        let message = message.into();
        let member = P::server_member(&message);
        let registry = &self.shared.registry;
        registry.broadcast_locally(&message, member);
    }

    /// Sends messages to all clients, in their order. It never waits and never fails.
    ///
    /// Each of them is sent like a message of [`broadcast`](Self::broadcast), at less cost outside of callbacks:
    /// the queue of each client is locked once for up to 64 KiB of messages. Other broadcasts may come between
    /// them. If `messages` panics, those that it has returned are sent.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer, lines: Vec<String>) {
    /// server.broadcast_all(lines.into_iter().map(|text| MessageInd { user: "server".into(), text }));
    /// # }
    /// ```
    pub fn broadcast_all<I>(&self, messages: I)
    where
        I: IntoIterator,
        I::Item: Into<P::ServerToClient>,
    {
        let registry = &self.shared.registry;
        registry.broadcast_all(messages.into_iter().map(|it| {
            let message = it.into();
            let member = P::server_member(&message);
            (message, member)
        }));
    }

    /// Sends a message to all clients but one, such as the sender of the message that is being handled.
    /// It is a [`broadcast`](Self::broadcast) in all other respects, and keeps the order with other
    /// broadcasts.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// struct Session;
    ///
    /// impl ChatServerHandler for Session {
    ///     async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
    ///         client.server().broadcast_except(client.id(), message);
    ///     }
    /// }
    /// ```
    pub fn broadcast_except(&self, client: ClientId, message: impl Into<P::ServerToClient>) {
        let except = Some(client);
        self.send_to_recipients(message.into(), Recipients::All { except });
    }

    /// Sends a message to these clients, each once, even to those that have not logged in. It never waits and
    /// never fails.
    ///
    /// The message is encoded once, and keeps the order with broadcasts. For each client that has left, a
    /// message is counted in [`Dropped::not_connected`](crate::Dropped::not_connected) of the server. In a
    /// [cluster](crate::cluster), ids of all nodes can be among them; those of other nodes are not counted.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer, room: &[messi::ClientId]) {
    /// server.send_to(room, MessageInd { user: "server".into(), text: "The room is closed.".into() });
    /// # }
    /// ```
    pub fn send_to(&self, clients: &[ClientId], message: impl Into<P::ServerToClient>) {
        self.send_to_recipients(message.into(), Recipients::only(clients));
    }

    fn send_to_recipients(&self, message: P::ServerToClient, recipients: Recipients) {
        let member = P::server_member(&message);
        let registry = &self.shared.registry;
        registry.broadcast(&message, member, recipients);
    }

    /// Returns the clients that are connected at this moment, in the order in which they came. On a server with
    /// a [`login_timeout`](ServerBuilder::login_timeout), they are those that have logged in.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// for client in server.clients() {
    ///     println!("{} at {}", client.id(), client.peer_addr());
    /// }
    /// # }
    /// ```
    pub fn clients(&self) -> Vec<ServerClient<P>> {
        let peers = self.shared.registry.peers();
        peers
            .iter()
            .filter(|peer| peer.receives_broadcasts())
            .map(|peer| ServerClient::new(self, peer))
            .collect()
    }

    /// Returns the client with this id, if it is connected at this moment. It need not have logged in.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer, id: messi::ClientId) {
    /// if let Some(client) = server.client(id) {
    ///     client.disconnect();
    /// }
    /// # }
    /// ```
    pub fn client(&self, id: ClientId) -> Option<ServerClient<P>> {
        let peer = self.shared.registry.peer(id)?;
        Some(ServerClient::new(self, &peer))
    }

    /// Returns the number of [`clients`](Self::clients), without collecting them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// println!("{} are here", server.client_count());
    /// # }
    /// ```
    pub fn client_count(&self) -> usize {
        self.shared.registry.count()
    }

    /// Waits until the server has stopped.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(server: &ChatServer) {
    /// server.wait().await;
    /// # }
    /// ```
    pub async fn wait(&self) {
        self.shared.tasks.ended().await;
        self.shared.metrics.reported().await;
    }

    /// Stops the server: it accepts no more clients, disconnects all clients, and waits until all its tasks
    /// have ended.
    ///
    /// Queued messages are still written and `on_client_disconnected` is called, each within a second. A
    /// callback that is waiting is dropped, even the one that has called this. A server can't be started
    /// again. Returns how many messages were not written, of all clients together.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(server: &ChatServer) {
    /// let summary = server.stop().await;
    /// println!("{} messages were not written", summary.unwritten);
    /// # }
    /// ```
    pub async fn stop(&self) -> StopSummary {
        self.shared.stop();
        self.wait().await;
        self.stop_summary()
    }

    /// Returns the outcome of a stop, once all tasks have ended.
    fn stop_summary(&self) -> StopSummary {
        StopSummary {
            unwritten: self.shared.registry.unsent_since_close(),
        }
    }

    /// Stops the server in good order: it accepts no more clients, handles the messages that the clients
    /// have sent until now, writes all responses, and disconnects the clients. Messages that a client sends
    /// later are not handled.
    ///
    /// Messages that a client has sent may still be in the buffers of the operating systems. So the server
    /// reads until it has received no bytes from the client for 50 ms. If the client never falls silent,
    /// reading ends half a second after there were no bytes to read for the first time, or after 16 MiB.
    ///
    /// This returns as soon as all tasks have ended, and shortly after `limit` at the latest (100 ms for the
    /// last callbacks). Messages that are not written by then are lost and their number is returned, and a
    /// callback that is still waiting is dropped. `on_client_disconnected` is called with
    /// [`DisconnectReason::Stopped`](crate::DisconnectReason::Stopped) for each client.
    ///
    /// A callback must not wait for this, since this waits for the callback.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the clients that do not drain yet are served on without a limit.
    /// [`stop`](Self::stop) ends that.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(server: ChatServer) {
    /// use std::time::Duration;
    ///
    /// server.drain(Duration::from_secs(10)).await;
    /// # }
    /// ```
    pub async fn drain(&self, limit: Duration) -> StopSummary {
        self.drain_over(Duration::ZERO, limit).await
    }

    /// Stops the server like [`drain`](Self::drain), but drains the clients one after the other, evenly
    /// over the time `spread` and in the order in which they came. So the clients do not all connect to
    /// another server at the same moment. Until its turn, a client is served as usual. `limit` is counted
    /// from now, and includes `spread`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(server: ChatServer) {
    /// use std::time::Duration;
    ///
    /// server.drain_over(Duration::from_secs(60), Duration::from_secs(70)).await;
    /// # }
    /// ```
    pub async fn drain_over(&self, spread: Duration, limit: Duration) -> StopSummary {
        self.shared.close();
        let leaving = async {
            self.drain_each(spread.min(limit)).await;
            self.wait().await;
        };
        let limit = self.shared.runtime.sleep(bounded(limit));
        if unless(limit, leaving).await.is_none() {
            for peer in self.shared.registry.tasks() {
                peer.mailbox.abort();
            }
            self.wait().await;
        }
        self.stop_summary()
    }

    /// Drains the clients one after the other, evenly over a time.
    async fn drain_each(&self, spread: Duration) {
        let runtime = &self.shared.runtime;
        let peers = self.shared.registry.peers();
        let start = runtime.now();
        for (number, peer) in peers.iter().enumerate() {
            let passed = runtime.now().saturating_duration_since(start);
            let share = number as f64 / peers.len() as f64;
            let wait = spread.mul_f64(share).saturating_sub(passed);
            if !wait.is_zero() {
                runtime.sleep(wait).await;
            }
            peer.mailbox.drain();
        }
    }

    /// Returns the clock of the server's runtime: real time, or the pretended time of a `testing::Simulation`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(server: &ChatServer) {
    /// use std::time::Duration;
    ///
    /// server.clock().sleep(Duration::from_secs(60)).await;
    /// # }
    /// ```
    pub fn clock(&self) -> Clock {
        self.runtime().clock()
    }

    /// Returns the runtime of the server, on which handlers can [`spawn`](Runtime::spawn) tasks.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// server.runtime().spawn(async { println!("in a task of its own") });
    /// # }
    /// ```
    pub fn runtime(&self) -> Runtime {
        Runtime(self.shared.runtime.clone())
    }

    /// Returns the [cluster](crate::cluster) as this server knows it at this moment. `None` if it is alone.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// if let Some(cluster) = server.cluster() {
    ///     println!("{:?}, with {} others", cluster.state, cluster.nodes.len());
    /// }
    /// # }
    /// ```
    pub fn cluster(&self) -> Option<ClusterStatus> {
        self.shared.registry.cluster_status()
    }

    /// Waits until there is room for more messages to the other nodes of the [cluster](crate::cluster): until at most half
    /// of [`max_queued_bytes`](crate::cluster::Cluster::max_queued_bytes) waits for the engine. It returns at once if the server is
    /// alone, and once it stops.
    ///
    /// Messages do not wait by themselves: those beyond the limit are dropped for the other nodes. Without a link,
    /// waiting messages are dropped after 5 s, and then there is room too.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(server: &ChatServer) {
    /// for number in 0..1_000_000 {
    ///     server.cluster_ready().await;
    ///     server.broadcast(MessageInd { user: "server".into(), text: number.to_string() });
    /// }
    /// # }
    /// ```
    pub async fn cluster_ready(&self) {
        self.shared.registry.cluster_ready().await;
    }

    /// Returns the statistics of the server since its start.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// println!("{} clients", server.stats().clients);
    /// # }
    /// ```
    pub fn stats(&self) -> ServerStats {
        self.shared.registry.stats()
    }

    /// Returns a handle that does not keep the server from stopping.
    fn lent(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            guard: None,
            protocol: PhantomData,
        }
    }
}

impl<P: Protocol> Clone for Server<P> {
    fn clone(&self) -> Self {
        let guard = self.guard.clone().or_else(|| self.shared.guard.upgrade());
        Self {
            shared: self.shared.clone(),
            guard,
            protocol: PhantomData,
        }
    }
}

impl<P: Protocol> Debug for Server<P> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Server")
            .field("protocol", &P::NAME)
            .field("local_addr", &self.shared.local_addr)
            .finish_non_exhaustive()
    }
}
