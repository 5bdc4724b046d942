//! The handle of a user.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use super::recipients::Recipients;
use super::{Server, ServerClient};
use crate::Protocol;

/// A user of a [`Server`]: all clients that were [logged in](ServerClient::log_in) with one name, such as the phone and
/// the laptop of a person.
///
/// [`Server::user`] returns it.
#[must_use = "a user does nothing by itself"]
pub struct User<'a, P: Protocol> {
    server: &'a Server<P>,
    name: Arc<str>,
}

impl<P: Protocol> Server<P> {
    /// Returns the user with this name. Its clients were [logged in](ServerClient::log_in) with it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// server.user("Kalle").send(MessageInd { user: "Erik".into(), text: "Coffee?".into() });
    /// # }
    /// ```
    pub fn user(&self, name: impl AsRef<str>) -> User<'_, P> {
        User {
            server: self,
            name: name.as_ref().into(),
        }
    }
}

impl<P: Protocol> User<'_, P> {
    /// Returns the name of the user.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends a message to all clients of the user. It never waits and never fails.
    ///
    /// The message is encoded once, and keeps the order with broadcasts, as [`Server::send_to`] does. If a client can't
    /// receive it, the others are not affected: see [`ServerClient::send`].
    ///
    /// If the user has no client, the message is lost, and is counted once in
    /// [`Dropped::not_connected`](crate::Dropped::not_connected) of the server. In a [cluster](crate::cluster), it goes to
    /// the user's clients on all nodes, and is not counted: the server can't know whether there are any.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// server.user("Kalle").send(MessageInd { user: "Erik".into(), text: "Coffee?".into() });
    /// # }
    /// ```
    pub fn send(&self, message: impl Into<P::ServerToClient>) {
        let recipients = Recipients::User(self.name.clone());
        self.server.send_to_recipients(message.into(), recipients);
    }

    /// Returns the clients of the user that are connected to this server at this moment, in the order in which they
    /// came.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// for client in server.user("Kalle").clients() {
    ///     client.disconnect();
    /// }
    /// # }
    /// ```
    pub fn clients(&self) -> Vec<ServerClient<P>> {
        let peers = self.server.shared.registry.clients_of(&self.name);
        peers
            .iter()
            .map(|peer| ServerClient::new(self.server, peer))
            .collect()
    }
}

impl<P: Protocol> Clone for User<'_, P> {
    fn clone(&self) -> Self {
        Self {
            server: self.server,
            name: self.name.clone(),
        }
    }
}

impl<P: Protocol> Debug for User<'_, P> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("User")
            .field("protocol", &P::NAME)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
