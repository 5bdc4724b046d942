//! Starting the tasks of clients.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, select};
use log::{debug, error};
use messi_wire::Ending;

use super::peer::Peer;
use super::refusal::say_refused;
use super::{Refusal, SharedServer};
use crate::cpu_limit::CpuLimit;
use crate::handover::{Begin, Opened};
use crate::tasks::unless;
use crate::transport::handshake::{Certificates, ServerHandshake};
use crate::{Address, DisconnectReason, LOG_TARGET, Report};

/// A connection with a known begin.
pub(super) struct Begun {
    pub(super) opened: Opened,
    pub(super) address: Address,
    pub(super) certificates: Certificates,
}

/// Makes the handlers and the tasks of clients. All else about accepting them does not depend on the handler.
pub(super) trait MakeTask: Send + Sync {
    /// Makes a handler for a client, and the task that serves the client with it.
    fn make_task(&self, peer: &Arc<Peer>, opened: Opened) -> MadeTask;
}

/// The task of a client, if it has got a handler.
pub(super) enum MadeTask {
    Serve(BoxFuture<'static, ()>),
    /// The program has refused the client.
    Refused(Refusal, Opened),
    /// The closure that makes handlers has panicked.
    Panicked,
}

/// Registers accepted clients, and starts their tasks.
pub(super) struct ClientStarter {
    pub(super) shared: Arc<SharedServer>,
    /// Connections without a place that may go on with a session.
    pub(super) waiting_without_place: AtomicUsize,
    /// `None` if frames follow at once.
    pub(super) handshake: Option<Arc<dyn ServerHandshake>>,
    /// Shared by the handshakes of a server.
    pub(super) cpu_limit: Arc<CpuLimit>,
    pub(super) service: Box<dyn MakeTask>,
}

impl ClientStarter {
    /// Registers an accepted client, and starts its task.
    pub(super) fn start(&self, begun: Begun) {
        let Begun {
            opened,
            address,
            certificates,
        } = begun;
        let shared = &self.shared;
        let Some(peer) = shared.registry.register(address, certificates) else {
            return;
        };
        let Some(opened) = self.grant(&peer, opened) else {
            return self.turn_away(&peer, &DisconnectReason::Disconnected);
        };
        let task = match self.service.make_task(&peer, opened) {
            MadeTask::Serve(task) => task,
            MadeTask::Refused(refusal, opened) => {
                debug!(target: LOG_TARGET, "{}: refused {}: {refusal}", shared.log_name(), peer.address);
                shared.registry.count_refusal();
                return self.refuse_by_application(&peer, opened, refusal);
            }
            MadeTask::Panicked => {
                error!(target: LOG_TARGET, "{}: making a handler for {} panicked", shared.log_name(), peer.address);
                return self.turn_away(&peer, &DisconnectReason::HandlerPanicked);
            }
        };
        debug!(target: LOG_TARGET, "{}: {peer} connected from {}", shared.log_name(), peer.address);
        let task = match shared.registry.login_timeout {
            None => task,
            Some(limit) => select(task, self.watch_login(peer, limit))
                .map(drop)
                .boxed(),
        };
        shared.runtime.spawn(task);
    }

    /// Ends a client that the program has refused. One that knows sessions is informed.
    fn refuse_by_application(&self, peer: &Peer, opened: Opened, refusal: Refusal) {
        if !opened.begin.knows_sessions() {
            return self.turn_away(peer, &DisconnectReason::Disconnected);
        }
        self.deregister(peer, &DisconnectReason::Disconnected);
        let (id, shared) = (peer.id, self.shared.clone());
        let running = shared.tasks.begin();
        let task = async move {
            let said = say_refused(&*shared.runtime, opened.socket, refusal.into_bye());
            unless(shared.closed(), said).await;
            // Only now, so that there are no more such sockets than places.
            shared.registry.remove(id);
            drop(running);
        };
        self.shared.runtime.spawn(task.boxed());
    }

    /// Ends a client that has got no handler. Its place is free at once.
    fn turn_away(&self, peer: &Peer, reason: &DisconnectReason) {
        self.deregister(peer, reason);
        self.shared.registry.remove(peer.id);
    }

    fn deregister(&self, peer: &Peer, reason: &DisconnectReason) {
        // Whoever waits with a kept handle must learn of the end.
        peer.mailbox.seal();
        peer.mailbox.detach(reason, Ending::default());
        self.shared.registry.deregister(peer.id);
    }

    /// Disconnects a client that has not logged in within the limit. The future has no end.
    fn watch_login(&self, peer: Arc<Peer>, limit: Duration) -> BoxFuture<'static, ()> {
        let shared = self.shared.clone();
        async move {
            shared.runtime.sleep(limit).await;
            shared.registry.expire_login(&peer);
            pending().await
        }
        .boxed()
    }

    /// Grants the client a session, if it has asked for one. Returns `None` if the operating system has no random numbers
    /// for its secret.
    pub(super) fn grant(&self, peer: &Peer, opened: Opened) -> Option<Opened> {
        let Begin::Grant { lost } = opened.begin else {
            return Some(opened);
        };
        let sessions = self.shared.sessions.as_ref()?;
        match sessions.grant(peer.id) {
            Ok(grant) => {
                peer.mailbox.set_token(grant.token.clone());
                let begin = Begin::Granted { grant, lost };
                Some(Opened { begin, ..opened })
            }
            Err(error) => {
                error!(target: LOG_TARGET, "{}: no session for {}: {}", self.shared.log_name(), peer.address, Report(&error));
                None
            }
        }
    }
}
