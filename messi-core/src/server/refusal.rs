//! Refusing a client before it has a handler.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use futures::io::AsyncWriteExt;
use messi_wire::connection::CLOSE_TIMEOUT;
use messi_wire::frame::{self, MessageType};
use messi_wire::resumption::ServerControl;

use super::ServeWith;
use crate::time::{TimeSource, timeout};
use crate::transport::BoxSocket;
use crate::transport::close::close;
use crate::{Bye, ByeReason};

/// The reason why a server refuses a client.
///
/// The closure that is given to [`start`](super::ServerBuilder::start) returns it instead of a handler. The
/// connection is closed at once: the client does not receive the reason, and no callback is called. The
/// reason is logged, and the client is counted in
/// [`refused_by_application`](crate::ServerStats::refused_by_application).
///
/// A client with a [`session`](crate::ClientBuilder::session) is informed of the refusal, on a server with
/// [`sessions`](super::ServerBuilder::sessions): see [`bye`](Self::bye).
///
/// # Examples
///
/// ```no_run
/// # use chat::*;
/// # struct Session;
/// # impl ChatServerHandler for Session {}
/// # async fn example(banned: Vec<std::net::IpAddr>) -> Result<(), messi::ListenError> {
/// use messi::Refusal;
///
/// let server = ChatServer::builder("tcp://:6000")
///     .start(move |client| {
///         let address = client.peer_addr().socket_addr();
///         if address.is_some_and(|address| banned.contains(&address.ip())) {
///             return Err(Refusal::new("banned"));
///         }
///         Ok(Session)
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    reason: Cow<'static, str>,
    bye: Bye,
}

impl Refusal {
    /// Creates a refusal with a reason for the log.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: reason.into(),
            bye: Bye::new(ByeReason::Refused),
        }
    }

    /// Sets the [`Bye`] for a client with a session. The client gets it as
    /// [`DisconnectReason::Bye`](crate::DisconnectReason::Bye), and waits for the time of
    /// [`retry_after`](Bye::retry_after) before it connects again.
    ///
    /// Without it, the client gets [`ByeReason::Refused`], without a text or a time.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use messi::{Bye, ByeReason, Refusal};
    ///
    /// let refusal = Refusal::new("no seat left in the room").bye(Bye {
    ///     text: "the room is full".into(),
    ///     retry_after: Some(Duration::from_secs(60)),
    ///     ..Bye::new(ByeReason::Refused)
    /// });
    /// ```
    pub fn bye(mut self, bye: Bye) -> Self {
        self.bye = bye;
        self
    }

    /// Returns the [`Bye`] for a client with a session.
    pub(super) fn into_bye(self) -> Bye {
        self.bye
    }
}

impl Display for Refusal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

/// Sends the refusal to a client that knows sessions, with the first bytes of the server, and closes its socket.
pub(super) async fn say_refused(time: &dyn TimeSource, mut socket: BoxSocket, bye: Bye) {
    let pong = frame::build(MessageType::Pong, &ServerControl::Bye(bye).encode());
    // An error means that the client has left.
    let _ = timeout(time, CLOSE_TIMEOUT, socket.write_all(&pong)).await;
    close(time, socket).await;
}

/// The value that the closure given to [`start`](super::ServerBuilder::start) returns: a handler, or a
/// `Result` with a handler or a [`Refusal`].
///
/// `R` is the way to refuse: `()` if there is no such way. It keeps the two implementations apart, and is
/// always inferred.
pub trait IntoHandler<P, R> {
    /// The type of the handler.
    type Handler: Send + 'static;

    /// Returns the handler, or the reason why the client is refused.
    ///
    /// # Errors
    ///
    /// Returns the [`Refusal`] of the closure.
    fn into_handler(self) -> Result<Self::Handler, Refusal>;
}

impl<P: ServeWith<H>, H: Send + 'static> IntoHandler<P, ()> for H {
    type Handler = H;

    fn into_handler(self) -> Result<H, Refusal> {
        Ok(self)
    }
}

impl<P: ServeWith<H>, H: Send + 'static> IntoHandler<P, Refusal> for Result<H, Refusal> {
    type Handler = H;

    fn into_handler(self) -> Self {
        self
    }
}
