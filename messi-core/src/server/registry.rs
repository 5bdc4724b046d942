//! The clients of a server, and the broadcasts to all of them.
//!
//! The invariant of the order: each client receives all broadcasts in the same order, and messages that
//! are sent to it after a broadcast come after it. A client that must log in receives those that begin
//! after its login. To that end:
//!
//! 1. A broadcast is encoded into the batch under the lock, be it for all clients, for a list of them or for
//!    those of a group. All broadcasts of a batch have the same recipients: for others, it flushes the batch
//!    first. Outside of polls of this server's tasks, and once the batch is full, it then flushes the batch.
//! 2. A poll of a client's task that has broadcast flushes the batch at its end, and each send to a single
//!    client flushes it first ([`Registry::flush`]).
//! 3. A flush pushes the batch to some clients at a time, unlocks, wakes their tasks, and goes on. The
//!    batch keeps the place: whoever takes the lock meanwhile may do the rest, and must do so before it
//!    appends to the batch or changes the clients.
//! 4. All other operations that change the clients or their statistics flush the whole batch before anything
//!    else, under the same lock ([`Registry::flushed`]).
//!
//! Under the lock, frames are pushed to the mailboxes of the clients. The wakeups are collected in
//! [`Wakeups`] and run after unlocking; under the lock, the server does not log and calls no handler.

mod cluster;
mod groups;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use messi_wire::resumption::{Resume, SessionLost};
use messi_wire::session::SessionConfig;
use messi_wire::{DisconnectReason, SendError};
use prost::Message;

use super::admission::{Admission, Limits};
use super::broadcast::Broadcasts;
use super::directory::Directory;
use super::peer::Peer;
use super::poll_scope;
use super::recipients::{Reach, Recipients};
use super::sessions::Tombstones;
use crate::cluster::{ClusterNode, ClusterStats};
use crate::driver::ReceiveBudget;
use crate::ids::{ClientId, NodeId};
use crate::interrupted_sessions::InterruptedSessions;
use crate::mailbox::{Mailbox, SendBudget, Wakeups, log_not_sent};
use crate::runtime::AsyncRuntime;
use crate::stats::LateDrops;
use crate::transport::handshake::Certificates;
use crate::{Address, ServerStats, Sessions, Stats};

/// All clients of a server.
#[derive(Debug)]
pub(super) struct Registry {
    send_budget: Arc<SendBudget>,
    /// Memory for the received bytes of all clients.
    pub(super) receive_budget: Arc<ReceiveBudget>,
    /// This server, in the ids of its clients.
    node: NodeId,
    /// `None` if this server is alone.
    cluster: Option<Arc<ClusterNode>>,
    /// Sessions that wait for their clients.
    pub(super) interrupted: Arc<InterruptedSessions>,
    config: Arc<SessionConfig>,
    runtime: Arc<dyn AsyncRuntime>,
    /// Time in which a client must log in. Without a limit, clients receive broadcasts at once.
    pub(super) login_timeout: Option<Duration>,
    /// Counters of clients that are deregistered.
    late_drops: Arc<LateDrops>,
    /// Whether the batch has broadcasts, for a look without the lock.
    has_broadcasts: AtomicBool,
    /// Code under this lock does not await, wake or log, and calls no user code but the encoding of a
    /// broadcast. The locks of mailboxes are taken under it, never the other way round.
    state: Mutex<State>,
}

/// State behind the lock.
#[derive(Debug)]
struct State {
    /// Whether no more clients are registered.
    is_closed: bool,
    admission: Admission,
    /// Messages that were unsent when the registry was closed.
    unsent_before_close: u64,
    /// Number of the last [`ClientId`]. Ids are not used again: an old handle must not reach a new client.
    last_id: u64,
    /// Clients refused by the admission.
    refused: u64,
    tombstones: Tombstones,
    failed_handshakes: u64,
    /// Clients refused by the closure that makes handlers.
    refused_by_application: u64,
    /// Attempts to go on with a session without its secret or certificate.
    refused_sessions: u64,
    /// Connected clients that have not logged in, but must.
    logging_in: usize,
    /// Clients that have not logged in in time.
    login_timeouts: u64,
    /// Statistics of clients that are deregistered.
    past: Stats,
    directory: Directory,
    /// Broadcasts that no connected client has in its queue.
    broadcasts: Broadcasts,
    /// Clients with closed connections, of which the last callback is running.
    leaving: BTreeMap<ClientId, Arc<Peer>>,
}

impl State {
    /// Returns the number of connected clients that receive broadcasts.
    fn count(&self) -> usize {
        self.directory.peers.len() - self.logging_in
    }

    /// Returns the statistics of all connections, without messages to clients that are deregistered.
    fn total(&self) -> Stats {
        let mut total = self.past;
        let peers = self.directory.peers.values();
        peers.for_each(|peer| total.add(&peer.mailbox.stats()));
        total
    }
}

impl Registry {
    /// Creates a registry without clients.
    pub(super) fn new(
        limits: Limits,
        send_budget: SendBudget,
        receive_budget: ReceiveBudget,
        sessions: Option<&Sessions>,
        cluster: Option<Arc<ClusterNode>>,
        config: SessionConfig,
        runtime: Arc<dyn AsyncRuntime>,
    ) -> Self {
        let max_interrupted = sessions.map_or(0, |it| it.max_interrupted);
        let (remembered, remembered_for) = sessions.map(|it| it.remembered).unwrap_or_default();
        let state = State {
            is_closed: false,
            unsent_before_close: 0,
            admission: Admission::new(limits, runtime.now()),
            last_id: 0,
            refused: 0,
            tombstones: Tombstones::new(remembered, remembered_for),
            failed_handshakes: 0,
            refused_by_application: 0,
            refused_sessions: 0,
            logging_in: 0,
            login_timeouts: 0,
            past: Stats::default(),
            directory: Directory::new(limits.topics_per_client),
            broadcasts: Broadcasts::default(),
            leaving: BTreeMap::new(),
        };
        Self {
            send_budget: Arc::new(send_budget),
            receive_budget: Arc::new(receive_budget),
            node: cluster.as_ref().map_or_else(NodeId::default, |it| it.id()),
            cluster,
            interrupted: Arc::new(InterruptedSessions::new(max_interrupted)),
            config: Arc::new(config),
            late_drops: Arc::default(),
            login_timeout: limits.login_timeout,
            has_broadcasts: AtomicBool::new(false),
            state: Mutex::new(state),
            runtime,
        }
    }

    // --- Clients ---

    /// Reserves a place for a client from this address, if there is one, until
    /// [`release`](Self::release) or [`remove`](Self::remove).
    pub(super) fn admit(&self, address: &Address) -> bool {
        let now = self.runtime.now();
        self.lock().admission.admit(address.ip(), now)
    }

    /// Counts a client that was not admitted.
    pub(super) fn count_refused(&self) {
        self.lock().refused += 1;
    }

    /// Releases the place of a client that was admitted and is not registered.
    pub(super) fn release(&self, address: &Address) {
        self.lock().admission.release(address.ip());
    }

    /// Counts a failed handshake.
    pub(super) fn count_failed_handshake(&self) {
        self.lock().failed_handshakes += 1;
    }

    /// Registers a client that was admitted. Returns `None` if the server stops.
    pub(super) fn register(
        &self,
        address: Address,
        certificates: Certificates,
    ) -> Option<Arc<Peer>> {
        let budget = Some(self.send_budget.clone());
        let mailbox = Mailbox::new(self.config.clone(), self.runtime.clone(), budget);
        // The connection begins before other threads can see the client: a command, such as to disconnect,
        // must not be lost when it begins.
        mailbox.attach();
        self.flushed(|state| {
            // The server may have begun to stop since the client was accepted.
            if state.is_closed {
                state.admission.release(address.ip());
                return None;
            }
            state.last_id += 1;
            let id = ClientId::new(self.node, state.last_id);
            let peer = Arc::new(Peer {
                id,
                address,
                certificates,
                mailbox,
                needs_login: self.login_timeout.is_some(),
                user: OnceLock::new(),
            });
            state.logging_in += usize::from(peer.needs_login);
            state.directory.peers.insert(id, peer.clone());
            Some(peer)
        })
    }

    /// Finds the client of the session that this one wants to go on with. Otherwise returns why it can't, and how many
    /// of its messages were received in that session.
    pub(super) fn find_session(
        &self,
        resume: &Resume,
        certificate: Option<&Vec<u8>>,
    ) -> Result<Arc<Peer>, (SessionLost, Option<u64>)> {
        let id = ClientId::new(self.node, resume.token.id);
        let mut state = self.lock();
        match state.directory.peers.get(&id) {
            Some(peer) if peer.accepts(resume, certificate) => Ok(peer.clone()),
            Some(_) => {
                state.refused_sessions += 1;
                Err((SessionLost::Refused, None))
            }
            // The answer needs no secret: it only shows how many messages there were.
            None => Err(match state.tombstones.find(id) {
                Some((why, received)) => (why, Some(received)),
                None => (SessionLost::Expired, None),
            }),
        }
    }

    /// Remembers how a session has ended.
    pub(super) fn remember_session(&self, id: ClientId, why: SessionLost, received: u64) {
        let now = self.runtime.now();
        self.lock().tombstones.remember(id, why, received, now);
    }

    /// Deregisters a client with a closed connection. Its task can still be asked to end.
    pub(super) fn deregister(&self, id: ClientId) {
        self.flushed(|state| {
            if let Some((peer, topics)) = state.directory.remove(id) {
                for topic in &topics {
                    self.release_topic(topic, id, state);
                }
                if let Some(user) = peer.user.get() {
                    self.release_user(user, state);
                }
                state.logging_in -= usize::from(!peer.receives_broadcasts());
                state
                    .past
                    .add_past(&peer.mailbox.deregister(&self.late_drops));
                // A stop still reaches its last callback.
                state.leaving.insert(id, peer);
            }
        });
    }

    /// Counts a client that the closure that makes handlers has refused.
    pub(super) fn count_refusal(&self) {
        self.lock().refused_by_application += 1;
    }

    /// Logs a client in: it receives broadcasts from now on. Returns `false` if its connection has ended.
    pub(super) fn log_in(&self, peer: &Arc<Peer>, user: &str) -> bool {
        self.flushed_with(|state, wakeups| {
            let is_connected = state.directory.is_connected(peer);
            // Set under the lock, after the flush: a batch reaches a client as a whole or not at all.
            if is_connected && state.directory.log_in(user, peer) {
                state.logging_in -= usize::from(peer.needs_login);
                self.subscribe_user(peer, user, state, wakeups);
            }
            is_connected
        })
    }

    /// Disconnects a client that has not logged in.
    pub(super) fn expire_login(&self, peer: &Peer) {
        Wakeups::collect(|wakeups| {
            // In one step: a login that succeeds is never followed by this end. Not flushed, as the client stays
            // in the registry.
            let mut state = self.lock();
            if !peer.receives_broadcasts() && peer.mailbox.has_session() {
                state.login_timeouts += 1;
                let reason = DisconnectReason::LoginTimeout;
                peer.mailbox.close_with(reason, wakeups);
            }
        });
    }

    /// Removes a client that is deregistered, and releases its place.
    pub(super) fn remove(&self, id: ClientId) {
        let mut state = self.lock();
        let removed = state.leaving.remove(&id);
        if let Some(peer) = &removed {
            state.admission.release(peer.address.ip());
        }
        // The client is dropped after unlocking: its mailbox may wake tasks.
        drop(state);
    }

    /// Returns the connected clients, in the order in which they came.
    pub(super) fn peers(&self) -> Vec<Arc<Peer>> {
        self.flushed(|state| state.directory.peers.values().cloned().collect())
    }

    /// Returns a connected client.
    pub(super) fn peer(&self, id: ClientId) -> Option<Arc<Peer>> {
        // Not flushed: each operation of the handle begins with that.
        self.lock().directory.peers.get(&id).cloned()
    }

    /// Returns the number of connected clients that receive broadcasts.
    pub(super) fn count(&self) -> usize {
        self.lock().count()
    }

    /// Returns all clients with running tasks.
    pub(super) fn tasks(&self) -> Vec<Arc<Peer>> {
        // A stop accepts no more messages: broadcasts until now must be in the queues before it.
        self.flushed(|state| {
            let peers = state.directory.peers.values().chain(state.leaving.values());
            peers.cloned().collect()
        })
    }

    /// Registers no more clients.
    pub(super) fn close(&self) {
        self.flushed(|state| {
            // Only once: a second stop must not forget the losses since the first.
            if !state.is_closed {
                state.is_closed = true;
                state.unsent_before_close = state.total().dropped.unsent;
            }
        });
    }

    /// Returns how many messages were not written since the registry was closed.
    pub(super) fn unsent_since_close(&self) -> u64 {
        self.flushed(|state| state.total().dropped.unsent - state.unsent_before_close)
    }

    /// Returns whether no more clients are registered.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Returns the statistics of the server.
    pub(super) fn stats(&self) -> ServerStats {
        self.flushed(|state| {
            let mut total = state.total();
            let late = self.late_drops.get();
            total.dropped.add(&late.dropped);
            total.requests.late += late.responses;
            ServerStats {
                clients: state.count(),
                logging_in: state.logging_in,
                interrupted: self.interrupted.count(),
                refused: state.refused,
                refused_by_application: state.refused_by_application,
                refused_sessions: state.refused_sessions,
                failed_handshakes: state.failed_handshakes,
                login_timeouts: state.login_timeouts,
                cluster: self
                    .cluster
                    .as_ref()
                    .map_or_else(ClusterStats::default, |it| it.stats()),
                total,
            }
        })
    }

    // --- Broadcasts ---

    /// Sends a message to these clients. `member` is the field number of its request or response.
    pub(super) fn broadcast(
        &self,
        message: &impl Message,
        member: Option<u32>,
        recipients: Recipients,
    ) {
        self.append(message, member, recipients, Reach::Cluster);
        self.flush_later();
    }

    /// Sends a message to all clients of this server alone.
    pub(super) fn broadcast_locally(&self, message: &impl Message, member: Option<u32>) {
        self.append(
            message,
            member,
            Recipients::All { except: None },
            Reach::Node,
        );
        self.flush_later();
    }

    /// Sends messages, each with the field number of its request or response, to all clients.
    pub(super) fn broadcast_all<M: Message>(
        &self,
        messages: impl Iterator<Item = (M, Option<u32>)>,
    ) {
        // Foreign code makes the messages. Those that it has made before a panic are sent.
        let _flush = FlushOnDrop(self);
        for (message, member) in messages {
            let recipients = Recipients::All { except: None };
            self.append(&message, member, recipients, Reach::Cluster);
        }
    }

    /// Appends a message to the batch. A batch that is full is flushed.
    fn append(
        &self,
        message: &impl Message,
        member: Option<u32>,
        mut recipients: Recipients,
        reach: Reach,
    ) {
        // Before the lock: the size is computed by code of the message.
        let (size, limit) = (message.encoded_len(), self.config.limits.max_sent_size);
        if size > limit {
            let error = SendError::MessageTooBig { size, limit };
            return self.drop_broadcast(message, error, &recipients);
        }
        let mut absent = 0;
        let result = Wakeups::collect(|wakeups| {
            let mut state = self.lock();
            self.publish_to_clients(&mut state, message, size, &mut recipients, wakeups)?;
            // Published, they may be clients of other nodes.
            if !self.publishes(&recipients, reach) {
                // Under the same lock as the rest: no client leaves before the batch is flushed.
                absent = recipients.retain_connected(&state.directory);
                if recipients.is_empty(&state.directory) {
                    return Ok(false);
                }
            }
            if !state.broadcasts.accepts(&recipients, reach) {
                self.flush_locked(&mut state, wakeups);
            }
            let broadcasts = &mut state.broadcasts;
            broadcasts.push(message, size, member, &recipients, reach)?;
            self.handle_appended();
            Ok(state.broadcasts.is_full())
        });
        // After unlocking: this logs.
        if absent > 0 {
            self.drop_for_absent(message, member, absent);
        }
        match result {
            Err(error) => self.drop_broadcast(message, error, &recipients),
            // A full batch must not grow.
            Ok(true) => self.flush(),
            Ok(false) => {}
        }
    }

    /// Records that the batch is not empty, under the lock.
    fn handle_appended(&self) {
        // Whoever sends to one client after this sees it, and flushes first.
        self.has_broadcasts.store(true, Ordering::Release);
    }

    /// Flushes the batch at the end of this poll, or at once outside of polls, where there is no later flush. A
    /// send to a single client flushes it before that.
    fn flush_later(&self) {
        if !poll_scope::defer_flush(self.scope_id()) {
            self.flush();
        }
    }

    /// Counts and logs a broadcast that no recipient receives.
    #[cold]
    fn drop_broadcast(&self, message: &impl Message, error: SendError, recipients: &Recipients) {
        log_not_sent(&self.config, message, error);
        // Without the lock: a client that leaves before it is counted here counts in `late_drops`.
        for peer in self.flushed(|state| recipients.peers(&state.directory)) {
            peer.mailbox.count_dropped(error);
        }
    }

    /// Counts and logs a message to this number of clients that have left.
    #[cold]
    fn drop_for_absent(&self, message: &impl Message, member: Option<u32>, clients: usize) {
        let error = SendError::NotConnected;
        let is_response = self.config.kinds.is_response(member);
        for _ in 0..clients {
            log_not_sent(&self.config, message, error);
            self.late_drops.count(error, is_response);
        }
    }

    /// Flushes the batch, so that messages sent from now on come after all broadcasts.
    ///
    /// It does so in steps, and unlocks and wakes after each one.
    #[inline]
    pub(super) fn flush(&self) {
        // A broadcast that returned before this call is seen: it has set the flag under the lock.
        if self.has_broadcasts.load(Ordering::Acquire) {
            self.flush_in_steps();
        }
    }

    fn flush_in_steps(&self) {
        // Each step has wakeups of its own: its clients are woken before the next ones get the batch.
        let mut number = None;
        while !Wakeups::collect(|wakeups| self.flush_step(&mut number, wakeups)) {}
    }

    /// Flushes the next step of the batch with this number. Returns whether no step is left.
    fn flush_step(&self, number: &mut Option<u64>, wakeups: &mut Wakeups) -> bool {
        let mut state = self.lock();
        let State {
            broadcasts,
            directory,
            ..
        } = &mut *state;
        // Between two steps, another thread may have done the rest. The next batch is left to the
        // threads that append to it: they could keep this thread here for ever.
        if *number.get_or_insert(broadcasts.number()) != broadcasts.number() {
            return true;
        }
        self.publish_batch(broadcasts, wakeups);
        let is_done = broadcasts.flush_step(directory, wakeups);
        if is_done {
            self.has_broadcasts.store(false, Ordering::Release);
        }
        is_done
    }

    /// Returns the id of the poll scopes in which broadcasts are batched.
    pub(super) fn scope_id(&self) -> usize {
        // No other registry has this address while this one lives.
        std::ptr::from_ref(self).addr()
    }

    /// Flushes the batch, then reads or changes the state.
    fn flushed<T>(&self, access: impl FnOnce(&mut State) -> T) -> T {
        self.flushed_with(|state, _| access(state))
    }

    /// Flushes the batch, then reads or changes the state. The wakeups are collected.
    fn flushed_with<T>(&self, access: impl FnOnce(&mut State, &mut Wakeups) -> T) -> T {
        Wakeups::collect(|wakeups| {
            let mut state = self.lock();
            // A client that comes or goes between the two would get a part of the batch, or lose it.
            self.flush_locked(&mut state, wakeups);
            access(&mut state, wakeups)
        })
    }

    fn flush_locked(&self, state: &mut State, wakeups: &mut Wakeups) {
        self.publish_batch(&mut state.broadcasts, wakeups);
        state.broadcasts.flush(&state.directory, wakeups);
        // Under the lock: a broadcast that follows sets it again.
        self.has_broadcasts.store(false, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A message that panics while it is encoded leaves the batch unchanged.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Flushes the broadcasts when it is dropped.
struct FlushOnDrop<'a>(&'a Registry);

impl Drop for FlushOnDrop<'_> {
    fn drop(&mut self) {
        self.0.flush_later();
    }
}
