//! The members of topics, on this server and on others of its cluster.

use std::sync::Arc;

use crate::ids::ClientId;

/// The largest name of a topic, in bytes.
pub(crate) const MAX_TOPIC_NAME: usize = 200;

/// A member of a [`Topic`](crate::Topic). [`Topic::members`](crate::Topic::members) returns them.
///
/// [`Server::client`](crate::Server::client) returns the handle of the client with this id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// The id of the client.
    pub id: ClientId,
    /// The user that the client was [logged in](crate::ServerClient::log_in) as, if it was.
    pub user: Option<Arc<str>>,
}
