//! The topics that a client has joined.

use super::ServerClient;
use crate::{JoinError, Protocol};

impl<P: Protocol> ServerClient<P> {
    /// Makes this client a member of a topic. It never waits.
    ///
    /// The client receives all that is [published](crate::Topic::publish) to the topic from now on, even before it has
    /// logged in. It is a member until [`leave`](Self::leave), or until its connection ends: without a
    /// [session](crate::Sessions), a client that connects again joins again. A client with an interrupted session stays
    /// a member, and receives the messages that are published meanwhile when the session goes on.
    ///
    /// A topic exists while it has members. Its name is any text of 1 to 200 bytes. It is no error to join twice.
    ///
    /// # Errors
    ///
    /// - [`JoinError::NotConnected`] if the connection has ended, as in `on_client_disconnected`.
    /// - [`JoinError::EmptyName`] and [`JoinError::NameTooLong`] if the name is not one of a topic.
    /// - [`JoinError::TooManyTopics`] if the client is a member of as many topics as
    ///   [`max_topics_per_client`](crate::ServerBuilder::max_topics_per_client) allows, 1,000 by default.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// struct Session;
    ///
    /// impl ChatServerHandler for Session {
    ///     async fn on_client_connected(&mut self, client: &ChatServerClient) {
    ///         if let Err(error) = client.join("room/42") {
    ///             println!("{} has not joined: {error}", client.id());
    ///         }
    ///     }
    ///
    ///     async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
    ///         client.server().topic("room/42").except(client).publish(message);
    ///     }
    /// }
    /// ```
    pub fn join(&self, topic: impl AsRef<str>) -> Result<(), JoinError> {
        let registry = &self.server.shared.registry;
        registry.join(topic.as_ref(), &self.peer)
    }

    /// Ends the membership of this client in a topic. Returns whether it was a member.
    ///
    /// Messages that were published before still arrive.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// if !client.leave("room/42") {
    ///     println!("{} was not there", client.id());
    /// }
    /// # }
    /// ```
    pub fn leave(&self, topic: impl AsRef<str>) -> bool {
        let registry = &self.server.shared.registry;
        registry.leave(topic.as_ref(), self.peer.id)
    }

    /// Returns the names of the topics that this client is a member of, in alphabetical order. The list is empty once
    /// its connection has ended, as in `on_client_disconnected`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(client: &ChatServerClient) {
    /// println!("{} is in {}", client.id(), client.topics().join(", "));
    /// # }
    /// ```
    pub fn topics(&self) -> Vec<String> {
        let names = self.server.shared.registry.joined(self.peer.id);
        // Copied without the lock.
        names.iter().map(|name| String::from(&**name)).collect()
    }
}
