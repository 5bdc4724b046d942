//! The handle of one client of a server.

mod membership;

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use log::debug;

use super::Server;
use super::peer::Peer;
use crate::ids::ClientId;
use crate::mailbox::Mailbox;
#[cfg(feature = "tls")]
use crate::transport::tls::PeerCertificate;
use crate::{
    Address, Bye, Clock, DisconnectReason, FlushError, LOG_TARGET, NotConnected, Protocol,
    ResponseFuture, Runtime, Stats, TrySendError, WithHandlerError,
};

/// A client connected to a [`Server`].
///
/// Handles are cheap to clone and can be used from any thread. Once the client has left, messages that are
/// sent to it are lost.
///
/// # Examples
///
/// ```
/// # use chat::*;
/// struct Session;
///
/// impl ChatServerHandler for Session {
///     async fn on_connect_req(
///         &mut self,
///         client: &ChatServerClient,
///         request: ConnectReq,
///         reply: messi::Reply<ConnectRsp>,
///     ) {
///         println!("{} at {}", request.user, client.peer_addr());
///         reply.send(ConnectRsp {});
///         if client.server().client_count() > 100 {
///             let text = "The room is full.".into();
///             client.send(MessageInd { user: "server".into(), text });
///             client.disconnect();
///         }
///     }
/// }
/// ```
pub struct ServerClient<P: Protocol> {
    peer: Arc<Peer>,
    server: Server<P>,
}

impl<P: Protocol> ServerClient<P> {
    pub(super) fn new(server: &Server<P>, peer: &Arc<Peer>) -> Self {
        Self {
            peer: peer.clone(),
            server: server.lent(),
        }
    }

    /// Sends a message to this client. It never waits and never fails.
    ///
    /// Messages arrive in the order in which they were sent, each at most once. A message is lost if the
    /// client has left, if it is larger than
    /// [`max_message_size`](super::ServerBuilder::max_message_size), and if the connection ends before the
    /// client has received it. If [`max_queued_bytes`](super::ServerBuilder::max_queued_bytes) are already
    /// queued, the connection is closed with [`SlowConsumer`](DisconnectReason::SlowConsumer).
    ///
    /// A response (a member `foo_rsp` for the request `foo_req`) that is sent in this way responds to the first
    /// request of its kind that has no response yet, like [`Reply::send`](crate::Reply::send). If there is no
    /// such request, it is a message like any other.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// client.send(MessageInd { user: "server".into(), text: "Welcome!".into() });
    /// # }
    /// ```
    pub fn send(&self, message: impl Into<P::ServerToClient>) {
        let message = message.into();
        let member = P::server_member(&message);
        self.mailbox().send(&message, member);
    }

    /// Sends messages to this client, in their order. It never waits and never fails.
    ///
    /// Each of them is sent like a message of [`send`](Self::send), at less cost: the send queue is locked once for
    /// up to 64 KiB of messages. Messages of other tasks may come between them. If `messages` sends to the client
    /// itself, such a message may precede some that were returned before it. If it panics, those that it has
    /// returned are sent.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient, history: &[MessageInd]) {
    /// client.send_all(history.iter().cloned());
    /// # }
    /// ```
    pub fn send_all<I>(&self, messages: I)
    where
        I: IntoIterator,
        I::Item: Into<P::ServerToClient>,
    {
        self.peer.mailbox.send_all(messages.into_iter().map(|it| {
            let message = it.into();
            // For each message: the one before may have been made by code that broadcasts.
            self.server.shared.flush();
            let member = P::server_member(&message);
            (message, member)
        }));
    }

    /// Sends a message to this client, or returns it with the reason why it was not sent. It never waits.
    ///
    /// `Ok` means that the message is queued, not that the client has received it.
    ///
    /// # Errors
    ///
    /// The message is not sent if the client has left, if the send queue is full, or if it is too big. The
    /// connection is not closed: if it was a response, it or another one may be sent in its place.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// let message = MessageInd { user: "server".into(), text: "Welcome!".into() };
    /// if let Err(error) = client.try_send(message) {
    ///     println!("not sent to {}: {error}", client.id());
    /// }
    /// # }
    /// ```
    pub fn try_send(
        &self,
        message: impl Into<P::ServerToClient>,
    ) -> Result<(), TrySendError<P::ServerToClient>> {
        let message = message.into();
        let member = P::server_member(&message);
        let pushed = self.mailbox().push(&message, member);
        pushed.map_err(|error| TrySendError { error, message })
    }

    /// Waits until there is room in the send queue: until at most half of
    /// [`max_queued_bytes`](super::ServerBuilder::max_queued_bytes) are queued.
    ///
    /// Other tasks run first if 64 KiB or more are queued that the connection can write: a loop of `ready` and `send`
    /// does not keep its thread for itself, even if it finds room each time.
    ///
    /// # Errors
    ///
    /// Returns [`NotConnected`] if the connection has ended, or as soon as it ends, even in a
    /// callback.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatServerClient) -> Result<(), messi::NotConnected> {
    /// for number in 0..1_000_000 {
    ///     client.ready().await?;
    ///     client.send(MessageInd { user: "server".into(), text: number.to_string() });
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready(&self) -> Result<(), NotConnected> {
        self.mailbox().ready().await
    }

    /// Waits until at most this number of bytes is queued, and there is room as for [`ready`](Self::ready).
    ///
    /// A transfer of much data that waits for it before each part leaves the connection to other messages: one
    /// that is sent meanwhile waits only for `bytes` and one part, rather than for megabytes. 0 waits until
    /// everything is with the operating system. From the first call on a connection, Linux and Android hold no
    /// more than 16 KiB that are not sent yet; other systems hold as much as they like.
    ///
    /// The guide has a page about it, with a download in parts of 64 KiB.
    ///
    /// # Errors
    ///
    /// Returns [`NotConnected`] if the connection has ended, or as soon as it ends, even in a
    /// callback.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatServerClient, parts: Vec<String>) -> Result<(), messi::NotConnected> {
    /// for text in parts {
    ///     client.ready_below(16 * 1024).await?;
    ///     client.send(MessageInd { user: "Kalle".into(), text });
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ready_below(&self, bytes: usize) -> Result<(), NotConnected> {
        self.mailbox().ready_below(bytes).await
    }

    /// Waits until all messages sent so far are written to the operating system.
    ///
    /// # Errors
    ///
    /// Returns [`FlushError`] if the connection has ended, or as soon as it ends, even in a
    /// callback. It has the number of messages that were not written, most of which are lost: a connection that
    /// the peer has closed may still write some.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatServerClient) -> Result<(), messi::FlushError> {
    /// client.send(MessageInd { user: "server".into(), text: "Goodbye!".into() });
    /// client.flush().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn flush(&self) -> Result<(), FlushError> {
        self.mailbox().flush().await
    }

    /// Waits until the client has received all messages sent so far, and keeps them in memory that outlives a connection.
    ///
    /// It waits over interruptions of the [session](crate::Sessions). The client acknowledges with frames that it sends
    /// anyway, so that this may take as long as the interval of the pings, 2 s by default. A received message may still
    /// wait for the handler.
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
    /// # async fn example(client: &ChatServerClient) -> Result<(), messi::NotConnected> {
    /// client.send(MessageInd { user: "Kalle".into(), text: "Hello!".into() });
    /// client.delivered().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delivered(&self) -> Result<(), NotConnected> {
        self.mailbox().delivered().await
    }

    /// Returns whether there is a connection at this moment. A client with an interrupted [session](crate::Sessions)
    /// has no connection, and messages to it are kept.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// let clients = server.clients();
    /// let away = clients.iter().filter(|client| !client.is_connected()).count();
    /// # }
    /// ```
    pub fn is_connected(&self) -> bool {
        self.peer.mailbox.is_connected()
    }

    /// Runs a closure with the handler of this client, between two of its callbacks, and returns its output.
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
    /// struct Session {
    ///     rooms: Vec<String>,
    /// }
    ///
    /// impl ChatServerHandler for Session {}
    ///
    /// # async fn example(client: &ChatServerClient) -> Result<(), messi::WithHandlerError> {
    /// let rooms = client.with_handler(|session: &mut Session| session.rooms.clone()).await?;
    /// println!("{} is in {}", client.id(), rooms.join(", "));
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
        self.peer.mailbox.with_handler(closure)
    }

    /// Closes the connection once all messages sent so far are written, within a second. Messages of the
    /// client that wait for the handler are dropped, and `on_client_disconnected` is called with
    /// [`DisconnectReason::Disconnected`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// client.disconnect();
    /// # }
    /// ```
    pub fn disconnect(&self) {
        self.mailbox().close(DisconnectReason::Disconnected);
    }

    /// Closes the connection like [`disconnect`](Self::disconnect), and sends the client the reason and the time after
    /// which to come back.
    ///
    /// A client with a [`session`](crate::ClientBuilder::session), of a server with
    /// [`sessions`](super::ServerBuilder::sessions), gets it as [`DisconnectReason::Bye`], and waits for the time of
    /// [`retry_after`](Bye::retry_after) before it connects again. Others only see that the connection ends.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// use std::time::Duration;
    ///
    /// use messi::{Bye, ByeReason};
    ///
    /// client.disconnect_with(Bye {
    ///     retry_after: Some(Duration::from_secs(60)),
    ///     text: "the room is full".into(),
    ///     ..Bye::new(ByeReason::Refused)
    /// });
    /// # }
    /// ```
    pub fn disconnect_with(&self, bye: Bye) {
        self.mailbox().close_with_bye(bye);
    }

    /// Logs the client in as `user`. On a server with a
    /// [`login_timeout`](super::ServerBuilder::login_timeout), the client receives broadcasts from now on, and
    /// is not disconnected for that time.
    ///
    /// `user` is any text that names the client: [`user`](Self::user) returns it, log lines show it, and
    /// [`Server::user`] finds the client by it until its connection ends. Several clients may be of one user. A second
    /// call does not change it.
    ///
    /// Returns whether the client is logged in: `false` if the connection has ended, such as by the timeout.
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
    ///         client: &ChatServerClient,
    ///         request: ConnectReq,
    ///         reply: messi::Reply<ConnectRsp>,
    ///     ) {
    ///         client.log_in(request.user);
    ///         reply.send(ConnectRsp {});
    ///     }
    /// }
    /// ```
    pub fn log_in(&self, user: impl AsRef<str>) -> bool {
        let user = user.as_ref();
        let is_logged_in = self.server.shared.registry.log_in(&self.peer, user);
        if is_logged_in {
            debug!(target: LOG_TARGET, "{} is logged in", self.peer);
        }
        is_logged_in
    }

    /// Returns the user of the client, as set by [`log_in`](Self::log_in).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// let clients = server.clients();
    /// let names: Vec<_> = clients.iter().filter_map(|client| client.user()).collect();
    /// println!("Present: {}", names.join(", "));
    /// # }
    /// ```
    pub fn user(&self) -> Option<&str> {
        self.peer.user.get().map(|user| &**user)
    }

    /// Returns the clock of the server's runtime: real time, or the pretended time of a `testing::Simulation`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # async fn example(client: &ChatServerClient) {
    /// use std::time::Duration;
    ///
    /// client.clock().sleep(Duration::from_secs(60)).await;
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
    /// # fn example(client: &ChatServerClient) {
    /// client.runtime().spawn(async { println!("in a task of its own") });
    /// # }
    /// ```
    pub fn runtime(&self) -> Runtime {
        self.server.runtime()
    }

    /// Returns the statistics of this connection.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// println!("{} bytes queued", client.stats().queued_bytes);
    /// # }
    /// ```
    pub fn stats(&self) -> Stats {
        self.mailbox().stats()
    }

    /// Returns the id of this connection.
    pub fn id(&self) -> ClientId {
        self.peer.id
    }

    /// Returns the address of the client. Behind a proxy, it is that of the proxy, unless the server
    /// [reads the client's](crate::ServerBuilder::proxy_protocol).
    pub fn peer_addr(&self) -> Address {
        self.peer.address.clone()
    }

    /// Returns the certificates of the client in DER, its own first. They are verified. The slice is empty
    /// if it has shown no certificate, and without TLS.
    pub fn peer_certificates(&self) -> &[Vec<u8>] {
        &self.peer.certificates
    }

    /// Returns the names in the certificate of the client; `None` if it has shown no certificate, and without TLS.
    ///
    /// Clients show one if [`ServerTls::require_client_certificates`](crate::tls::ServerTls) or
    /// `accept_client_certificates` asks for it, which also verifies it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// let certificate = client.peer_certificate();
    /// let name = certificate.as_ref().and_then(|it| it.common_name()).unwrap_or("no name");
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn peer_certificate(&self) -> Option<PeerCertificate> {
        self.peer_certificates()
            .first()
            .and_then(|it| PeerCertificate::read(it))
    }

    /// Returns the server that the client is connected to.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// client.server().broadcast(MessageInd { user: "server".into(), text: "Hello, all!".into() });
    /// # }
    /// ```
    pub fn server(&self) -> &Server<P> {
        &self.server
    }

    /// Returns the name of this client in log lines.
    pub(super) fn log_name(&self) -> String {
        format!("{}: client {}", self.server.shared.log_name(), self.id())
    }

    pub(crate) fn peer_mailbox(&self) -> &Arc<Mailbox> {
        &self.peer.mailbox
    }

    /// Returns the mailbox, in which all broadcasts until now are queued.
    fn mailbox(&self) -> &Arc<Mailbox> {
        self.server.shared.flush();
        &self.peer.mailbox
    }
}

/// Sends requests to a client. The handles of a server's clients implement it.
pub trait RequestClient<P: Protocol> {
    /// Sends a request. `extract` takes its response out of a message.
    fn request<T: Send + 'static>(
        &self,
        request: impl Into<P::ServerToClient>,
        extract: fn(P::ClientToServer) -> Option<T>,
    ) -> ResponseFuture<T>;
}

impl<P: Protocol> RequestClient<P> for ServerClient<P> {
    fn request<T: Send + 'static>(
        &self,
        request: impl Into<P::ServerToClient>,
        extract: fn(P::ClientToServer) -> Option<T>,
    ) -> ResponseFuture<T> {
        let request = request.into();
        let member = P::server_member(&request);
        ResponseFuture::request(self.mailbox(), &request, member, extract)
    }
}

impl<P: Protocol> Clone for ServerClient<P> {
    fn clone(&self) -> Self {
        Self {
            peer: self.peer.clone(),
            server: self.server.lent(),
        }
    }
}

impl<P: Protocol> Debug for ServerClient<P> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServerClient")
            .field("protocol", &P::NAME)
            .field("id", &self.peer.id)
            .field("peer_addr", &self.peer.address)
            .finish_non_exhaustive()
    }
}
