//! A received message, as the hook of a handler gets it.

use std::fmt::{self, Debug, Formatter};
use std::ops::Deref;

use prost::Message;

use crate::Reply;
use crate::reply::{OpenRequest, ResponseMember};

/// A received message on its way to its method of the handler.
///
/// The handler's `on_message` gets it, and passes it to `dispatch`. It dereferences to the message. Dropping
/// it drops the message; a request that is dropped is left without a response: see
/// [`Reply`](Reply#dropping).
///
/// # Examples
///
/// ```
/// # use chat::*;
/// use messi::Received;
///
/// struct Session {
///     received: u64,
/// }
///
/// impl ChatServerHandler for Session {
///     async fn on_message(&mut self, client: &ChatServerClient, message: Received<ClientToServer>) {
///         self.received += 1;
///         println!("message {} of {}: {:?}", self.received, client.id(), message.messages);
///         self.dispatch(client, message).await;
///     }
/// }
/// ```
#[derive(Default)]
pub struct Received<M> {
    // Generated code takes the parts out where they are: each message would be moved once more by a method. The
    // names leave those of the message's own fields free.
    #[doc(hidden)]
    pub __message: M,
    #[doc(hidden)]
    pub __request: Request,
}

impl<M> Received<M> {
    /// Returns the message. If it is a request, it is left without a response.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chat::*;
    /// fn text(received: messi::Received<ServerToClient>) -> Option<String> {
    ///     match received.into_message().messages? {
    ///         server_to_client::Messages::MessageInd(message) => Some(message.text),
    ///         _ => None,
    ///     }
    /// }
    /// ```
    pub fn into_message(self) -> M {
        self.__message
    }
}

impl<M> Deref for Received<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.__message
    }
}

impl<M: Debug> Debug for Received<M> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Received")
            .field(&self.__message)
            .finish()
    }
}

/// The request that a received message is, if it is one.
///
/// Boxed: each message has room for it, and few have one.
#[derive(Debug, Default)]
pub struct Request(pub(crate) Option<Box<OpenRequest>>);

impl Request {
    /// Returns the reply to the request, by a response of this member.
    pub fn reply<T: 'static, M: Message + 'static>(
        self,
        response: &'static ResponseMember<T, M>,
    ) -> Reply<T> {
        Reply::new(self.0, response)
    }
}
