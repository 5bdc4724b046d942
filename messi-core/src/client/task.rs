//! The task of a client.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures::future::FutureExt;
use log::{error, info, warn};
use messi_wire::Backoff;
use messi_wire::config::clamped;

use super::Client;
use super::connect::Connector;
use crate::driver::Driver;
use crate::tasks::{Running, unless};
use crate::transport::BoxSocket;
use crate::{
    ConnectError, ConnectWith, DisconnectReason, LOG_TARGET, Protocol, Received, Retry, Uri,
};

/// Connects, serves the connection, waits and reconnects, until the client is stopped.
pub(super) struct Task<P: Protocol, H> {
    pub(super) client: Client<P>,
    pub(super) handler: H,
    pub(super) connector: Connector,
    pub(super) backoff: Backoff,
}

impl<H: Send + 'static, P: ConnectWith<H>> Task<P, H> {
    /// Runs until the client is stopped, or its handler returns [`Retry::Never`].
    pub(super) async fn run(mut self, running: Running) {
        // Failed attempts in a row.
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
        // After `Retry::Never`, tasks that wait for a connection must not wait any longer.
        self.client.shared.mailbox.stop();
        // The handler must be dropped before the end of the task is seen.
        drop(self);
        drop(running);
    }

    /// Attempts to connect to the next server. Returns `None` once the client is stopped.
    async fn connect(&mut self) -> Option<(Uri, Result<BoxSocket, ConnectError>)> {
        let shared = &self.client.shared;
        let uri = self.connector.next_server();
        shared.set_connecting(true);
        let attempt = self.connector.connect(&uri);
        let result = unless(shared.mailbox.stopped(), attempt).await;
        shared.set_connecting(false);
        Some((uri, result?))
    }

    /// Serves one connection to its end. Returns whether the server speaks this protocol.
    async fn serve(&mut self, uri: &Uri, socket: BoxSocket) -> bool {
        let mailbox = self.client.shared.mailbox.clone();
        mailbox.attach();
        let client = self.client.lent();
        let handler = &mut self.handler;
        let mut driver = Driver::new(socket, mailbox);
        info!(target: LOG_TARGET, "connected to {uri}");
        let messages = serve_messages(&client, handler, &mut driver);
        if AssertUnwindSafe(messages).catch_unwind().await.is_err() {
            driver.handle_panic();
        }
        let reason = driver.close().await;
        info!(target: LOG_TARGET, "disconnected from {uri}: {reason}");
        let last = serve_last(&client, handler, &mut driver, reason);
        if AssertUnwindSafe(last).catch_unwind().await.is_err() {
            driver.handle_panic();
        }
        driver.is_validated()
    }

    /// Asks the handler what to do next. A panic counts as [`Retry::Backoff`].
    async fn report(&mut self, uri: &Uri, error: &ConnectError) -> Retry {
        warn!(target: LOG_TARGET, "no connection to {uri}: {error}");
        let callback = P::on_connect_failure(&mut self.handler, &self.client, error);
        let answer = AssertUnwindSafe(callback).catch_unwind();
        match unless(self.client.shared.mailbox.stopped(), answer).await {
            Some(Ok(retry)) => retry,
            Some(Err(_)) => {
                error!(target: LOG_TARGET, "on_connect_failure panicked");
                Retry::Backoff
            }
            None => Retry::Never,
        }
    }

    /// Returns the delay before the next attempt; `None` if there is none.
    fn delay(&self, retry: Retry, failures: u32) -> Option<Duration> {
        match retry {
            // The next server may be reachable: the delay grows once all of them were tried.
            Retry::Backoff => {
                let rounds = failures as usize / self.connector.servers();
                let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
                Some(self.backoff.delay(rounds, self.connector.runtime.random()))
            }
            Retry::After(delay) => Some(clamped(delay)),
            Retry::Never => None,
        }
    }

    /// Waits. Returns `None` once the client is stopped.
    async fn sleep(&mut self, delay: Duration) -> Option<()> {
        let sleep = self.connector.runtime.sleep(delay);
        unless(self.client.shared.mailbox.stopped(), sleep).await
    }
}

/// Runs the callbacks of one connection, but for the last one.
async fn serve_messages<P, H>(client: &Client<P>, handler: &mut H, driver: &mut Driver)
where
    H: Send + 'static,
    P: ConnectWith<H>,
{
    let first = client.mailbox().opening(P::on_connected(handler, client));
    driver.run(pin!(first)).await;
    driver.open();
    while let Some(payload) = driver.next(handler).await {
        let mut received = Received::<P::ServerToClient>::default();
        if driver.decode(&payload, &mut received.message) {
            received.request = client.open_request(&received.message);
            let callback = P::on_message(handler, client, received);
            driver.dispatch(pin!(callback)).await;
        }
    }
}

/// Runs the last callback of one driver.
async fn serve_last<P, H>(
    client: &Client<P>,
    handler: &mut H,
    driver: &mut Driver,
    reason: DisconnectReason,
) where
    P: ConnectWith<H>,
{
    let callback = P::on_disconnected(handler, client, reason);
    driver.run_last(pin!(callback)).await;
}
