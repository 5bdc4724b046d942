//! The task that accepts clients.
//!
//! A client goes through these steps:
//!
//! 1. The [`Acceptor`] waits while many handshakes wait for a core, and takes a connection.
//! 2. The admission limits decide whether it counts as a client. From here on it occupies a place.
//! 3. A handshake, if there is one, runs in a task of its own: other clients do not wait for it. So does the look at
//!    the first frame, if clients may have sessions: see [`opening`](super::opening).
//! 4. The client is registered, and gets broadcasts from then on, unless it must log in first; its handler is
//!    made. If that is refused, the place is free at once.
//! 5. Its task serves the connection to its end, deregisters the client, and runs the last callback. The place is
//!    free once that has returned.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use log::{debug, warn};

use super::opening::Accepted;
use super::starter::ClientStarter;
use super::{Refusal, ServerClient};
use crate::cpu_limit::CpuLimit;
use crate::tasks::{Running, Turns, unless};
use crate::transport::handshake::ServerHandshake;
use crate::transport::{BoxListener, BoxSocket};
use crate::{Address, LOG_TARGET, Protocol, Report, ServeWith};

/// The pause after the first error in a row. It doubles from error to error.
const MIN_PAUSE: Duration = Duration::from_millis(10);

/// The longest pause: a server without descriptors must accept again soon after some are free.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Clients that are accepted in a row before other tasks have their turn.
const ACCEPTS_PER_TURN: u32 = 16;

/// Accepts clients until the server is stopped.
pub(super) struct Acceptor<P: Protocol, F> {
    pub(super) listener: BoxListener,
    /// `None` if frames follow at once.
    pub(super) handshake: Option<Arc<dyn ServerHandshake>>,
    pub(super) starter: Arc<ClientStarter<P, F>>,
}

impl<P: Protocol, F> Acceptor<P, F> {
    /// Runs until the server is stopped. No error of accepting ends it: a client that has left already and a
    /// lack of descriptors are temporary.
    pub(super) async fn run<H>(self, running: Running)
    where
        H: Send + 'static,
        F: FnMut(&ServerClient<P>) -> Result<H, Refusal> + Send + 'static,
        P: ServeWith<H>,
    {
        let mut pause = MIN_PAUSE;
        let shared = self.starter.server.shared.clone();
        let cpu_limit = CpuLimit::new(shared.runtime.parallelism());
        let mut turns = Turns::new(ACCEPTS_PER_TURN);
        // While many handshakes wait for a core, further clients are left to the operating system: here, they
        // would take the places of clients.
        let accept = async || {
            cpu_limit.uncongested().await;
            self.listener.accept().await
        };
        while let Some(result) = unless(shared.closed(), accept()).await {
            match result {
                Ok((socket, address)) => {
                    pause = MIN_PAUSE;
                    self.accept(socket, address, &cpu_limit);
                    turns.step().await;
                }
                Err(error) => {
                    let server = self.starter.server.log_name();
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

    /// Accepts a client if the limits allow it. A handshake gets a task of its own.
    fn accept<H>(&self, socket: BoxSocket, address: Address, cpu_limit: &Arc<CpuLimit>)
    where
        H: Send + 'static,
        F: FnMut(&ServerClient<P>) -> Result<H, Refusal> + Send + 'static,
        P: ServeWith<H>,
    {
        let shared = &self.starter.server.shared;
        let Some(place) = self.starter.admit(&address) else {
            return self.starter.refuse(&address);
        };
        let accepted = Accepted {
            socket,
            address,
            certificates: Box::default(),
            place,
        };
        let Some(handshake) = &self.handshake else {
            if shared.sessions.is_none() {
                return self.starter.start(accepted.plain());
            }
            let task = self.starter.clone().open(accepted, shared.tasks.begin());
            return shared.runtime.spawn(task.boxed());
        };
        let handshake = PendingHandshake {
            handshake: handshake.clone(),
            cpu_limit: cpu_limit.clone(),
            running: shared.tasks.begin(),
        };
        let task = self.starter.clone().handshake(handshake, accepted);
        shared.runtime.spawn(task.boxed());
    }
}

/// A handshake that its task is going to perform.
struct PendingHandshake {
    handshake: Arc<dyn ServerHandshake>,
    /// Shared by the handshakes of a server.
    cpu_limit: Arc<CpuLimit>,
    running: Running,
}

impl<P: Protocol, F> ClientStarter<P, F> {
    /// Performs the handshake with a client, and starts the client.
    async fn handshake<H>(self: Arc<Self>, handshake: PendingHandshake, accepted: Accepted)
    where
        H: Send + 'static,
        F: FnMut(&ServerClient<P>) -> Result<H, Refusal> + Send + 'static,
        P: ServeWith<H>,
    {
        let Accepted {
            socket,
            address,
            place,
            ..
        } = accepted;
        let shared = self.server.shared.clone();
        let PendingHandshake {
            handshake,
            cpu_limit,
            running,
        } = handshake;
        let handshake = handshake.accept(&*shared.runtime, cpu_limit, socket);
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
                debug!(target: LOG_TARGET, "{}: refused {address}: {}", self.server.log_name(), Report(&error));
                shared.registry.count_failed_handshake();
                self.leave(place, &address);
            }
            None => self.leave(place, &address),
        }
        // The closure that makes handlers must be dropped before the server counts as stopped.
        drop(self);
        drop(running);
    }
}
