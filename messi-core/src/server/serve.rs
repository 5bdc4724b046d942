//! The handler and the task of one client.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use futures::future::FutureExt;
use log::debug;

use super::peer::Peer;
use super::poll_scope::Scoped;
use super::starter::{MadeTask, MakeTask};
use super::{Refusal, Server, ServerClient, SharedServer};
use crate::callback::catch_panic;
use crate::connection_span::ConnectionSpan;
use crate::driver::{Driver, Notice};
use crate::handover::Opened;
use crate::protocol::ClientMessage;
use crate::reply::OpenRequest;
use crate::tasks::Running;
use crate::{DisconnectReason, Form, LOG_TARGET, Protocol, Received, Report, ServeWith};

/// Makes the tasks of clients, with the handlers that the closure of the program makes.
pub(super) struct Service<P: Protocol, F> {
    server: Server<P>,
    /// Clients are started from several threads.
    make_handler: Mutex<F>,
}

impl<P: Protocol, F> Service<P, F> {
    pub(super) fn new(server: Server<P>, make_handler: F) -> Self {
        Self {
            server,
            make_handler: Mutex::new(make_handler),
        }
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
}

impl<P, H, F> MakeTask for Service<P, F>
where
    P: ServeWith<H>,
    H: Send + 'static,
    F: FnMut(&ServerClient<P>) -> Result<H, Refusal> + Send,
{
    fn make_task(&self, peer: &Arc<Peer>, opened: Opened) -> MadeTask {
        let client = ServerClient::new(&self.server, peer);
        let span = ConnectionSpan::of_server(P::NAME, peer.id.into(), &peer.address);
        let handler = match span.in_scope(|| self.make_handler(&client)) {
            Ok(Ok(handler)) => handler,
            Ok(Err(refusal)) => return MadeTask::Refused(refusal, opened),
            Err(_panic) => return MadeTask::Panicked,
        };
        let shared = &self.server.shared;
        let driver = shared.driver(peer, opened);
        let task = serve(client, peer.clone(), handler, driver, shared.tasks.begin());
        MadeTask::Serve(shared.scoped(span.instrument(task)).boxed())
    }
}

impl SharedServer {
    /// Creates the driver of a client's connection.
    fn driver(&self, peer: &Arc<Peer>, opened: Opened) -> Driver {
        Driver::new(opened.socket, peer.mailbox.clone())
            .sharing(&self.registry.receive_budget, &self.decoding)
            .begun(opened.begin, opened.input)
            .waiting_in(&self.registry.interrupted)
            .measured(&self.metrics)
            .named(&format_args!(
                "client {} of the {} server at {}",
                peer.id, self.protocol, self.uri
            ))
    }

    /// Makes each poll of a task a scope, and flushes broadcasts at its end.
    fn scoped<T: Future>(self: &Arc<Self>, task: T) -> Scoped<T, impl Fn() + Send + use<T>> {
        let shared = self.clone();
        Scoped::new(self.registry.scope_id(), task, move || shared.flush())
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
        if catch_panic(pin!(messages)).await.is_err() {
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
        debug!(target: LOG_TARGET, "{}: {peer} disconnected: {}", client.server().shared.log_name(), Report(&reason));
        let last = serve_last(&client, &mut handler, &mut driver, reason);
        if catch_panic(pin!(last)).await.is_err() {
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
        // In a block: it must not be held while messages are handled.
        {
            let first = pin!(P::on_client_connected(handler, client));
            let first = pin!(client.peer_mailbox().opening(first));
            driver.run(first).await;
        }
        driver.open();
        while driver.next_at_once() || driver.next(handler).await {
            if driver.has_notice() {
                // Boxed, as it is rare, and the memory of each connection has room for the largest future.
                run_notice(client, handler, driver).boxed().await;
                continue;
            }
            // Declared first: the message may borrow from it.
            let mut place = <P::FromClient as Form>::Place::default();
            // In a block: the message must not be held beside the callback that it is moved into.
            let callback = {
                let mut received = Received::<ClientMessage<'_, P>>::default();
                if !driver.decode::<P::FromClient>(&mut received.__message, &mut place) {
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

/// Runs the callback for an event of the session.
async fn run_notice<P, H>(client: &ServerClient<P>, handler: &mut H, driver: &mut Driver)
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

/// Runs the last callback of one client. It is dropped in here: a panic of that is one of the callback.
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
