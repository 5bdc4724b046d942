//! The ids of servers and of their clients.

use std::fmt::{self, Display, Formatter};

/// Identifies a server of a cluster: a random number, new with each start. It is shown with 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u64);

impl Display for NodeId {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// Identifies one connection of a client. A server never uses the same one again, nor does another one of its
/// [cluster](crate::cluster).
///
/// It converts into a number, for the keys of foreign tables: the first client of a server has 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId {
    /// The server, within a cluster.
    pub(crate) node: NodeId,
    pub(crate) number: u64,
}

impl ClientId {
    pub(crate) fn new(node: NodeId, number: u64) -> Self {
        Self { node, number }
    }

    /// Returns the server that the client is connected to, within a [cluster](crate::cluster).
    pub fn node(self) -> NodeId {
        self.node
    }
}

impl From<ClientId> for u64 {
    fn from(id: ClientId) -> Self {
        id.number
    }
}

impl Display for ClientId {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.number, formatter)
    }
}
