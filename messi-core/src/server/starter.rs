//! Starting the tasks of clients.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, select};
use log::{debug, error};
use messi_wire::Ending;

use super::peer::Peer;
use super::poll_scope::Scoped;
use super::refusal::say_refused;
use super::serve::serve;
use super::{Refusal, Server, ServerClient};
use crate::connection_span::ConnectionSpan;
use crate::cpu_limit::CpuLimit;
use crate::driver::Driver;
use crate::handover::{Begin, Opened};
use crate::tasks::unless;
use crate::transport::handshake::{Certificates, ServerHandshake};
use crate::{Address, DisconnectReason, LOG_TARGET, Protocol, Report, ServeWith};

/// A connection whose begin is known.
pub(super) struct Begun {
    pub(super) opened: Opened,
    pub(super) address: Address,
    pub(super) certificates: Certificates,
}

/// Registers accepted clients, and starts their tasks.
pub(super) struct ClientStarter<P: Protocol, F> {
    pub(super) server: Server<P>,
    /// Connections without a place that may go on with a session.
    pub(super) waiting_without_place: AtomicUsize,
    /// `None` if frames follow at once.
    pub(super) handshake: Option<Arc<dyn ServerHandshake>>,
    /// Shared by the handshakes of a server.
    pub(super) cpu_limit: Arc<CpuLimit>,
    /// Clients are started from several threads.
    pub(super) make_handler: Mutex<F>,
}

impl<P: Protocol, F> ClientStarter<P, F> {
    /// Registers an accepted client, and starts its task.
    pub(super) fn start<H>(&self, begun: Begun)
    where
        H: Send + 'static,
        F: FnMut(&ServerClient<P>) -> Result<H, Refusal>,
        P: ServeWith<H>,
    {
        let Begun {
            opened,
            address,
            certificates,
        } = begun;
        let shared = &self.server.shared;
        let Some(peer) = shared.registry.register(address, certificates) else {
            return;
        };
        let Some(opened) = self.grant(&peer, opened) else {
            return self.turn_away(&peer, &DisconnectReason::Disconnected);
        };
        let client = ServerClient::new(&self.server, &peer);
        let span = ConnectionSpan::of_server(P::NAME, peer.id.into(), &peer.address);
        let handler = match span.in_scope(|| self.make_handler(&client)) {
            Ok(Ok(handler)) => handler,
            Ok(Err(refusal)) => {
                debug!(target: LOG_TARGET, "{}: refused {}: {refusal}", self.server.log_name(), peer.address);
                shared.registry.count_refusal();
                return self.refuse_by_application(&peer, opened, refusal);
            }
            Err(_panic) => {
                error!(target: LOG_TARGET, "{}: making a handler for {} panicked", self.server.log_name(), peer.address);
                return self.turn_away(&peer, &DisconnectReason::HandlerPanicked);
            }
        };
        let driver = Driver::new(opened.socket, peer.mailbox.clone())
            .sharing(&shared.registry.receive_budget, &shared.decoding)
            .begun(opened.begin, opened.input)
            .waiting_in(&shared.registry.interrupted)
            .measured(&shared.metrics)
            .named(&format_args!(
                "client {} of the {} server at {}",
                peer.id,
                P::NAME,
                shared.uri
            ));
        debug!(target: LOG_TARGET, "{}: {peer} connected from {}", self.server.log_name(), peer.address);
        let task = serve(client, peer.clone(), handler, driver, shared.tasks.begin());
        let task = span.instrument(task);
        let (scope, flush) = (shared.registry.scope_id(), shared.clone());
        let task = Scoped::new(scope, task, move || flush.registry.flush()).boxed();
        let task = match shared.registry.login_timeout {
            None => task,
            Some(limit) => select(task, self.watch_login(peer, limit))
                .map(drop)
                .boxed(),
        };
        shared.runtime.spawn(task);
    }

    /// Makes a handler, unless that is refused or panics.
    fn make_handler<H>(&self, client: &ServerClient<P>) -> thread::Result<Result<H, Refusal>>
    where
        F: FnMut(&ServerClient<P>) -> Result<H, Refusal>,
    {
        let make_handler = self.make_handler.lock();
        let mut make_handler = make_handler.unwrap_or_else(PoisonError::into_inner);
        catch_unwind(AssertUnwindSafe(|| make_handler(client)))
    }

    /// Ends a client that the program has refused. One that knows sessions is told so.
    fn refuse_by_application(&self, peer: &Peer, opened: Opened, refusal: Refusal) {
        if !opened.begin.knows_sessions() {
            return self.turn_away(peer, &DisconnectReason::Disconnected);
        }
        self.deregister(peer, &DisconnectReason::Disconnected);
        let (id, shared) = (peer.id, self.server.shared.clone());
        let running = shared.tasks.begin();
        let task = async move {
            let said = say_refused(&*shared.runtime, opened.socket, refusal.into_bye());
            unless(shared.closed(), said).await;
            // Only now, so that there are no more such sockets than places.
            shared.registry.remove(id);
            drop(running);
        };
        self.server.shared.runtime.spawn(task.boxed());
    }

    /// Ends a client that has got no handler. Its place is free at once.
    fn turn_away(&self, peer: &Peer, reason: &DisconnectReason) {
        self.deregister(peer, reason);
        self.server.shared.registry.remove(peer.id);
    }

    fn deregister(&self, peer: &Peer, reason: &DisconnectReason) {
        // Whoever waits with a kept handle must learn of the end.
        peer.mailbox.seal();
        peer.mailbox.detach(reason, Ending::default());
        self.server.shared.registry.deregister(peer.id);
    }

    /// Disconnects a client that has not logged in within the limit. The future has no end.
    fn watch_login(&self, peer: Arc<Peer>, limit: Duration) -> BoxFuture<'static, ()> {
        let shared = self.server.shared.clone();
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
        let sessions = self.server.shared.sessions.as_ref()?;
        match sessions.grant(peer.id) {
            Ok(grant) => {
                peer.mailbox.set_token(grant.token.clone());
                let begin = Begin::Granted { grant, lost };
                Some(Opened { begin, ..opened })
            }
            Err(error) => {
                error!(target: LOG_TARGET, "{}: no session for {}: {}", self.server.log_name(), peer.address, Report(&error));
                None
            }
        }
    }
}
