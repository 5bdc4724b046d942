//! The clients of a server.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use prost::Message;

use super::ClientId;
use super::admission::{Admission, Limits};
use super::broadcasts::Broadcasts;
use super::turn::is_in_turn;
use crate::outbox::{Budget, Kinds, Outbox, report_wrong_size};
use crate::runtime::AsyncRuntime;
use crate::settings::Settings;
use crate::state::Role;
use crate::transport::handshake::Certificates;
use crate::{Address, SendError, ServerStats, Stats};

/// One connected client.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: ClientId,
    pub(super) address: Address,
    /// What it has shown of itself, in DER.
    pub(super) certificates: Certificates,
    pub(super) outbox: Arc<Outbox>,
}

/// Every connected client, by the order in which they came.
#[derive(Debug)]
pub(super) struct Registry {
    budget: Arc<Budget>,
    /// The memory for what is received.
    pub(super) received: Arc<Budget>,
    settings: Arc<Settings>,
    kinds: Kinds,
    runtime: Arc<dyn AsyncRuntime>,
    /// Whether there are broadcasts in `State`, for a look without the lock.
    has_broadcasts: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Whether no client is let in any more.
    closed: bool,
    admission: Admission,
    /// Never used again, so that an old handle can't reach a new client.
    next_id: u64,
    /// Clients that were turned away.
    refused: u64,
    /// Those that were not, but with which there was no TLS.
    failed_handshakes: u64,
    /// What happened on the connections of clients that have left.
    past: Stats,
    peers: BTreeMap<ClientId, Arc<Peer>>,
    /// What all of them are still to get.
    broadcasts: Broadcasts,
    /// Those whose connections are closed, but whose last callback runs.
    leaving: BTreeMap<ClientId, Arc<Peer>>,
}

impl State {
    fn new(limits: Limits, now: Instant) -> Self {
        Self {
            closed: false,
            admission: Admission::new(limits, now),
            next_id: 0,
            refused: 0,
            failed_handshakes: 0,
            past: Stats::default(),
            peers: BTreeMap::new(),
            broadcasts: Broadcasts::default(),
            leaving: BTreeMap::new(),
        }
    }
}

impl Registry {
    pub(super) fn new(
        limits: Limits,
        budget: Budget,
        received: Budget,
        settings: Arc<Settings>,
        kinds: Kinds,
        runtime: Arc<dyn AsyncRuntime>,
    ) -> Self {
        Self {
            budget: Arc::new(budget),
            received: Arc::new(received),
            settings,
            kinds,
            has_broadcasts: AtomicBool::new(false),
            state: Mutex::new(State::new(limits, runtime.now())),
            runtime,
        }
    }

    /// Whether there is room for a client from this address. It is then kept until it is
    /// [`release`](Self::release)d, or [`forget`](Self::forget) is called for who has entered.
    pub(super) fn admit(&self, address: &Address) -> bool {
        let mut state = self.lock();
        let is_admitted = state.admission.admit(address.ip(), self.runtime.now());
        if !is_admitted {
            state.refused += 1;
        }
        is_admitted
    }

    /// Makes room again, where a client was admitted that does not enter.
    pub(super) fn release(&self, address: &Address) {
        self.lock().admission.release(address.ip());
    }

    /// Makes room again, where there was no TLS with a client.
    pub(super) fn fail_handshake(&self, address: &Address) {
        let mut state = self.lock();
        state.failed_handshakes += 1;
        state.admission.release(address.ip());
    }

    /// Enters a client that was admitted, and returns it with the number of its connection; `None` if
    /// the server is to stop.
    pub(super) fn enter(
        &self,
        address: Address,
        certificates: Certificates,
    ) -> Option<(Arc<Peer>, u64)> {
        // Begun before any other thread can see it: what others ask of it, such as to disconnect, must
        // not be forgotten when it begins.
        let outbox = Arc::new(self.outbox());
        self.budget.join(&outbox);
        let connection = outbox.begin();
        let mut state = self.lock_settled();
        if state.closed {
            state.admission.release(address.ip());
            return None;
        }
        state.next_id += 1;
        let id = ClientId(state.next_id);
        let peer = Arc::new(Peer {
            id,
            address,
            certificates,
            outbox,
        });
        state.peers.insert(id, peer.clone());
        Some((peer, connection))
    }

    fn outbox(&self) -> Outbox {
        Outbox::new(
            Role::Server,
            self.kinds,
            self.settings.clone(),
            self.runtime.clone(),
        )
        .sharing(&self.budget)
    }

    /// Takes a client from those that are connected. It can still be told to stop.
    pub(super) fn leave(&self, id: ClientId) {
        let mut state = self.lock_settled();
        if let Some(peer) = state.peers.remove(&id) {
            state.past.add(&peer.outbox.stats());
            state.leaving.insert(id, peer);
        }
    }

    /// Forgets a client that has left.
    pub(super) fn forget(&self, id: ClientId) {
        let mut state = self.lock();
        if let Some(peer) = state.leaving.remove(&id) {
            state.admission.release(peer.address.ip());
        }
    }

    /// Sends a message to every client: in a turn of one of them at the latest at its end, else at
    /// once.
    pub(super) fn broadcast(&self, message: &impl Message) {
        let (size, limit) = (message.encoded_len(), self.settings.max_sent_size);
        if size > limit {
            return self.count_dropped(SendError::MessageTooBig { size, limit });
        }
        let mut state = self.lock();
        if let Err(error) = state.broadcasts.push(message, size) {
            drop(state);
            return self.count_dropped(error);
        }
        if is_in_turn(self) && !state.broadcasts.is_enough() {
            self.has_broadcasts.store(true, Ordering::Release);
        } else {
            self.give_out(&mut state);
        }
    }

    /// Counts a broadcast that no client gets.
    #[cold]
    fn count_dropped(&self, error: SendError) {
        report_wrong_size(error);
        self.for_each(|peer| peer.outbox.count_dropped(error));
    }

    /// Lets what follows come after all broadcasts.
    pub(super) fn settle(&self) {
        if self.has_broadcasts.load(Ordering::Acquire) {
            drop(self.lock_settled());
        }
    }

    /// Calls a function for each client. Calls from several threads do not mix, so that every
    /// client sees their effects in the same order.
    pub(super) fn for_each(&self, mut call: impl FnMut(&Arc<Peer>)) {
        self.lock_settled().peers.values().for_each(&mut call);
    }

    /// Calls a function for each client whose task runs, be it connected or not.
    pub(super) fn for_each_task(&self, call: impl FnMut(&Arc<Peer>)) {
        let state = self.lock_settled();
        state
            .peers
            .values()
            .chain(state.leaving.values())
            .for_each(call);
    }

    /// Lets no client in any more.
    pub(super) fn close(&self) {
        self.lock_settled().closed = true;
    }

    /// Whether no client is let in any more.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// The clients that are connected at this moment.
    pub(super) fn peers(&self) -> Vec<Arc<Peer>> {
        self.lock_settled().peers.values().cloned().collect()
    }

    /// What has happened so far.
    pub(super) fn stats(&self) -> ServerStats {
        let state = self.lock_settled();
        let mut total = state.past;
        let peers = state.peers.values();
        peers.for_each(|peer| total.add(&peer.outbox.stats()));
        ServerStats {
            clients: state.peers.len(),
            refused: state.refused,
            failed_handshakes: state.failed_handshakes,
            total,
        }
    }

    /// The state, when there are no broadcasts that some of the clients have and others have not.
    fn lock_settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        self.give_out(&mut state);
        state
    }

    fn give_out(&self, state: &mut State) {
        if !state.broadcasts.is_empty() {
            state.broadcasts.give_out(state.peers.values());
        }
        self.has_broadcasts.store(false, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::Runtime;

    fn registry() -> Registry {
        let settings = Arc::new(Settings::default());
        let runtime = Runtime::default().0;
        Registry::new(
            Limits::default(),
            Budget::new(1 << 20),
            Budget::of_received(1 << 20),
            settings,
            Kinds::default(),
            runtime,
        )
    }

    #[test]
    fn a_client_that_can_be_seen_can_be_asked_to_leave() {
        const CLIENTS: usize = 20_000;
        let registry = registry();
        let address = || Address::from(([127, 0, 0, 1], 1));
        thread::scope(|scope| {
            let entering = scope.spawn(|| {
                for _ in 0..CLIENTS {
                    assert!(registry.admit(&address()));
                    let (peer, _) = registry.enter(address(), Box::default()).unwrap();
                    registry.leave(peer.id);
                    registry.forget(peer.id);
                }
            });
            while !entering.is_finished() {
                registry.for_each(|peer| assert!(peer.outbox.is_connected()));
            }
        });
    }
}
