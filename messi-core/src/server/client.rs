//! One client, as its server sees it.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use messi_wire::session::Sender;

use super::Server;
use super::peer::{ClientId, Peer};
use crate::mailbox::Mailbox;
use crate::{Address, Answer, DisconnectReason, Protocol, RequestClient, SendError, Stats};

/// A client connected to a [`Server`].
///
/// Handles are cheap to clone and can be used from any thread, also when the client has left:
/// what is sent to it is then lost.
///
/// # Examples
///
/// ```
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
/// # use chat::*;
/// struct Session;
///
/// impl ChatServerHandler for Session {
///     async fn on_connect_req(&mut self, client: &ChatServerClient, request: ConnectReq) {
///         println!("{} at {}", request.user, client.peer_addr());
///         client.reply(ConnectRsp {});
///         if client.server().clients().len() > 100 {
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
    sender: Sender,
}

impl<P: Protocol> ServerClient<P> {
    /// A handle for anyone.
    pub(super) fn new(server: &Server<P>, peer: &Arc<Peer>) -> Self {
        Self {
            peer: peer.clone(),
            server: server.lent(),
            sender: Sender::Other,
        }
    }

    /// The handle that the callbacks of the connection with this number are lent.
    pub(super) fn lent(server: &Server<P>, peer: &Arc<Peer>, connection: u64) -> Self {
        Self {
            sender: Sender::Callback(connection),
            ..Self::new(server, peer)
        }
    }

    /// Sends a message to this client. Never waits and never fails.
    ///
    /// Messages arrive in the order in which they were sent, each at most once. A message is lost
    /// when the client has left, when it is larger than
    /// [`max_message_size`](super::ServerBuilder::max_message_size), and when the connection ends
    /// before the client has received it. When
    /// [`max_queued_bytes`](super::ServerBuilder::max_queued_bytes) wait already, the connection
    /// ends with [`SlowConsumer`](DisconnectReason::SlowConsumer). An answer that is too big ends
    /// it too, with [`MessageTooBig`](DisconnectReason::MessageTooBig): see
    /// [`Answer`](crate::Answer#which-answer-belongs-to-which-request).
    pub fn send(&self, message: impl Into<P::ServerToClient>) {
        let message = message.into();
        let member = P::server_member(&message);
        self.mailbox().send(&message, member, self.sender);
    }

    /// Sends an answer to the client whose message is being handled. The same as
    /// [`send`](Self::send), for code that reads well.
    pub fn reply(&self, message: impl Into<P::ServerToClient>) {
        self.send(message);
    }

    /// Sends a message to this client, or tells why it was not sent. Never waits.
    ///
    /// # Errors
    ///
    /// The message is lost if the client has left, if the queue is full, or if it is too big. The
    /// connection goes on all the same: after the loss of an answer to a request, another must be
    /// sent in its place. `Ok` means that the message is queued, not that the client has it.
    pub fn try_send(&self, message: impl Into<P::ServerToClient>) -> Result<(), SendError> {
        let message = message.into();
        let member = P::server_member(&message);
        self.mailbox().push(&message, member, self.sender)
    }

    /// Waits until there is room for more: until at most half of
    /// [`max_queued_bytes`](super::ServerBuilder::max_queued_bytes) wait to be written.
    ///
    /// # Errors
    ///
    /// [`SendError::NotConnected`] if the connection has ended, or as soon as it ends: in a callback too,
    /// and before `on_client_disconnected`.
    pub async fn ready(&self) -> Result<(), SendError> {
        self.mailbox().ready().await
    }

    /// Waits until everything sent so far is with the operating system.
    ///
    /// # Errors
    ///
    /// [`SendError::NotConnected`] if the connection has ended, or as soon as it ends: in a callback too,
    /// and before `on_client_disconnected`. Some of what was sent may then be lost.
    pub async fn flush(&self) -> Result<(), SendError> {
        self.mailbox().flush().await
    }

    /// Ends the connection, once what has been sent to the client is written; the client is given
    /// a second for it. Messages of the client that wait for the handler are dropped, and
    /// `on_client_disconnected` gets [`DisconnectReason::Disconnected`].
    pub fn disconnect(&self) {
        self.mailbox().close(DisconnectReason::Disconnected);
    }

    /// What has happened on this connection so far.
    pub fn stats(&self) -> Stats {
        self.mailbox().stats()
    }

    /// Names this connection.
    pub fn id(&self) -> ClientId {
        self.peer.id
    }

    /// The address of the client.
    pub fn peer_addr(&self) -> Address {
        self.peer.address.clone()
    }

    /// The certificates that the client has shown, in DER, its own first: those that
    /// `ServerTls::require_client_certificates` has verified. Empty where none are required, and
    /// without TLS.
    pub fn peer_certificates(&self) -> &[Vec<u8>] {
        &self.peer.certificates
    }

    /// The server that the client is connected to.
    pub fn server(&self) -> &Server<P> {
        &self.server
    }

    /// Returns the mailbox, in which all broadcasts until now are queued.
    fn mailbox(&self) -> &Arc<Mailbox> {
        self.server.shared.registry.flush();
        &self.peer.mailbox
    }
}

impl<P: Protocol> RequestClient<P> for ServerClient<P> {
    fn request<T: Send + 'static>(
        &self,
        request: impl Into<P::ServerToClient>,
        extract: fn(P::ClientToServer) -> Option<T>,
    ) -> Answer<T> {
        let request = request.into();
        let member = P::server_member(&request);
        Answer::request(self.mailbox(), &request, member, self.sender, extract)
    }
}

impl<P: Protocol> Clone for ServerClient<P> {
    fn clone(&self) -> Self {
        Self {
            peer: self.peer.clone(),
            server: self.server.lent(),
            sender: self.sender,
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
