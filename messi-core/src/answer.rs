//! Waiting for the answer to a request.

use std::fmt::{self, Debug, Formatter};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use messi_wire::session::Sender;
use prost::Message;

use crate::mailbox::{Mailbox, Responder};
use crate::runtime::AsyncRuntime;
use crate::{DisconnectReason, RequestError, SendError};

/// The answer to a request, once it has come.
///
/// The methods that send requests (`client.foo_req(…)`) give one. The request is on its way when
/// they return, be this awaited or not.
///
/// An answer that is awaited goes to whoever awaits it, ahead of messages that came before it and
/// still wait for the handler: a callback of a handler may await one too. One that is not awaited
/// any more goes to the handler, as all other messages do.
///
/// # Which answer belongs to which request
///
/// Nothing on the wire tells. Answers are taken to come once for each request of their kind, in the
/// order of the requests, including those that were sent with `send`. A peer for which this does
/// not hold must not be sent requests in this way. One of this crate that can't send an answer, as
/// it is too big or there is no room for it, ends the connection, unless it was sent with `try_send`.
///
/// # Errors
///
/// [`RequestError::NotSent`] at once if the request can't be sent; [`RequestError::Timeout`] if no
/// answer comes within the builder's `request_timeout` or that of [`timeout`](Self::timeout);
/// [`RequestError::Disconnected`] as soon as the connection ends. In the two latter cases the peer
/// may have seen the request.
///
/// A client whose handler is held back, as more than `max_unhandled_bytes` wait for it, reads
/// nothing, answers included. A callback that waits for an answer then waits until it times out.
///
/// # Cancel safety
///
/// Dropping this does not take the request back. Its answer goes to the handler.
///
/// # Examples
///
/// ```no_run
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
/// # use chat::*;
/// use std::time::Duration;
///
/// # async fn example(client: ChatClient) -> Result<(), messi::Error> {
/// let request = ConnectReq { user: "Kalle".into() };
/// let ConnectRsp {} = client.connect_req(request).timeout(Duration::from_secs(1)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "the request is sent, but its answer goes to the handler unless it is awaited"]
pub struct Answer<T> {
    receiver: oneshot::Receiver<Result<T, RequestError>>,
    runtime: Arc<dyn AsyncRuntime>,
    sent: Instant,
    limit: Duration,
    /// Made when it is first waited for.
    sleep: Option<BoxFuture<'static, ()>>,
}

impl<T: Send + 'static> Answer<T> {
    /// Sends a request, of whose kind `extract` knows the answer.
    pub(crate) fn request<M: Message + Default + 'static>(
        mailbox: &Arc<Mailbox>,
        request: &impl Message,
        member: Option<u32>,
        sender: Sender,
        extract: fn(M) -> Option<T>,
    ) -> Self {
        let (answered, receiver) = oneshot::channel();
        mailbox.push_request(
            request,
            member,
            sender,
            Box::new(Waiting { answered, extract }),
        );
        let runtime = mailbox.runtime().clone();
        Self {
            receiver,
            sent: runtime.now(),
            limit: mailbox.request_timeout(),
            runtime,
            sleep: None,
        }
    }
}

impl<T> Answer<T> {
    /// Limits the time, from when the request was sent. Default: the builder's `request_timeout`.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self.sleep = None;
        self
    }

    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self {
            sleep,
            runtime,
            sent,
            limit,
            ..
        } = self;
        let sleep = sleep.get_or_insert_with(|| {
            let passed = runtime.now().saturating_duration_since(*sent);
            runtime.sleep(limit.saturating_sub(passed))
        });
        sleep.poll_unpin(cx)
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, RequestError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(answer) = self.receiver.poll_unpin(cx) {
            let not_sent = RequestError::NotSent(SendError::NotConnected);
            return Poll::Ready(answer.unwrap_or(Err(not_sent)));
        }
        let limit = self.limit;
        self.poll_timeout(cx).map(|()| {
            self.receiver.close();
            Err(RequestError::Timeout { limit })
        })
    }
}

impl<T> Debug for Answer<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Answer")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// What the connection knows of an [`Answer`].
struct Waiting<M, T> {
    answered: oneshot::Sender<Result<T, RequestError>>,
    extract: fn(M) -> Option<T>,
}

impl<M: Message + Default, T: Send> Responder for Waiting<M, T> {
    fn is_awaited(&self) -> bool {
        !self.answered.is_canceled()
    }

    fn respond(self: Box<Self>, payload: &[u8]) -> bool {
        if !self.is_awaited() {
            return false;
        }
        match M::decode(payload).map(self.extract) {
            Ok(Some(answer)) => self.answered.send(Ok(answer)).is_ok(),
            Ok(None) => {
                self.fail(RequestError::Replaced);
                false
            }
            Err(error) => {
                // It ends the connection when its turn comes.
                let reason = DisconnectReason::MessageDecodeError(error.to_string());
                self.fail(RequestError::Disconnected(reason));
                false
            }
        }
    }

    fn fail(self: Box<Self>, error: RequestError) {
        // Who has given up needs no error.
        let _ = self.answered.send(Err(error));
    }
}

impl<M, T> Debug for Waiting<M, T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Waiting").finish_non_exhaustive()
    }
}
