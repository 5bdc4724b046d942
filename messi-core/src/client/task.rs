//! The task of a client.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::FutureExt;
use log::{error, info, warn};

use super::Client;
use super::connect::Connector;
use crate::backoff::Backoff;
use crate::connection::Connection;
use crate::settings::{Settings, clamped};
use crate::state::Role;
use crate::tasks::{Running, unless};
use crate::transport::BoxSocket;
use crate::{ConnectError, ConnectWith, DisconnectReason, LOG_TARGET, Protocol, Retry, Uri};

/// Connects, serves the connection, waits, and begins again, until the client is stopped.
pub(super) struct Task<P: Protocol, H> {
    pub(super) client: Client<P>,
    pub(super) handler: H,
    pub(super) connector: Connector,
    pub(super) backoff: Backoff,
    pub(super) settings: Arc<Settings>,
}

impl<H: Send, P: ConnectWith<H>> Task<P, H> {
    /// Runs until the client is stopped, or its handler gives up.
    pub(super) async fn run(mut self, running: Running) {
        // Attempts in a row that did not lead to service.
        let mut failures = 0;
        while let Some((uri, result)) = self.connect().await {
            let retry = match result {
                Ok(socket) => {
                    if self.serve(&uri, socket).await {
                        failures = 0;
                    }
                    Retry::Backoff
                }
                Err(error) => self.report(&uri, &error).await,
            };
            let Some(delay) = self.delay(retry, failures) else {
                break;
            };
            failures = failures.saturating_add(1);
            if self.sleep(delay).await.is_none() {
                break;
            }
        }
        // A handler may have given up: those who wait for a connection wait in vain.
        self.client.shared.outbox.stop();
        // Whoever waits for the end may rely on the handler being gone.
        drop(self);
        drop(running);
    }

    /// Attempts to connect to the server whose turn it is; `None` once the client is stopped.
    async fn connect(&mut self) -> Option<(Uri, Result<BoxSocket, ConnectError>)> {
        let shared = &self.client.shared;
        let uri = self.connector.next_server();
        shared.set_connecting(true);
        let attempt = self.connector.connect(&uri);
        let result = unless(shared.outbox.stopping(), attempt).await;
        shared.set_connecting(false);
        Some((uri, result?))
    }

    /// Serves one connection to its end, and tells whether the server was really there.
    async fn serve(&mut self, uri: &Uri, socket: BoxSocket) -> bool {
        let outbox = self.client.shared.outbox.clone();
        let client = self.client.lent(outbox.begin());
        let handler = &mut self.handler;
        let runtime = self.connector.runtime.clone();
        let mut connection = Connection::new(
            Role::Client,
            &self.settings,
            socket,
            outbox.clone(),
            runtime,
        );
        info!(target: LOG_TARGET, "connected to {uri}");
        let messages = serve_messages(&client, handler, &mut connection);
        if AssertUnwindSafe(messages).catch_unwind().await.is_err() {
            connection.handle_panic();
        }
        let reason = connection.close().await;
        info!(target: LOG_TARGET, "disconnected from {uri}: {reason}");
        let last = serve_last(&client, handler, &mut connection, reason);
        if AssertUnwindSafe(last).catch_unwind().await.is_err() {
            connection.handle_panic();
        }
        connection.is_proved()
    }

    /// Asks the handler what to do. One that panics has no opinion.
    async fn report(&mut self, uri: &Uri, error: &ConnectError) -> Retry {
        warn!(target: LOG_TARGET, "no connection to {uri}: {error}");
        let callback = P::on_connect_failure(&mut self.handler, &self.client, error);
        let answer = AssertUnwindSafe(callback).catch_unwind();
        match unless(self.client.shared.outbox.stopping(), answer).await {
            Some(Ok(retry)) => retry,
            Some(Err(_)) => {
                error!(target: LOG_TARGET, "on_connect_failure panicked");
                Retry::Backoff
            }
            None => Retry::Never,
        }
    }

    /// How long to wait before the next attempt; `None` to make none.
    fn delay(&self, retry: Retry, failures: u32) -> Option<Duration> {
        match retry {
            // The next server may be there where the last was not: the delay grows once all of
            // them have been tried.
            Retry::Backoff => {
                let rounds = failures as usize / self.connector.servers();
                let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
                Some(self.backoff.delay(rounds, self.connector.runtime.random()))
            }
            Retry::After(delay) => Some(clamped(delay)),
            Retry::Never => None,
        }
    }

    /// Waits; `None` once the client is stopped.
    async fn sleep(&mut self, delay: Duration) -> Option<()> {
        let sleep = self.connector.runtime.sleep(delay);
        unless(self.client.shared.outbox.stopping(), sleep).await
    }
}

/// Runs the callbacks of one connection but the last.
async fn serve_messages<P, H>(client: &Client<P>, handler: &mut H, connection: &mut Connection)
where
    P: ConnectWith<H>,
{
    connection.run(pin!(P::on_connected(handler, client))).await;
    connection.open();
    while let Some(payload) = connection.next().await {
        let mut message = P::ServerToClient::default();
        if connection.decode(&payload, &mut message) {
            connection
                .dispatch(pin!(P::on_message(handler, client, message)))
                .await;
        }
    }
}

/// Runs the last callback of one connection.
async fn serve_last<P, H>(
    client: &Client<P>,
    handler: &mut H,
    connection: &mut Connection,
    reason: DisconnectReason,
) where
    P: ConnectWith<H>,
{
    let callback = P::on_disconnected(handler, client, reason);
    connection.run_last(pin!(callback)).await;
}
