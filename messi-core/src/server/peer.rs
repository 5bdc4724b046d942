//! A client, as the tasks and handles of its server share it.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::Address;
use crate::mailbox::Mailbox;
use crate::transport::handshake::Certificates;

/// Identifies one connection of a client. A server never uses the same one again.
///
/// It converts into a number, for the keys of foreign tables: the first client of a server has 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub(super) u64);

impl From<ClientId> for u64 {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl Display for ClientId {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, formatter)
    }
}

/// One client.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: ClientId,
    pub(super) address: Address,
    /// Certificates that the client has shown.
    pub(super) certificates: Certificates,
    pub(super) mailbox: Arc<Mailbox>,
}
