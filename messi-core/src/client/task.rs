//! The task of a client.

use std::panic::AssertUnwindSafe;

use futures::future::FutureExt;

use super::Client;
use super::connect::Connector;
use crate::backoff::Backoff;
use crate::connection::Connection;
use crate::runtime::BoxSocket;
use crate::settings::Settings;
use crate::state::Role;
use crate::tasks::{Running, unless};
use crate::{ConnectError, ConnectWith, Protocol, Retry};

/// Connects, serves the connection, waits, and begins again, until the client is stopped.
pub(super) struct Task<P: Protocol, H> {
    pub(super) client: Client<P>,
    pub(super) handler: H,
    pub(super) connector: Connector,
    pub(super) backoff: Backoff,
    pub(super) settings: Settings,
}

impl<H: Send, P: ConnectWith<H>> Task<P, H> {
    /// Runs until the client is stopped, or its handler gives up.
    pub(super) async fn run(mut self, running: Running) {
        let outbox = self.client.shared.outbox.clone();
        // Attempts in a row that did not lead to service.
        let mut failures = 0;
        while let Some(result) = unless(outbox.stopping(), self.connector.connect()).await {
            let retry = match result {
                Ok(socket) => {
                    if self.serve(socket).await {
                        failures = 0;
                    }
                    Retry::Backoff
                }
                Err(error) => self.report(&error).await,
            };
            let delay = match retry {
                Retry::Backoff => self
                    .backoff
                    .delay(failures, self.connector.runtime.random()),
                Retry::After(delay) => delay,
                Retry::Never => break,
            };
            failures = failures.saturating_add(1);
            if unless(outbox.stopping(), self.connector.runtime.sleep(delay))
                .await
                .is_none()
            {
                break;
            }
        }
        // A handler may have given up: those who wait for a connection wait in vain.
        outbox.stop();
        // Whoever waits for the end may rely on the handler being gone.
        drop(self);
        drop(running);
    }

    /// Serves one connection to its end, and tells whether the server was really there.
    async fn serve(&mut self, socket: BoxSocket) -> bool {
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
        connection.run(P::on_connected(handler, &client)).await;
        outbox.open();
        while let Some(payload) = connection.next().await {
            if let Some(message) = connection.decode(&payload) {
                connection
                    .dispatch(P::on_message(handler, &client, message))
                    .await;
            }
        }
        let reason = connection.close().await;
        connection
            .run_last(P::on_disconnected(handler, &client, reason))
            .await;
        connection.is_proved()
    }

    /// Asks the handler what to do. One that panics has no opinion.
    async fn report(&mut self, error: &ConnectError) -> Retry {
        let callback = P::on_connect_failure(&mut self.handler, &self.client, error);
        let answer = AssertUnwindSafe(callback).catch_unwind();
        match unless(self.client.shared.outbox.stopping(), answer).await {
            Some(Ok(retry)) => retry,
            Some(Err(_)) => Retry::Backoff,
            None => Retry::Never,
        }
    }
}
