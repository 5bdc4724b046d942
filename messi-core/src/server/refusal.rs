//! Refusing a client before it has a handler.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use super::ServeWith;

/// The reason why a server refuses a client.
///
/// The closure that is given to [`start`](super::ServerBuilder::start) returns it instead of a handler. The
/// connection is closed at once: the client does not receive the reason, and no callback is called. The
/// reason is logged, and the client is counted in
/// [`refused_by_application`](crate::ServerStats::refused_by_application).
///
/// # Examples
///
/// ```no_run
/// # mod chat { messi::protocol!("../examples/chat/chat.proto"); }
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
}

impl Refusal {
    /// Creates a refusal with a reason for the log.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

impl Display for Refusal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

/// The value that the closure given to [`start`](super::ServerBuilder::start) returns: a handler, or a
/// `Result` with a handler or a [`Refusal`].
///
/// `R` is the way to refuse: `()` if there is none. It keeps the two implementations apart, and is always
/// inferred.
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
