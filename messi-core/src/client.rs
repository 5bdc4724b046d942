//! The client: a handle, and a task that connects, serves the connection, and connects again.

mod builder;
mod connect;
mod task;

use std::fmt::{self, Debug, Formatter};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

pub use self::builder::ClientBuilder;
use crate::outbox::{Outbox, Sender};
use crate::tasks::Tasks;
use crate::{Answer, Protocol, RequestServer, SendError, Stats, Uri};

/// A client of a protocol. It connects by itself, and again when the connection is lost.
///
/// Handles are cheap to clone and can be used from any thread. The client stops when
/// [`stop`](Self::stop) is called, and when the last handle is dropped, those that the handler
/// has cloned included.
///
/// # Examples
///
/// ```no_run
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
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
    shared: Arc<Shared>,
    /// Stops the client when the last is gone. The handle that callbacks are lent has none.
    guard: Option<Arc<StopOnDrop>>,
    sender: Sender,
    protocol: PhantomData<fn() -> P>,
}

/// What the handles and the task share.
#[derive(Debug)]
struct Shared {
    uris: Vec<Uri>,
    outbox: Arc<Outbox>,
    tasks: Arc<Tasks>,
    /// Whether an attempt to connect is under way.
    is_connecting: AtomicBool,
    guard: Weak<StopOnDrop>,
}

impl Shared {
    fn set_connecting(&self, is_connecting: bool) {
        self.is_connecting.store(is_connecting, Ordering::Relaxed);
    }
}

/// What a client is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientState {
    /// It attempts to connect.
    Connecting,
    /// There is a connection: what is sent now goes out on it.
    Connected,
    /// There is no connection. The last one is being closed, or the next attempt has to wait.
    Waiting,
    /// It has been stopped, or its handler has given up. There will be no connection any more.
    Stopped,
}

#[derive(Debug)]
struct StopOnDrop(Arc<Shared>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.outbox.stop();
    }
}

impl<P: Protocol> Client<P> {
    /// Begins to set up a client of the server at `uri`, one of
    ///
    /// - `tcp://host:port`, where the host is a name, an IPv4 address, an IPv6 address in brackets,
    ///   or nothing for this machine;
    /// - `tls://host:port`, with TLS, which the builder's method `tls` sets up, of the feature `tls`;
    /// - `unix:///path`, a Unix socket of this machine.
    pub fn builder(uri: impl Into<String>) -> ClientBuilder<P> {
        ClientBuilder::new(uri.into())
    }

    /// Sends a message to the server. Never waits and never fails.
    ///
    /// Messages arrive in the order in which they were sent, each at most once. A message is lost
    /// when there is no connection, when it is larger than
    /// [`max_message_size`](ClientBuilder::max_message_size), and when the connection ends before
    /// the server has received it. When [`max_queued_bytes`](ClientBuilder::max_queued_bytes)
    /// wait already, the connection ends with
    /// [`SlowConsumer`](crate::DisconnectReason::SlowConsumer): use
    /// [`try_send`](Self::try_send) or [`ready`](Self::ready) to send more than the connection
    /// carries. An answer that is too big ends the connection too, with
    /// [`MessageTooBig`](crate::DisconnectReason::MessageTooBig): see
    /// [`Answer`](crate::Answer#which-answer-belongs-to-which-request). An answer is lost too when
    /// the connection has ended on which a callback was lent this handle, or the one that it is a
    /// clone of, even if there is another connection.
    pub fn send(&self, message: impl Into<P::ClientToServer>) {
        let message = message.into();
        let member = P::client_member(&message);
        self.shared.outbox.send(&message, member, self.sender);
    }

    /// Sends a message to the server, or tells why it was not sent. Never waits.
    ///
    /// # Errors
    ///
    /// The message is lost if there is no connection, if the queue is full, or if it is too big.
    /// The connection goes on all the same: after the loss of an answer to a request, another must
    /// be sent in its place. `Ok` means that the message is queued, not that the server has it.
    pub fn try_send(&self, message: impl Into<P::ClientToServer>) -> Result<(), SendError> {
        let message = message.into();
        let member = P::client_member(&message);
        self.shared.outbox.push(&message, member, self.sender)
    }

    /// Whether there is a connection at this moment.
    pub fn is_connected(&self) -> bool {
        self.shared.outbox.is_connected()
    }

    /// What the client is doing at this moment.
    pub fn state(&self) -> ClientState {
        let outbox = &self.shared.outbox;
        if outbox.is_stopping() {
            ClientState::Stopped
        } else if outbox.is_connected() {
            ClientState::Connected
        } else if self.shared.is_connecting.load(Ordering::Relaxed) {
            ClientState::Connecting
        } else {
            ClientState::Waiting
        }
    }

    /// Waits until there is a connection: what is sent before there is one is lost.
    ///
    /// # Errors
    ///
    /// [`SendError::NotConnected`] if the client has stopped, or stops while waiting.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
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
    pub async fn connected(&self) -> Result<(), SendError> {
        self.shared.outbox.connected().await
    }

    /// Waits until there is room for more: until at most half of
    /// [`max_queued_bytes`](ClientBuilder::max_queued_bytes) wait to be written.
    ///
    /// # Errors
    ///
    /// [`SendError::NotConnected`] if there is no connection, or as soon as it ends: in a callback too,
    /// and before `on_disconnected`.
    pub async fn ready(&self) -> Result<(), SendError> {
        self.shared.outbox.ready().await
    }

    /// Waits until everything sent so far is with the operating system.
    ///
    /// # Errors
    ///
    /// [`SendError::NotConnected`] if there is no connection, or as soon as it ends: in a callback too,
    /// and before `on_disconnected`. Some of what was sent may then be lost.
    pub async fn flush(&self) -> Result<(), SendError> {
        self.shared.outbox.flush().await
    }

    /// What has happened since the client was started.
    pub fn stats(&self) -> Stats {
        self.shared.outbox.stats()
    }

    /// Stops the client, and waits until its task has ended.
    ///
    /// What has been sent on the connection is still written and `on_disconnected` is called, but
    /// neither is given more than a second. A callback that is waiting is abandoned where it
    /// waits, the one that called this included. A client can't be started again.
    pub async fn stop(&self) {
        self.shared.outbox.stop();
        self.shared.tasks.ended().await;
    }

    /// The handle that the callbacks of the connection with this number are lent.
    fn lent(&self, connection: u64) -> Self {
        Self {
            shared: self.shared.clone(),
            guard: None,
            sender: Sender::Callback(connection),
            protocol: PhantomData,
        }
    }
}

impl<P: Protocol> RequestServer<P> for Client<P> {
    fn request<T: Send + 'static>(
        &self,
        request: impl Into<P::ClientToServer>,
        extract: fn(P::ServerToClient) -> Option<T>,
    ) -> Answer<T> {
        let request = request.into();
        let member = P::client_member(&request);
        Answer::request(&self.shared.outbox, &request, member, self.sender, extract)
    }
}

impl<P: Protocol> Clone for Client<P> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            guard: self.guard.clone().or_else(|| self.shared.guard.upgrade()),
            sender: self.sender,
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
