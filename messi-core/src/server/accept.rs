//! The task that accepts clients.
//!
//! A client goes through these steps:
//!
//! 1. The [`Acceptor`] waits while many handshakes wait for a core, and takes a connection. If a proxy has made it, its
//!    header is read first: see [`proxied`](super::proxied).
//! 2. The admission limits decide whether it counts as a client. From here on it occupies a place.
//! 3. A handshake, if there is one, runs in a task of its own: other clients do not wait for it. So does the look at
//!    the first frame, if clients may have sessions: see [`opening`](super::opening).
//! 4. The client is registered, and gets broadcasts from then on, unless it must log in first; its handler is
//!    made. If that is refused, the place is free at once.
//! 5. Its task serves the connection to its end, deregisters the client, and runs the last callback. The place is
//!    free once that has returned.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, FutureExt};
use log::{debug, warn};

use super::opening::Accepted;
use super::proxied::Proxies;
use super::starter::ClientStarter;
use crate::tasks::{Running, Turns, unless};
use crate::transport::handshake::ServerHandshake;
use crate::transport::{BoxListener, BoxSocket};
use crate::{Address, LOG_TARGET, Report};

/// The pause after the first error in a row. It doubles from error to error.
const MIN_PAUSE: Duration = Duration::from_millis(10);

/// The longest pause: a server without descriptors must accept again soon after some are free.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Clients that are accepted in a row before other tasks have their turn.
const ACCEPTS_PER_TURN: u32 = 16;

/// Accepts clients until the server is stopped.
pub(super) struct Acceptor {
    pub(super) listener: BoxListener,
    /// `None` if clients connect without a proxy.
    pub(super) proxies: Option<Arc<Proxies>>,
    pub(super) starter: Arc<ClientStarter>,
}

/// A connection that is not admitted yet.
pub(super) struct Incoming {
    pub(super) socket: BoxSocket,
    pub(super) address: Address,
    /// The time at which it was accepted.
    pub(super) since: Instant,
}

impl Acceptor {
    /// Returns the task, which runs until the server is stopped.
    pub(super) fn task(self, running: Running) -> BoxFuture<'static, ()> {
        self.run(running).boxed()
    }

    /// Runs until the server is stopped. No error of accepting ends it: a client that has left already and a
    /// lack of descriptors are temporary.
    async fn run(self, running: Running) {
        let mut pause = MIN_PAUSE;
        let shared = self.starter.shared.clone();
        let mut turns = Turns::new(ACCEPTS_PER_TURN);
        while let Some(result) = unless(shared.closed(), self.next()).await {
            match result {
                Ok((socket, address)) => {
                    pause = MIN_PAUSE;
                    self.accept(Incoming {
                        socket,
                        address,
                        since: shared.runtime.now(),
                    });
                    turns.step().await;
                }
                Err(error) => {
                    let server = shared.log_name();
                    warn!(target: LOG_TARGET, "{server}: can't accept a client, trying again in {pause:?}: {}", Report(&error));
                    unless(shared.closed(), shared.runtime.sleep(pause)).await;
                    pause = MAX_PAUSE.min(pause * 2);
                }
            }
        }
        // The port must be free before the server counts as stopped.
        drop(self);
        drop(running);
    }

    /// Waits for the next connection.
    ///
    /// While many handshakes wait for a core, or many headers are read, further clients are left to the operating
    /// system: here, they would take the places of clients, or memory without a place.
    async fn next(&self) -> io::Result<(BoxSocket, Address)> {
        self.starter.cpu_limit.uncongested().await;
        if let Some(proxies) = &self.proxies {
            proxies.uncongested().await;
        }
        self.listener.accept().await
    }

    /// Accepts a client, or a proxy of which a header must be read first.
    fn accept(&self, incoming: Incoming) {
        match &self.proxies {
            None => self.starter.accept(incoming),
            Some(proxies) => self.starter.accept_from_proxy(proxies, incoming),
        }
    }
}

impl ClientStarter {
    /// Accepts a client if the limits allow it. A handshake gets a task of its own.
    pub(super) fn accept(self: &Arc<Self>, incoming: Incoming) {
        let Incoming {
            socket,
            address,
            since,
        } = incoming;
        let shared = &self.shared;
        let Some(place) = self.admit(&address) else {
            return self.refuse(&address);
        };
        let accepted = Accepted {
            socket,
            address,
            certificates: Box::default(),
            place,
        };
        if let Some(handshake) = &self.handshake {
            let running = shared.tasks.begin();
            let task = self.clone();
            let task = task.handshake(handshake.clone(), since, accepted, running);
            return shared.runtime.spawn(task.boxed());
        }
        if shared.sessions.is_none() {
            return self.start(accepted.plain());
        }
        let task = self.clone().open(accepted, shared.tasks.begin());
        shared.runtime.spawn(task.boxed());
    }

    /// Performs the handshake with a client that was accepted at the time `since`, and starts the client.
    async fn handshake(
        self: Arc<Self>,
        handshake: Arc<dyn ServerHandshake>,
        since: Instant,
        accepted: Accepted,
        running: Running,
    ) {
        let Accepted {
            socket,
            address,
            place,
            ..
        } = accepted;
        let shared = self.shared.clone();
        let spent = shared.runtime.now().saturating_duration_since(since);
        let handshake = handshake.accept(&*shared.runtime, self.cpu_limit.clone(), spent, socket);
        match unless(shared.closed(), handshake).await {
            Some(Ok((socket, certificates))) => {
                let accepted = Accepted {
                    socket,
                    address,
                    certificates,
                    place,
                };
                if shared.sessions.is_some() {
                    return self.open(accepted, running).await;
                }
                self.start(accepted.plain());
            }
            Some(Err(error)) => {
                self.fail(&address, &error);
                self.leave(place, &address);
            }
            None => self.leave(place, &address),
        }
        // The closure that makes handlers must be dropped before the server counts as stopped.
        drop(self);
        drop(running);
    }

    /// Logs and counts a refused peer: a failed handshake, or a connection without the header of a trusted proxy.
    pub(super) fn fail(&self, address: &Address, error: &dyn Error) {
        debug!(target: LOG_TARGET, "{}: refused {address}: {}", self.shared.log_name(), Report(error));
        self.shared.registry.count_failed_handshake();
    }
}
