//! The client: a handle, and a task that connects, serves the connection, and reconnects.

mod attempts;
mod builder;
mod connect;
mod control;
mod handler;
mod next_attempt;
mod race;
mod reconnect;
mod task;

use std::fmt::{self, Debug, Display, Formatter};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

pub use self::builder::ClientBuilder;
pub use self::handler::{ConnectWith, RequestServer};
use self::next_attempt::NextAttempt;
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;
use crate::tasks::Tasks;
use crate::{
    Address, Clock, FlushError, NotConnected, Protocol, ResponseFuture, Runtime, Stats,
    StopSummary, TrySendError, Uri, WithHandlerError,
};

/// A client of a protocol. It connects on its own, and reconnects when the connection is lost.
///
/// Handles are cheap to clone and can be used from any thread. The client stops when
/// [`stop`](Self::stop) is called, and when the last handle is dropped. Handles that the handler has
/// cloned count too.
///
/// # Examples
///
/// ```no_run
/// # use chat::*;
/// struct Ui;
///
/// impl ChatClientHandler for Ui {
///     async fn on_connected(&mut self, client: &ChatClient) {
///         client.send(ConnectReq { user: "Kalle".into() });
///     }
///
///     async fn on_message_ind(&mut self, _client: &ChatClient, message: MessageInd) {
///         println!("<{}> {}", message.user, message.text);
///     }
/// }
///
/// # async fn example() -> Result<(), messi::Error> {
/// let client = ChatClient::builder("tcp://127.0.0.1:6000").start(Ui)?;
/// client.connected().await?;
/// client.send(MessageInd { user: "Kalle".into(), text: "Hello!".into() });
/// client.stop().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "a client stops when its last handle is dropped"]
pub struct Client<P: Protocol> {
    shared: Arc<SharedClient>,
    /// Stops the client when the last one is dropped. The handle that callbacks borrow has no guard.
    guard: Option<Arc<StopClientOnDrop>>,
    protocol: PhantomData<fn() -> P>,
}

/// State that the handles and the task share.
#[derive(Debug)]
struct SharedClient {
    uris: Vec<Uri>,
    mailbox: Arc<Mailbox>,
    metrics: Metrics,
    tasks: Arc<Tasks>,
    /// Whether an attempt to connect is running.
    is_connecting: AtomicBool,
    /// Under the lock, there is no await, wake-up, log output or user code.
    server: Mutex<CurrentServer>,
    next_attempt: NextAttempt,
    guard: Weak<StopClientOnDrop>,
}

/// The server that a client is connected to, or tries next.
#[derive(Clone, Debug)]
struct CurrentServer {
    uri: Uri,
    /// `None` without a connection.
    address: Option<Address>,
}

impl SharedClient {
    fn server(&self) -> MutexGuard<'_, CurrentServer> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_server(&self, uri: &Uri, address: Option<Address>) {
        let uri = uri.clone();
        *self.server() = CurrentServer { uri, address };
    }

    /// Waits until all tasks have ended.
    async fn ended(&self) {
        self.tasks.ended().await;
        self.metrics.reported().await;
    }

    fn set_connecting(&self, is_connecting: bool) {
        self.is_connecting.store(is_connecting, Ordering::Relaxed);
    }
}

/// State of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientState {
    /// The client attempts to connect.
    Connecting,
    /// The connection is lost, and the client attempts to go on with its [session](crate::Session). Messages are kept.
    Interrupted,
    /// There is a connection: messages are sent on it.
    Connected,
    /// There is no connection: the last one is being closed, or the client waits before the next attempt.
    Waiting,
    /// The client was stopped or has drained, or its handler returned
    /// [`Retry::Never`](crate::Retry::Never). It will not connect again.
    Stopped,
}

impl Display for ClientState {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Interrupted => "interrupted",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
        })
    }
}

#[derive(Debug)]
struct StopClientOnDrop(Arc<SharedClient>);

impl Drop for StopClientOnDrop {
    fn drop(&mut self) {
        self.0.mailbox.stop();
    }
}

impl<P: Protocol> Client<P> {
    /// Returns a builder of a client of the server at `uri`, which is one of
    ///
    /// - `tcp://host:port`, where the host is a name, an IPv4 address, an IPv6 address in brackets, or
    ///   empty for this machine;
    /// - `tls://host:port` for TLS, which is configured by the builder's method `tls` of the feature `tls`;
    /// - `unix:///path` for a Unix socket of this machine.
    pub fn builder(uri: impl Into<String>) -> ClientBuilder<P> {
        ClientBuilder::new(uri.into())
    }

    /// Sends a message to the server. It never waits and never fails.
    ///
    /// Messages arrive in the order in which they were sent, each at most once. A message is lost if there
    /// is no connection, if it is larger than [`max_message_size`](ClientBuilder::max_message_size), and if
    /// the connection ends before the server has received it. If
    /// [`max_queued_bytes`](ClientBuilder::max_queued_bytes) are already queued, the connection is closed
    /// with [`SlowConsumer`](crate::DisconnectReason::SlowConsumer): use [`try_send`](Self::try_send) or
    /// [`ready`](Self::ready) to send more than the connection can carry.
    ///
    /// A response (a member `foo_rsp` with the request `foo_req`) that is sent in this way responds to the first
    /// request of its kind that has no response yet, like [`Reply::send`](crate::Reply::send). If there is no such
    /// request, it is a message like any other. But once a connection has ended, it does not wait for the next one:
    /// there it could be taken for the response to another request.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatClient) {
    /// client.send(MessageInd { user: "Kalle".into(), text: "Hello!".into() });
    /// # }
    /// ```
    pub fn send(&self, message: impl Into<P::ClientToServer>) {
        let message = message.into();
        let member = P::client_member(&message);
        self.shared.mailbox.send(&message, member);
    }

    /// Sends messages to the server, in their order. It never waits and never fails.
    ///
    /// Each of them is sent like a message of [`send`](Self::send), at less cost: the send queue is locked once for
    /// up to 64 KiB of messages. Messages of other tasks may come between them. If `messages` sends to the server
    /// itself, such a message may precede some that were returned before it. If it panics, those that it has
    /// returned are sent.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatClient, lines: Vec<String>) {
    /// client.send_all(lines.into_iter().map(|text| MessageInd { user: "Kalle".into(), text }));
    /// # }
    /// ```
    ///
    /// Messages of several types:
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatClient) {
    /// let user = "Kalle".to_string();
    /// client.send_all([
    ///     ClientToServer::from(ConnectReq { user: user.clone() }),
    ///     ClientToServer::from(MessageInd { user, text: "Hello!".into() }),
    /// ]);
    /// # }
    /// ```
    pub fn send_all<I>(&self, messages: I)
    where
        I: IntoIterator,
        I::Item: Into<P::ClientToServer>,
    {
        self.shared.mailbox.send_all(messages.into_iter().map(|it| {
            let message = it.into();
            let member = P::client_member(&message);
            (message, member)
        }));
    }

    /// Sends a message to the server, or returns it with the reason why it was not sent. It never waits.
    ///
    /// `Ok` means that the message is queued, not that the server has received it.
    ///
    /// # Errors
    ///
    /// The message is not sent if there is no connection, if the send queue is full, or if it is too big. The
    /// connection is not closed: if it was a response, it or another one may be sent in its place.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatClient) -> Result<(), messi::SendError> {
    /// let message = MessageInd { user: "Kalle".into(), text: "Hello!".into() };
    /// if let Err(refused) = client.try_send(message) {
    ///     println!("not sent, {refused}: {:?}", refused.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_send(
        &self,
        message: impl Into<P::ClientToServer>,
    ) -> Result<(), TrySendError<P::ClientToServer>> {
        let message = message.into();
        let member = P::client_member(&message);
        let pushed = self.shared.mailbox.push(&message, member);
        pushed.map_err(|error| TrySendError { error, message })
    }

    /// Returns whether there is a connection at this moment.
    pub fn is_connected(&self) -> bool {
        self.shared.mailbox.is_connected()
    }

    /// Returns the state of the client at this moment.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatClient) {
    /// use messi::ClientState;
    ///
    /// let is_stopped = client.state() == ClientState::Stopped;
    /// # }
    /// ```
    pub fn state(&self) -> ClientState {
        let mailbox = &self.shared.mailbox;
        if mailbox.is_stopped() {
            ClientState::Stopped
        } else if mailbox.is_connected() {
            ClientState::Connected
        } else if mailbox.has_session() {
            ClientState::Interrupted
        } else if self.shared.is_connecting.load(Ordering::Relaxed) {
            ClientState::Connecting
        } else {
            ClientState::Waiting
        }
    }

    /// Returns the URI of the server that the client is connected to, or tries now or next.
    ///
    /// In `on_disconnected` it is still that of the connection that has ended.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatClient) {
    /// println!("{}: {}", client.uri(), client.state());
    /// # }
    /// ```
    pub fn uri(&self) -> Uri {
        self.shared.server().uri.clone()
    }

    /// Returns the address of the server that the client is connected to; `None` without a connection.
    ///
    /// In `on_disconnected` it is still that of the connection that has ended.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatClient) {
    /// if let Some(address) = client.peer_addr() {
    ///     println!("connected to {address}");
    /// }
    /// # }
    /// ```
    pub fn peer_addr(&self) -> Option<Address> {
        self.shared.server().address.clone()
    }

    /// Waits until there is a connection. Messages that are sent before are lost, unless the builder has
    /// configured an [`offline_queue`](ClientBuilder::offline_queue).
    ///
    /// # Errors
    ///
    /// Returns [`NotConnected`] if the client has stopped, or stops meanwhile.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # struct Ui;
    /// # impl ChatClientHandler for Ui {}
    /// # async fn example() -> Result<(), messi::Error> {
    /// let client = ChatClient::builder("tcp://127.0.0.1:6000").start(Ui)?;
    /// client.connected().await?;
    /// client.send(MessageInd { user: "Kalle".into(), text: "Hello!".into() });
    /// client.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connected(&self) -> Result<(), NotConnected> {
        self.shared.mailbox.connected().await
    }

    /// Waits until there is room in the send queue: until at most half of
    /// [`max_queued_bytes`](ClientBuilder::max_queued_bytes) are queued.
    ///
    /// Other tasks run first if 64 KiB or more are queued that the connection can write: a loop of `ready` and `send`
    /// does not keep its thread for itself, even if it finds room each time.
    ///
    /// # Errors
    ///
    /// Returns [`NotConnected`] if there is no connection, or as soon as it ends, even in a
    /// callback.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatClient) -> Result<(), messi::NotConnected> {
    /// for number in 0..1_000_000 {
    ///     client.ready().await?;
    ///     client.send(MessageInd { user: "Kalle".into(), text: number.to_string() });
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self) -> Result<(), NotConnected> {
        self.shared.mailbox.ready().await
    }

    /// Waits until at most this number of bytes is queued, and there is room as for [`ready`](Self::ready).
    ///
    /// A transfer of much data that waits for it before each part leaves the connection to other messages: one that is
    /// sent meanwhile waits only for `bytes` and one part, rather than for megabytes. 0 waits until everything is with
    /// the operating system. From the first call on a connection, Linux and Android hold no more than 16 KiB that are
    /// not sent yet; other systems hold as much as they like.
    ///
    /// The guide has a page about it, with a download in parts of 64 KiB.
    ///
    /// # Errors
    ///
    /// Returns [`NotConnected`] if there is no connection, or as soon as it ends, even in a
    /// callback.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatClient, parts: Vec<String>) -> Result<(), messi::NotConnected> {
    /// for text in parts {
    ///     client.ready_below(16 * 1024).await?;
    ///     client.send(MessageInd { user: "Kalle".into(), text });
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready_below(&self, bytes: usize) -> Result<(), NotConnected> {
        self.shared.mailbox.ready_below(bytes).await
    }

    /// Waits until all messages sent so far are written to the operating system.
    ///
    /// # Errors
    ///
    /// Returns [`FlushError`] if there is no connection, or as soon as it ends, even in a
    /// callback. It has the number of messages that were not written, most of which are lost: a connection that
    /// the peer has closed may still write some.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatClient) -> Result<(), messi::FlushError> {
    /// client.send(MessageInd { user: "Kalle".into(), text: "Goodbye!".into() });
    /// client.flush().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn flush(&self) -> Result<(), FlushError> {
        self.shared.mailbox.flush().await
    }

    /// Waits until the server has received all messages sent so far, and keeps them in memory that outlives a connection.
    ///
    /// It waits over interruptions of the [session](crate::Session). The server acknowledges with the frames that it
    /// sends anyway, so that this may take as long as the interval of the pings, 2 s by default. A received message may
    /// still wait for the handler.
    ///
    /// # Errors
    ///
    /// Returns [`NotConnected`] if there is no session: it has ended, or ends meanwhile, or one side does not know
    /// sessions.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatClient) -> Result<(), messi::NotConnected> {
    /// client.send(MessageInd { user: "Kalle".into(), text: "Hello!".into() });
    /// client.delivered().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delivered(&self) -> Result<(), NotConnected> {
        self.shared.mailbox.delivered().await
    }

    /// Runs a closure with the handler of this client between two of its callbacks, and returns its output.
    /// There must be a connection.
    ///
    /// So other tasks can read and change the state of the handler without a lock around it. Closures run in
    /// the order of the calls, once a callback that is waiting has returned, in turn with messages that wait.
    /// They should be short: this connection is not served meanwhile. A closure is in line from the call on, not
    /// only once the future is awaited.
    ///
    /// A callback of the same connection must not await this, since this waits for the callback.
    ///
    /// # Errors
    ///
    /// - [`WithHandlerError::NotConnected`] if there is no connection, or if it ends before the closure is run. If
    ///   the closure panics, the connection ends with
    ///   [`HandlerPanicked`](crate::DisconnectReason::HandlerPanicked).
    /// - [`WithHandlerError::WrongType`] if the handler is not of the type `H`.
    /// - [`WithHandlerError::Busy`] if 1,024 closures wait already.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before the closure is run, it is not run.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// struct Ui {
    ///     unread: usize,
    /// }
    ///
    /// impl ChatClientHandler for Ui {}
    ///
    /// # async fn example(client: &ChatClient) -> Result<(), messi::WithHandlerError> {
    /// let unread = client.with_handler(|ui: &mut Ui| std::mem::take(&mut ui.unread)).await?;
    /// println!("{unread} new messages");
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_handler<H, T, F>(
        &self,
        closure: F,
    ) -> impl Future<Output = Result<T, WithHandlerError>> + Send + use<P, H, T, F>
    where
        H: Send + 'static,
        T: Send + 'static,
        F: FnOnce(&mut H) -> T + Send + 'static,
    {
        self.shared.mailbox.with_handler(closure)
    }

    /// Returns the clock of the client's runtime: real time, or the pretended time of a `testing::Simulation`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatClient) {
    /// use std::time::Duration;
    ///
    /// client.clock().sleep(Duration::from_secs(60)).await;
    /// # }
    /// ```
    pub fn clock(&self) -> Clock {
        self.runtime().clock()
    }

    /// Returns the runtime of the client, on which handlers can [`spawn`](Runtime::spawn) tasks.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatClient) {
    /// client.runtime().spawn(async { println!("in a task of its own") });
    /// # }
    /// ```
    pub fn runtime(&self) -> Runtime {
        Runtime(self.shared.mailbox.runtime().clone())
    }

    /// Returns the statistics of the client since its start.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatClient) {
    /// println!("{} reconnects", client.stats().reconnects());
    /// # }
    /// ```
    pub fn stats(&self) -> Stats {
        self.shared.mailbox.stats()
    }

    /// Stops the client, and waits until its task has ended.
    ///
    /// Queued messages are still written and `on_disconnected` is called, each within a second. A callback
    /// that is waiting is dropped, even the one that has called this. A client can't be started again.
    /// Returns how many messages were not written.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatClient) {
    /// let summary = client.stop().await;
    /// println!("{} messages were not written", summary.unwritten);
    /// # }
    /// ```
    pub async fn stop(&self) -> StopSummary {
        self.shared.mailbox.stop();
        self.shared.ended().await;
        StopSummary {
            unwritten: self.shared.mailbox.unsent_since_stop(),
        }
    }

    /// Returns the URI that the builder was created with.
    pub(crate) fn first_uri(&self) -> &Uri {
        &self.shared.uris[0]
    }

    pub(crate) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.shared.mailbox
    }

    /// Returns a handle that does not keep the client from stopping.
    fn lent(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            guard: None,
            protocol: PhantomData,
        }
    }
}

impl<P: Protocol> RequestServer<P> for Client<P> {
    fn request<T: Send + 'static>(
        &self,
        request: impl Into<P::ClientToServer>,
        extract: fn(P::ServerToClient) -> Option<T>,
    ) -> ResponseFuture<T> {
        let request = request.into();
        let member = P::client_member(&request);
        ResponseFuture::request(&self.shared.mailbox, &request, member, extract)
    }
}

impl<P: Protocol> Clone for Client<P> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            guard: self.guard.clone().or_else(|| self.shared.guard.upgrade()),
            protocol: PhantomData,
        }
    }
}

impl<P: Protocol> Debug for Client<P> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let uris: Vec<String> = self.shared.uris.iter().map(Uri::to_string).collect();
        formatter
            .debug_struct("Client")
            .field("protocol", &P::NAME)
            .field("uris", &uris)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
