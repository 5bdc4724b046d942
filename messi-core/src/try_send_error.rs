//! The error of sending that gives the message back.

use std::fmt::{self, Debug, Display, Formatter};

use crate::{Error, SendError};

/// The reason why a message was not sent, and the message.
///
/// The message has the type of its direction, such as `ClientToServer`, since the value that was passed to `try_send`
/// has been converted. It can be passed to `try_send` again.
///
/// It converts into [`SendError`] and [`Error`], which drops the message. Its [`Debug`](std::fmt::Debug) output
/// does not contain the message.
///
/// # Examples
///
/// A message that waits while the send queue is full:
///
/// ```no_run
/// # use chat::*;
/// use messi::SendError;
///
/// # async fn example(client: &ChatClient) -> Result<(), messi::Error> {
/// let mut message = ClientToServer::from(MessageInd { user: "Kalle".into(), text: "Hello!".into() });
/// while let Err(refused) = client.try_send(message) {
///     if refused.error != SendError::QueueFull {
///         return Err(refused.into());
///     }
///     client.ready().await?;
///     message = refused.into_message();
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TrySendError<M> {
    /// The reason.
    pub error: SendError,
    /// The message.
    pub message: M,
}

impl<M> TrySendError<M> {
    /// Returns the message.
    ///
    /// See [`TrySendError`] for an example.
    pub fn into_message(self) -> M {
        self.message
    }
}

impl<M> Debug for TrySendError<M> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TrySendError")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<M> Display for TrySendError<M> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.error, formatter)
    }
}

impl<M> std::error::Error for TrySendError<M> {}

impl<M> From<TrySendError<M>> for SendError {
    fn from(error: TrySendError<M>) -> Self {
        error.error
    }
}

impl<M> From<TrySendError<M>> for Error {
    fn from(error: TrySendError<M>) -> Self {
        error.error.into()
    }
}
