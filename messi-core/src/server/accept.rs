//! The task that accepts clients, and the task of each.
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

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, select};
use log::{debug, error, warn};
use messi_wire::Ending;

use super::opening::{Accepted, Begun};
use super::peer::Peer;
use super::poll_scope::Scoped;
use super::{Refusal, Server, ServerClient};
use crate::connection_span::ConnectionSpan;
use crate::cpu_limit::CpuLimit;
use crate::driver::{Driver, Notice};
use crate::protocol::ClientMessage;
use crate::reply::OpenRequest;
use crate::tasks::{Running, Turns, unless};
use crate::transport::handshake::ServerHandshake;
use crate::transport::{BoxListener, BoxSocket};
use crate::{Address, DisconnectReason, Form, LOG_TARGET, Protocol, Received, Report, ServeWith};

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

/// Registers accepted clients, and starts their tasks.
pub(super) struct ClientStarter<P: Protocol, F> {
    pub(super) server: Server<P>,
    /// Connections without a place that may go on with a session.
    pub(super) waiting_without_place: AtomicUsize,
    /// Clients are started from several threads.
    pub(super) make_handler: Mutex<F>,
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
                return self.turn_away(&peer, &DisconnectReason::Disconnected);
            }
            Err(_panic) => {
                error!(target: LOG_TARGET, "{}: making a handler for {} panicked", self.server.log_name(), peer.address);
                return self.turn_away(&peer, &DisconnectReason::HandlerPanicked);
            }
        };
        let driver = Driver::new(opened.socket, peer.mailbox.clone())
            .sharing(&shared.registry.receive_budget, &shared.decoding)
            .begun(opened.begin, opened.input)
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

    /// Ends a client that has got no handler. Its place is free at once.
    fn turn_away(&self, peer: &Peer, reason: &DisconnectReason) {
        // Whoever waits with a kept handle must learn of the end.
        peer.mailbox.seal();
        peer.mailbox.detach(reason, Ending::default());
        let registry = &self.server.shared.registry;
        registry.deregister(peer.id);
        registry.remove(peer.id);
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
}

/// Serves one client to its end.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn holds its arguments twice, and this one is held for each client"
)]
fn serve<P, H>(
    client: ServerClient<P>,
    peer: Arc<Peer>,
    mut handler: H,
    mut driver: Driver,
    running: Running,
) -> impl Future<Output = ()>
where
    H: Send + 'static,
    P: ServeWith<H>,
{
    async move {
        let messages = serve_messages(&client, &mut handler, &mut driver);
        if AssertUnwindSafe(messages).catch_unwind().await.is_err() {
            driver.handle_panic(&client.log_name(), P::CLIENT_MEMBERS);
        }
        // The broadcasts of its last callbacks are for this client too.
        client.server().shared.registry.flush();
        let reason = driver.close().await;
        let registry = &client.server().shared.registry;
        if let DisconnectReason::SessionLost(lost) = &reason {
            registry.remember_session(peer.id, lost.why, driver.received_in_session());
        }
        registry.deregister(peer.id);
        debug!(target: LOG_TARGET, "{}: {peer} disconnected: {}", client.server().log_name(), Report(&reason));
        let last = serve_last(&client, &mut handler, &mut driver, reason);
        if AssertUnwindSafe(last).catch_unwind().await.is_err() {
            driver.handle_panic(&client.log_name(), P::CLIENT_MEMBERS);
        }
        client.server().shared.registry.remove(peer.id);
        // The handler must be dropped before the client counts as gone.
        drop((handler, client));
        drop(running);
    }
}

/// Runs the callbacks of one client but the last.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn holds its arguments twice, and this one is held for each client"
)]
fn serve_messages<P, H>(
    client: &ServerClient<P>,
    handler: &mut H,
    driver: &mut Driver,
) -> impl Future<Output = ()>
where
    H: Send + 'static,
    P: ServeWith<H>,
{
    async move {
        let first = P::on_client_connected(handler, client);
        let first = client.peer_mailbox().opening(first);
        driver.run(pin!(first)).await;
        driver.open();
        while driver.next_at_once() || driver.next(handler).await {
            if driver.has_notice() {
                // Boxed, as it is rare, and the memory of each connection has room for the largest future.
                tell(client, handler, driver).boxed().await;
                continue;
            }
            // Declared first: the message may borrow from it.
            let mut place = <P::FromClient as Form>::Place::default();
            // In a block: the message must not be held beside the callback that it is moved into.
            let callback = {
                let mut received = Received::<ClientMessage<'_, P>>::default();
                if !driver.decode::<P, P::FromClient>(&mut received.__message, &mut place) {
                    continue;
                }
                if let Some(member) = P::from_client_member(&received.__message) {
                    let server = Some(&client.server().shared);
                    received.__request.0 = OpenRequest::open(member, client.peer_mailbox(), server);
                }
                P::on_message(handler, client, received)
            };
            driver.dispatch(pin!(callback)).await;
        }
    }
}

/// Tells the handler what has happened to the session.
async fn tell<P, H>(client: &ServerClient<P>, handler: &mut H, driver: &mut Driver)
where
    H: Send + 'static,
    P: ServeWith<H>,
{
    match driver.take_notice() {
        Some(Notice::Interrupted(reason)) => {
            let callback = P::on_client_interrupted(handler, client, reason);
            driver.run(pin!(callback)).await;
        }
        Some(Notice::Resumed(away)) => {
            let callback = P::on_client_resumed(handler, client, away);
            driver.run(pin!(callback)).await;
        }
        // A server does not connect.
        Some(Notice::ConnectFailed(_)) | None => {}
    }
}

/// Runs the last callback of one client.
async fn serve_last<P, H>(
    client: &ServerClient<P>,
    handler: &mut H,
    driver: &mut Driver,
    reason: DisconnectReason,
) where
    P: ServeWith<H>,
{
    let callback = P::on_client_disconnected(handler, client, reason);
    driver.run_last(pin!(callback)).await;
}
