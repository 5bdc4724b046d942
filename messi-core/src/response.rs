//! Waiting for the response to a request.

use std::fmt::{self, Debug, Formatter};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use prost::Message;

use crate::mailbox::{Mailbox, Responder};
use crate::runtime::AsyncRuntime;
use crate::{DisconnectReason, RequestError};

/// Future of the response to a request.
///
/// The methods that send requests (`client.foo_req(…)`) return it. The request is sent when they return,
/// whether the future is awaited or not.
///
/// The response goes to the task that awaits it, before messages that were received earlier and wait for
/// the handler: a callback of a handler may await a response too. A response that is not awaited goes to
/// the handler, as all other messages do.
///
/// # Matching
///
/// The wire has no number that links a response to its request. Responses are expected once for each
/// request of their kind and in the order of the requests, those that were sent with `send` included. Do not
/// send requests in this way to a peer that does not keep this order. A peer of this crate keeps it: see
/// [`Reply`](crate::Reply). If it can't send a response, it closes the connection.
///
/// # Errors
///
/// - [`RequestError::NotSent`] at once if the request can't be sent.
/// - [`RequestError::Timeout`] if there is no response within the builder's `request_timeout`, or that of
///   [`timeout`](Self::timeout). The peer may have received the request.
/// - [`RequestError::Disconnected`] as soon as the connection ends. The peer may have received the request.
/// - [`RequestError::Cancelled`] if the executor of the connection's task is shut down.
///
/// A client with a busy handler reads no frames, not even responses, once `max_unhandled_bytes` wait for the
/// handler. A callback that awaits a response then waits until it times out.
///
/// # Cancel safety
///
/// Dropping the future does not cancel the request. Its response goes to the handler.
///
/// # Examples
///
/// ```no_run
/// # use chat::*;
/// use std::time::Duration;
///
/// # async fn example(client: ChatClient) -> Result<(), messi::Error> {
/// let request = ConnectReq { user: "Kalle".into() };
/// let ConnectRsp {} = client.connect_req(request).timeout(Duration::from_secs(1)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "the request is sent, but its response goes to the handler unless it is awaited"]
pub struct ResponseFuture<T> {
    receiver: oneshot::Receiver<Result<T, RequestError>>,
    runtime: Arc<dyn AsyncRuntime>,
    sent: Instant,
    limit: Duration,
    /// Whether the result was returned.
    is_complete: bool,
    /// Created when the future is first polled.
    sleep: Option<BoxFuture<'static, ()>>,
}

impl<T: Send + 'static> ResponseFuture<T> {
    /// Sends a request. `extract` takes its response out of a message.
    pub(crate) fn request<M: Message + Default + 'static>(
        mailbox: &Arc<Mailbox>,
        request: &impl Message,
        member: Option<u32>,
        extract: fn(M) -> Option<T>,
    ) -> Self {
        let (channel, receiver) = oneshot::channel();
        mailbox.push_request(
            request,
            member,
            Box::new(OneshotResponder { channel, extract }),
        );
        let runtime = mailbox.runtime().clone();
        Self {
            receiver,
            sent: runtime.now(),
            limit: mailbox.request_timeout(),
            runtime,
            is_complete: false,
            sleep: None,
        }
    }
}

impl<T> ResponseFuture<T> {
    /// Sets the timeout, which begins when the request is sent. Default: the builder's `request_timeout`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// use std::time::Duration;
    ///
    /// # fn example(client: &ChatClient) {
    /// let request = ConnectReq { user: "Kalle".into() };
    /// let response = client.connect_req(request).timeout(Duration::from_millis(500));
    /// # }
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self.sleep = None;
        self
    }

    fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, RequestError>> {
        if self.is_complete {
            return Poll::Ready(Err(RequestError::Completed));
        }
        if let Poll::Ready(response) = self.receiver.poll_unpin(cx) {
            // The mailbox, and all tasks with it, are gone.
            return Poll::Ready(response.unwrap_or(Err(RequestError::Cancelled)));
        }
        let limit = self.limit;
        self.poll_timeout(cx).map(|()| {
            self.receiver.close();
            Err(RequestError::Timeout { limit })
        })
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

impl<T> Future for ResponseFuture<T> {
    type Output = Result<T, RequestError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = self.poll_response(cx);
        self.is_complete |= result.is_ready();
        result
    }
}

impl<T> Debug for ResponseFuture<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ResponseFuture")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Completes a [`ResponseFuture`].
struct OneshotResponder<M, T> {
    channel: oneshot::Sender<Result<T, RequestError>>,
    extract: fn(M) -> Option<T>,
}

impl<M: Message + Default, T: Send> Responder for OneshotResponder<M, T> {
    fn is_awaited(&self) -> bool {
        !self.channel.is_canceled()
    }

    fn respond(self: Box<Self>, payload: &[u8]) -> bool {
        if !self.is_awaited() {
            return false;
        }
        match M::decode(payload).map(self.extract) {
            Ok(Some(response)) => self.channel.send(Ok(response)).is_ok(),
            Ok(None) => {
                self.fail(RequestError::Replaced);
                false
            }
            Err(error) => {
                // The message ends the connection when it is decoded for the handler.
                let reason = DisconnectReason::MessageDecodeError(error);
                self.fail(RequestError::Disconnected(reason));
                false
            }
        }
    }

    fn fail(self: Box<Self>, error: RequestError) {
        // An error means that the response is not awaited any more.
        let _ = self.channel.send(Err(error));
    }
}

impl<M, T> Debug for OneshotResponder<M, T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OneshotResponder")
            .finish_non_exhaustive()
    }
}
