//! The reply to a received request.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use messi_wire::session::{OnRefusal, RequestId};
use prost::Message;

use crate::SendError;
use crate::mailbox::{BoxResponder, Mailbox, log_member_not_sent};
use crate::server::SharedServer;

/// Sends the response to one request, once.
///
/// The handler's method of a request gets it. It may be kept, moved into a task, and used from any thread.
/// It knows its connection and its place: responses leave in the order of the requests of their kind,
/// whatever order they are given in. A response that is given early waits for those before it, and counts
/// for `max_queued_bytes` meanwhile.
///
/// # Dropping
///
/// A reply that is dropped without a response is counted in
/// [`RequestStats::unanswered`](crate::RequestStats::unanswered) and logged. Its request then times out at
/// the peer. As the peer would take the next response of the same kind for it, a later response is not
/// sent: it closes the connection with
/// [`RequestAbandoned`](crate::DisconnectReason::RequestAbandoned).
///
/// # Examples
///
/// ```
/// # use chat::*;
/// use messi::Reply;
///
/// struct Session;
///
/// impl ChatServerHandler for Session {
///     async fn on_connect_req(
///         &mut self,
///         _client: &ChatServerClient,
///         request: ConnectReq,
///         reply: Reply<ConnectRsp>,
///     ) {
///         async_std::task::spawn(async move {
///             look_up(request.user).await;
///             reply.send(ConnectRsp {});
///         });
///     }
/// }
///
/// async fn look_up(user: String) {}
/// ```
#[must_use = "a request without a response times out at the peer"]
pub struct Reply<T: 'static> {
    /// `None` once the response is sent, or can't be sent any more.
    request: Option<Box<OpenRequest>>,
    response: &'static dyn SendResponse<T>,
}

impl<T: 'static> Reply<T> {
    /// Creates the reply to a request.
    pub(crate) fn new<M: Message + 'static>(
        request: Option<Box<OpenRequest>>,
        response: &'static ResponseMember<T, M>,
    ) -> Self {
        Self { request, response }
    }

    /// Sends the response. It never waits and never fails.
    ///
    /// If the connection of the request has ended, no response is sent, which is logged and counted in
    /// [`RequestStats::late`](crate::RequestStats::late). A response that is too big, or has no room in the
    /// send queue, closes the connection with [`MessageTooBig`](crate::DisconnectReason::MessageTooBig) or
    /// [`SlowConsumer`](crate::DisconnectReason::SlowConsumer): the peer must not take the next response for
    /// this one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// # fn example(reply: messi::Reply<ConnectRsp>) {
    /// reply.send(ConnectRsp {});
    /// # }
    /// ```
    pub fn send(mut self, response: T) {
        let Some(request) = self.request.take() else {
            return;
        };
        if let Err(error) = self.response.send(&request, response, OnRefusal::Close) {
            log_member_not_sent(self.response.name(), error);
        }
        request.close();
    }

    /// Sends the response, or returns the reason why it was not sent. It never waits.
    ///
    /// `Ok` means that the response is queued, or waits for the responses before it.
    ///
    /// # Errors
    ///
    /// After [`QueueFull`](SendError::QueueFull) and [`MessageTooBig`](SendError::MessageTooBig), the
    /// connection stays open, and another response may be sent.
    /// [`NotConnected`](SendError::NotConnected) means that the connection of the request has ended, and
    /// [`AlreadyResponded`](SendError::AlreadyResponded) that the request has a response already.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// # fn example(mut reply: messi::Reply<ConnectRsp>) {
    /// if let Err(error) = reply.try_send(ConnectRsp {}) {
    ///     println!("no response: {error}");
    /// }
    /// # }
    /// ```
    pub fn try_send(&mut self, response: T) -> Result<(), SendError> {
        let request = self.request.as_ref().ok_or(SendError::AlreadyResponded)?;
        let result = self.response.send(request, response, OnRefusal::Return);
        if !result.is_err_and(may_send_another)
            && let Some(request) = self.request.take()
        {
            request.close();
        }
        result
    }
}

/// Returns whether another response may be sent after this error.
fn may_send_another(error: SendError) -> bool {
    matches!(
        error,
        SendError::QueueFull | SendError::MessageTooBig { .. } | SendError::WrongSize { .. }
    )
}

impl<T: 'static> Debug for Reply<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Reply")
            .field("response", &self.response.name())
            .finish_non_exhaustive()
    }
}

/// A request of the peer without a response. Dropping it abandons the request.
#[derive(Debug)]
pub(crate) struct OpenRequest {
    id: RequestId,
    /// Whether dropping it abandons the request.
    is_open: bool,
    mailbox: Arc<Mailbox>,
    /// The server, if the peer is one of its clients.
    server: Option<Arc<SharedServer>>,
}

impl OpenRequest {
    /// Opens a received request, if the message with this member is one.
    pub(crate) fn open(
        member: u32,
        mailbox: &Arc<Mailbox>,
        server: Option<&Arc<SharedServer>>,
    ) -> Option<Box<Self>> {
        let id = mailbox.open_request(member)?;
        Some(Box::new(Self {
            id,
            is_open: true,
            mailbox: mailbox.clone(),
            server: server.cloned(),
        }))
    }

    /// Records that the request has a response, or can't have one any more.
    fn close(mut self) {
        self.is_open = false;
    }

    /// Returns the mailbox, in which all broadcasts until now are queued.
    fn mailbox(&self) -> &Arc<Mailbox> {
        if let Some(server) = &self.server {
            server.flush();
        }
        &self.mailbox
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        if self.is_open {
            self.mailbox.abandon(self.id);
        }
    }
}

/// A response member of the other direction: generated code has one for each kind of request.
#[derive(Debug)]
pub struct ResponseMember<T, M> {
    /// The name in the schema.
    pub name: &'static str,
    /// The field number.
    pub number: u32,
    /// Makes a message of a response.
    pub wrap: fn(T) -> M,
}

/// Sends responses of a type, whatever the message is that holds them.
trait SendResponse<T>: Sync {
    fn name(&self) -> &'static str;

    fn send(
        &self,
        request: &OpenRequest,
        response: T,
        on_refusal: OnRefusal<BoxResponder>,
    ) -> Result<(), SendError>;
}

impl<T, M: Message> SendResponse<T> for ResponseMember<T, M> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn send(
        &self,
        request: &OpenRequest,
        response: T,
        on_refusal: OnRefusal<BoxResponder>,
    ) -> Result<(), SendError> {
        let message = (self.wrap)(response);
        request
            .mailbox()
            .push_response(&message, self.number, request.id, on_refusal)
    }
}
