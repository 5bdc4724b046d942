//! The clients of a server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ClientId;
use crate::outbox::Outbox;
use crate::settings::Settings;
use crate::state::Role;

/// One connected client.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: ClientId,
    pub(super) address: SocketAddr,
    pub(super) outbox: Arc<Outbox>,
}

/// Every connected client, by the order in which they came.
#[derive(Debug)]
pub(super) struct Registry {
    max_clients: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether the server is to stop.
    closed: bool,
    /// Never used again, so that an old handle can't reach a new client.
    next_id: u64,
    peers: BTreeMap<ClientId, Arc<Peer>>,
}

impl Registry {
    pub(super) fn new(max_clients: usize) -> Self {
        Self {
            max_clients,
            state: Mutex::default(),
        }
    }

    /// Enters a client and begins its connection; `None` if there are too many already, or if the
    /// server is to stop.
    pub(super) fn enter(&self, address: SocketAddr, settings: &Settings) -> Option<Arc<Peer>> {
        let mut state = self.lock();
        if state.closed || state.peers.len() >= self.max_clients {
            return None;
        }
        state.next_id += 1;
        let id = ClientId(state.next_id);
        let outbox = Arc::new(Outbox::new(Role::Server.sent(), settings));
        let peer = Arc::new(Peer {
            id,
            address,
            outbox,
        });
        state.peers.insert(id, peer.clone());
        Some(peer)
    }

    /// Removes a client.
    pub(super) fn leave(&self, id: ClientId) {
        self.lock().peers.remove(&id);
    }

    /// Calls a function for each client. Calls from several threads do not mix, so that every
    /// client sees their effects in the same order.
    pub(super) fn for_each(&self, mut call: impl FnMut(&Arc<Peer>)) {
        self.lock().peers.values().for_each(&mut call);
    }

    /// Lets no client in any more, and asks those that are there to stop.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.peers.values().for_each(|peer| peer.outbox.stop());
    }

    /// Whether the server is to stop.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
