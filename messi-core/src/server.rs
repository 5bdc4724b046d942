//! The server: a handle, a task that accepts, and a task for each client.

mod accept;
mod admission;
mod broadcasts;
mod builder;
mod client;
mod registry;
mod turn;

use std::fmt::{self, Debug, Formatter};
use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::time::Duration;

use event_listener::Event;

pub use self::builder::ServerBuilder;
pub use self::client::{ClientId, ServerClient};
use self::registry::Registry;
use crate::cpu_limit::CpuLimit;
use crate::runtime::AsyncRuntime;
use crate::settings::bounded;
use crate::tasks::{Tasks, unless, until};
use crate::{Address, Protocol, ServerStats, Uri};

/// A server of a protocol, with any number of clients.
///
/// Handles are cheap to clone and can be used from any thread. The server stops when
/// [`stop`](Self::stop) is called, and when the last handle is dropped, those that handlers have
/// cloned included.
///
/// # Examples
///
/// ```no_run
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
/// # use chat::*;
/// struct Session;
///
/// impl ChatServerHandler for Session {
///     async fn on_connect_req(&mut self, client: &ChatServerClient, _request: ConnectReq) {
///         client.reply(ConnectRsp {});
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
    shared: Arc<Shared>,
    /// Stops the server when the last is gone. Handles that callbacks are lent have none.
    guard: Option<Arc<StopOnDrop>>,
    protocol: PhantomData<fn() -> P>,
}

/// What the handles and the tasks share.
#[derive(Debug)]
struct Shared {
    local_addr: Address,
    uri: Uri,
    registry: Registry,
    tasks: Arc<Tasks>,
    runtime: Arc<dyn AsyncRuntime>,
    /// Limits the large messages that are decoded at a time.
    decoding: Arc<CpuLimit>,
    /// Notified when the registry has been closed.
    closed: Event,
    guard: Weak<StopOnDrop>,
}

impl Shared {
    /// Accepts no more clients.
    fn close(&self) {
        self.registry.close();
        self.closed.notify(usize::MAX);
    }

    fn stop(&self) {
        self.close();
        self.registry.for_each_task(|peer| peer.outbox.stop());
    }

    /// Waits until no more clients are to be accepted.
    async fn closed(&self) {
        until(&self.closed, || self.registry.is_closed().then_some(())).await;
    }
}

#[derive(Debug)]
struct StopOnDrop(Arc<Shared>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl<P: Protocol> Server<P> {
    /// Begins to set up a server at `uri`, one of
    ///
    /// - `tcp://host:port`, where the host is a name, an IPv4 address, an IPv6 address in brackets,
    ///   or nothing for every IPv4 address of the machine. Port 0 stands for any free port: see
    ///   [`uri`](Self::uri).
    /// - `tls://host:port`, with TLS, which the builder's method `tls` sets up, of the feature `tls`.
    /// - `unix:///path`, a Unix socket. Its file is made when the server starts, with the permissions
    ///   that the process gives to new files, and removed when it stops. A file that a server has left
    ///   that was killed is replaced; one that somebody listens on, or that is no socket, is an
    ///   error. The path is taken as it is, and can have some hundred bytes.
    ///
    /// A server listens on one address. Of a name that has several, as `localhost` may have `127.0.0.1`
    /// and `[::1]`, that is the first that allows it; the others are not listened on. To listen on all
    /// addresses of the machine, leave the host out, `tcp://:6000`, for those of IPv4, or use
    /// `tcp://[::]:6000` for those of IPv6 and, where the system allows it, of IPv4 too: Linux does by
    /// default, Windows does not.
    pub fn builder(uri: impl Into<String>) -> ServerBuilder<P> {
        ServerBuilder::new(uri.into())
    }

    /// Returns the address that the server listens on, with the real port if the URI has port 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
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
    /// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
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

    /// Sends a message to every client, the one whose message is being handled included. Never
    /// waits and never fails.
    ///
    /// The message is encoded once. Every client receives all broadcasts in the same order, and
    /// what is sent to it afterwards comes after them. A client that can't take the message does not
    /// affect the others: see [`ServerClient::send`] for what becomes of it.
    ///
    /// What the callbacks of a client broadcast one after the other leaves together, once one of them
    /// waits, or all have returned. A callback that blocks its thread for an answer would block for
    /// ever: it must `await`.
    pub fn broadcast(&self, message: impl Into<P::ServerToClient>) {
        self.shared.registry.broadcast(&message.into());
    }

    /// The clients that are connected at this moment, in the order in which they came.
    pub fn clients(&self) -> Vec<ServerClient<P>> {
        let mut clients = Vec::new();
        self.shared
            .registry
            .for_each(|peer| clients.push(ServerClient::new(self, peer)));
        clients
    }

    /// Waits until the server has stopped.
    pub async fn wait(&self) {
        self.shared.tasks.ended().await;
    }

    /// Stops the server: it accepts no more clients, disconnects those it has, and waits until
    /// all its tasks have ended.
    ///
    /// What has been sent to a client is still written and `on_client_disconnected` is called,
    /// but neither is given more than a second. A callback that is waiting is abandoned where it
    /// waits, the one that called this included. A server can't be started again.
    pub async fn stop(&self) {
        self.shared.stop();
        self.wait().await;
    }

    /// Stops the server in good order: it accepts no more clients, handles what the clients have
    /// sent until now, writes every answer, and disconnects them. What a client sends later is
    /// not handled any more.
    ///
    /// What a client has sent may still be with the operating systems. So the server reads on until
    /// nothing has come from it for 50 ms; if it never falls silent, for half a second after there was
    /// nothing to read for the first time, or 16 MiB.
    ///
    /// Returns as soon as all tasks have ended, and a moment after `limit` at the latest (100 ms
    /// for the last callbacks): what is not written by then is lost, and a callback that is still
    /// waiting is abandoned where it waits. `on_client_disconnected` is called with
    /// [`DisconnectReason::Stopped`](crate::DisconnectReason::Stopped) for every client.
    ///
    /// A callback must not wait for this, as this waits for the callback.
    ///
    /// # Cancel safety
    ///
    /// If this is dropped, those clients that have not been told to leave are served on, and there
    /// is no limit any more. [`stop`](Self::stop) ends that.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
    /// # use chat::*;
    /// # async fn example(server: ChatServer) {
    /// use std::time::Duration;
    ///
    /// server.drain(Duration::from_secs(10)).await;
    /// # }
    /// ```
    pub async fn drain(&self, limit: Duration) {
        self.drain_over(Duration::ZERO, limit).await;
    }

    /// Does what [`drain`](Self::drain) does, but tells the clients to leave one by one, evenly
    /// spread over a time, in the order in which they came: a fleet that finds another server does
    /// not arrive there all at once. Until its turn comes, a client is served as ever. `limit` is
    /// counted from now, and includes that time.
    pub async fn drain_over(&self, spread: Duration, limit: Duration) {
        self.shared.close();
        let leaving = async {
            self.leave_over(spread.min(limit)).await;
            self.wait().await;
        };
        let limit = self.shared.runtime.sleep(bounded(limit));
        if unless(limit, leaving).await.is_none() {
            let registry = &self.shared.registry;
            registry.for_each_task(|peer| peer.outbox.abort());
            self.wait().await;
        }
    }

    /// Tells the clients to leave, evenly spread over a time.
    async fn leave_over(&self, spread: Duration) {
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
            peer.outbox.leave();
        }
    }

    /// What has happened since the server was started.
    pub fn stats(&self) -> ServerStats {
        self.shared.registry.stats()
    }

    /// A handle that does not keep the server from stopping.
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
