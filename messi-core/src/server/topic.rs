//! The handle of a topic.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use super::recipients::Recipients;
use super::{Server, ServerClient};
use crate::Protocol;
use crate::ids::ClientId;
use crate::member::Member;

/// A topic of a [`Server`]: a name under which messages are published to the clients that have
/// [joined](ServerClient::join) it, such as a room, or a thing that clients watch.
///
/// [`Server::topic`] returns it. Topics are not created: one exists while it has members.
///
/// # Examples
///
/// ```no_run
/// # use chat::*;
/// # fn example(server: &ChatServer) {
/// let room = server.topic("room/42");
/// room.publish(MessageInd { user: "server".into(), text: "The room is closed.".into() });
/// for member in room.members() {
///     println!("{} is here", member.user.as_deref().unwrap_or("someone"));
/// }
/// # }
/// ```
#[must_use = "a topic does nothing by itself"]
pub struct Topic<'a, P: Protocol> {
    server: &'a Server<P>,
    name: Arc<str>,
    except: Vec<ClientId>,
}

impl<P: Protocol> Server<P> {
    /// Returns the topic with this name, to which messages are published.
    ///
    /// Clients [join](ServerClient::join) a topic. Its name has 1 to 200 bytes. A topic with another name never has
    /// members.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer, room: u32) {
    /// let text = "The room is closed.".into();
    /// server.topic(format!("room/{room}")).publish(MessageInd { user: "server".into(), text });
    /// # }
    /// ```
    pub fn topic(&self, name: impl AsRef<str>) -> Topic<'_, P> {
        Topic {
            server: self,
            name: name.as_ref().into(),
            except: Vec::new(),
        }
    }
}

impl<P: Protocol> Topic<'_, P> {
    /// Returns the name of the topic.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Leaves a client out of publications with this handle, such as the sender of the published message. Several
    /// calls leave several clients out.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// struct Session;
    ///
    /// impl ChatServerHandler for Session {
    ///     async fn on_message_ind(&mut self, client: &ChatServerClient, message: MessageInd) {
    ///         client.server().topic("room/42").except(client).publish(message);
    ///     }
    /// }
    /// ```
    pub fn except(mut self, client: &ServerClient<P>) -> Self {
        // A client of another server is no member, and its id may be that of a member.
        let is_of_server = Arc::ptr_eq(&client.server().shared, &self.server.shared);
        if is_of_server && !self.except.contains(&client.id()) {
            self.except.push(client.id());
        }
        self
    }

    /// Sends a message to all members, each once, even to those that have not logged in. It never waits and never
    /// fails.
    ///
    /// The message is encoded once, and is a [`broadcast`](Server::broadcast) in all other respects: all members
    /// receive publications and broadcasts in the same order, and messages that are sent to a client afterwards come
    /// after them. A client that joins receives later publications. If a member can't receive the message, the others
    /// are not affected: see [`ServerClient::send`].
    ///
    /// A topic without members is no error: the message is for no one, and is not counted as lost. In a
    /// [cluster](crate::cluster), the members are those of all nodes.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// let text = "The room is closed.".into();
    /// server.topic("room/42").publish(MessageInd { user: "server".into(), text });
    /// # }
    /// ```
    pub fn publish(&self, message: impl Into<P::ServerToClient>) {
        let recipients = Recipients::Topic {
            name: self.name.clone(),
            except: self.except.clone(),
        };
        self.server.send_to_recipients(message.into(), recipients);
    }

    /// Returns the members at this moment, in the order in which they have connected, with those that
    /// [`except`](Self::except) leaves out.
    ///
    /// In a [cluster](crate::cluster), they are those of this node. If the topic has
    /// [presence](crate::cluster::Presence), those of other nodes follow, as far as they are known: a node sends its
    /// changes once a second.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// for member in server.topic("room/42").members() {
    ///     if let Some(client) = server.client(member.id) {
    ///         client.disconnect();
    ///     }
    /// }
    /// # }
    /// ```
    pub fn members(&self) -> Vec<Member> {
        self.server.shared.registry.members(&self.name)
    }

    /// Returns the number of [`members`](Self::members), without collecting them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use chat::*;
    /// # fn example(server: &ChatServer) {
    /// println!("{} are here", server.topic("room/42").member_count());
    /// # }
    /// ```
    pub fn member_count(&self) -> usize {
        self.server.shared.registry.member_count(&self.name)
    }
}

impl<P: Protocol> Clone for Topic<'_, P> {
    fn clone(&self) -> Self {
        Self {
            server: self.server,
            name: self.name.clone(),
            except: self.except.clone(),
        }
    }
}

impl<P: Protocol> Debug for Topic<'_, P> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Topic")
            .field("protocol", &P::NAME)
            .field("name", &self.name)
            .field("except", &self.except)
            .finish_non_exhaustive()
    }
}
