//! A client, as the tasks and handles of its server share it.

use std::fmt::{self, Display, Formatter};
use std::sync::{Arc, OnceLock};

use crate::Address;
use crate::ids::ClientId;
use crate::mailbox::Mailbox;
use crate::member::Member;
use crate::transport::handshake::Certificates;

/// One client.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: ClientId,
    pub(super) address: Address,
    /// Certificates that the client has shown.
    pub(super) certificates: Certificates,
    pub(super) mailbox: Arc<Mailbox>,
    /// Whether the client receives no broadcasts before it has logged in.
    pub(super) needs_login: bool,
    /// The user that the client has logged in as, shared by all clients of the user. Set under the lock of the
    /// registry, which finds the client by it.
    pub(super) user: OnceLock<Arc<str>>,
}

impl Peer {
    /// Returns whether broadcasts are for this client.
    #[inline]
    pub(super) fn receives_broadcasts(&self) -> bool {
        !self.needs_login || self.user.get().is_some()
    }

    /// Returns the client as a member of a topic.
    pub(super) fn member(&self) -> Member {
        Member {
            id: self.id,
            user: self.user.get().cloned(),
        }
    }
}

/// Shows the client in log lines, with its user if it has logged in.
impl Display for Peer {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "client {}", self.id)?;
        match self.user.get() {
            // Quoted: a user with a line break must not look like another line.
            Some(user) => write!(formatter, " ({user:?})"),
            None => Ok(()),
        }
    }
}
