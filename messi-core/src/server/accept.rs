//! The task that accepts clients, and the task of each.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::FutureExt;
use log::{error, info, warn};

use super::registry::Peer;
use super::turn::in_turns;
use super::{Server, ServerClient};
use crate::connection::Connection;
use crate::runtime::{BoxListener, BoxSocket, Runtime};
use crate::settings::Settings;
use crate::state::Role;
use crate::tasks::{Running, unless};
use crate::{Address, LOG_TARGET, Protocol, ServeWith};

/// The pause after the first error in a row; it doubles from error to error.
const MIN_PAUSE: Duration = Duration::from_millis(10);

/// What the pause grows to: out of descriptors, the server must be back soon after they are free.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Accepts clients until the server is stopped.
pub(super) struct Acceptor<P: Protocol, F> {
    pub(super) server: Server<P>,
    pub(super) listener: BoxListener,
    pub(super) make_handler: F,
    pub(super) settings: Arc<Settings>,
    pub(super) runtime: Arc<dyn Runtime>,
}

impl<P: Protocol, F> Acceptor<P, F> {
    /// Runs until the server is stopped. No error of accepting ends it: a client that has left
    /// already and a lack of descriptors pass.
    pub(super) async fn run<H>(mut self, running: Running)
    where
        H: Send + 'static,
        F: FnMut(&ServerClient<P>) -> H + Send + 'static,
        P: ServeWith<H>,
    {
        let mut pause = MIN_PAUSE;
        let shared = self.server.shared.clone();
        while let Some(result) = unless(shared.closed(), self.listener.accept()).await {
            match result {
                Ok((socket, address)) => {
                    pause = MIN_PAUSE;
                    self.welcome(socket, address);
                }
                Err(error) => {
                    warn!(target: LOG_TARGET, "can't accept a client, trying again in {pause:?}: {error}");
                    unless(shared.closed(), self.runtime.sleep(pause)).await;
                    pause = MAX_PAUSE.min(pause * 2);
                }
            }
        }
        // Whoever waits for the end may rely on the port being free.
        drop(self);
        drop(running);
    }

    /// Starts the task of a new client, if it may come in.
    fn welcome<H>(&mut self, socket: BoxSocket, address: Address)
    where
        H: Send + 'static,
        F: FnMut(&ServerClient<P>) -> H,
        P: ServeWith<H>,
    {
        let shared = &self.server.shared;
        let Some(peer) = shared.registry.enter(address.clone()) else {
            return info!(target: LOG_TARGET, "turned away {address}");
        };
        let client = ServerClient::lent(&self.server, &peer, peer.outbox.begin());
        let make_handler = AssertUnwindSafe(|| (self.make_handler)(&client));
        let Ok(handler) = catch_unwind(make_handler) else {
            error!(target: LOG_TARGET, "making a handler for {address} panicked");
            shared.registry.leave(peer.id);
            return shared.registry.forget(peer.id);
        };
        let runtime = self.runtime.clone();
        let connection = Connection::new(
            Role::Server,
            &self.settings,
            socket,
            peer.outbox.clone(),
            runtime,
        );
        info!(target: LOG_TARGET, "client {} connected from {address}", peer.id);
        let task = serve(client, peer, handler, connection, shared.tasks.begin());
        self.runtime
            .spawn(in_turns(shared.clone(), task.boxed()).boxed());
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
    mut connection: Connection,
    running: Running,
) -> impl Future<Output = ()>
where
    H: Send,
    P: ServeWith<H>,
{
    async move {
        connection
            .run(pin!(P::on_client_connected(&mut handler, &client)))
            .await;
        connection.open();
        while let Some(payload) = connection.next().await {
            if let Some(message) = connection.decode(&payload) {
                connection
                    .dispatch(pin!(P::on_message(&mut handler, &client, message)))
                    .await;
            }
        }
        // Those that its last callbacks have made are for this client too.
        client.server().shared.registry.settle();
        let reason = connection.close().await;
        client.server().shared.registry.leave(peer.id);
        info!(target: LOG_TARGET, "client {} disconnected: {reason}", peer.id);
        connection
            .run_last(pin!(P::on_client_disconnected(
                &mut handler,
                &client,
                reason
            )))
            .await;
        client.server().shared.registry.forget(peer.id);
        // Whoever waits for the end may rely on the handler being gone.
        drop((handler, client));
        drop(running);
    }
}
