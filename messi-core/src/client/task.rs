//! The task of a client.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, Either, FutureExt, select};
use log::{debug, error, warn};
use messi_wire::config::clamped;

use super::attempts::Attempts;
use super::connect::Connector;
use super::next_attempt::Order;
use super::reconnect::Reconnector;
use super::{Client, SharedClient};
use crate::callback::catch_panic;
use crate::connection_span::ConnectionSpan;
use crate::driver::{Driver, Notice};
use crate::handover::{Begin, Opened};
use crate::mailbox::Mailbox;
use crate::protocol::ServerMessage;
use crate::reply::OpenRequest;
use crate::runtime::AsyncRuntime;
use crate::tasks::{Running, unless};
use crate::transport::BoxSocket;
use crate::{
    Address, ConnectError, ConnectWith, DisconnectReason, Form, LOG_TARGET, Protocol, Received,
    Report, Retry, Uri,
};

/// Connects, serves the connection, waits and reconnects, until the client is stopped.
pub(super) struct Task<P: Protocol, H> {
    pub(super) client: Client<P>,
    pub(super) handler: H,
    pub(super) connector: Arc<Connector>,
    pub(super) attempts: Attempts,
    /// The time for which a connection must have served to be a stable one.
    pub(super) stable_after: Duration,
    /// Bytes that are kept until the server has acknowledged them; `None` for connections without a session.
    pub(super) window: Option<usize>,
    /// Time after which another server is tried for an interrupted session.
    pub(super) failover_after: Duration,
}

/// Stops the client when it is dropped.
struct StopOnDrop(Arc<Mailbox>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl<H: Send + 'static, P: ConnectWith<H>> Task<P, H> {
    /// Runs until the client is stopped, has drained, or its handler returns [`Retry::Never`].
    #[expect(
        clippy::manual_async_fn,
        reason = "an async fn holds its arguments twice, and this one is held for each client"
    )]
    pub(super) fn run(mut self, running: Running) -> impl Future<Output = ()> {
        async move {
            // After `Retry::Never`, and if this task is dropped, tasks that wait for a connection must not wait any
            // longer.
            let stop = StopOnDrop(self.client.shared.mailbox.clone());
            while let Some(delay) = self.run_attempt().await {
                let waited =
                    self.client
                        .shared
                        .wait(&*self.connector.runtime, &mut self.attempts, delay);
                if waited.await.is_none() {
                    break;
                }
            }
            drop(stop);
            // The handler must be dropped before the end of the task is seen.
            drop(self);
            drop(running);
        }
    }

    /// Connects to the next server, and serves the connection to its end. Returns the delay before the next attempt;
    /// `None` if there is no next attempt.
    async fn run_attempt(&mut self) -> Option<Duration> {
        let mut uri = self.attempts.take_server();
        // Not in the `match`, which would hold the result as long as the connection is served.
        let connected = self.client.shared.connect(&self.connector, &uri).await?;
        let retry = match connected {
            Ok((socket, address)) => {
                self.client.shared.set_server(&uri, Some(address));
                let mut opened = self.opened(socket);
                loop {
                    let span = ConnectionSpan::of_client(P::NAME, &uri);
                    // The next one is that of a session that the server has granted in place of a lost one.
                    match span.instrument(self.serve(&uri, opened)).await {
                        Some(next) => {
                            opened = next;
                            // It may be on another server.
                            uri = self.client.uri();
                        }
                        None => break,
                    }
                }
                Retry::Backoff
            }
            Err(error) => self.report(&uri, &error).await,
        };
        self.client
            .shared
            .set_server(self.attempts.next_server(), None);
        let jitter = self.connector.runtime.random();
        let delay = self.attempts.next_delay(jitter);
        match retry {
            Retry::Backoff => Some(delay),
            Retry::After(delay) => Some(clamped(delay)),
            Retry::Never => None,
        }
    }

    /// Returns a new connection with its begin. Boxed, as tasks hold it in several places.
    fn opened(&self, socket: BoxSocket) -> Box<Opened> {
        let begin = match self.window {
            None => Begin::Plain,
            Some(window) => Begin::Request { window },
        };
        Box::new(Opened {
            socket,
            input: Vec::new(),
            begin,
        })
    }

    /// Serves one connection to its end. Returns the connection on which a new session begins, if this one was lost.
    #[expect(
        clippy::manual_async_fn,
        reason = "an async fn holds its arguments twice, and this one is held for each client"
    )]
    fn serve(
        &mut self,
        uri: &Uri,
        opened: Box<Opened>,
    ) -> impl Future<Output = Option<Box<Opened>>> {
        async move {
            // As a whole, which frees the box.
            let Opened {
                socket,
                input,
                begin,
            } = *opened;
            let shared = self.client.shared.clone();
            let mailbox = &shared.mailbox;
            shared.next_attempt.reset();
            mailbox.attach();
            let client = self.client.lent();
            if shared.next_attempt.is_never() {
                // The command to drain came before there was a connection.
                mailbox.drain();
            }
            let handler = &mut self.handler;
            let driver = Driver::new(socket, mailbox.clone())
                .measured(&shared.metrics)
                .begun(begin, input)
                .reconnecting(|| {
                    Reconnector::new(
                        self.connector.clone(),
                        shared.clone(),
                        self.attempts.backoff(),
                        self.failover_after,
                    )
                });
            let mut driver = driver.named(&format_args!("{} client of {uri}", P::NAME));
            let start = mailbox.runtime().now();
            debug!(target: LOG_TARGET, "{} client: connected to {uri}", P::NAME);
            let messages = serve_messages(&client, handler, &mut driver);
            if catch_panic(pin!(messages)).await.is_err() {
                driver.handle_panic(
                    &format_args!("{} client of {uri}", P::NAME),
                    P::SERVER_MEMBERS,
                );
            }
            let served = mailbox.runtime().now() - start;
            if shared.next_attempt.is_never() {
                // Messages must not be kept for another connection.
                mailbox.retire();
            }
            let reason = driver.close().await;
            debug!(target: LOG_TARGET, "{} client: disconnected from {uri}: {}", P::NAME, Report(&reason));
            if let DisconnectReason::Bye(bye) = &reason
                && let Some(delay) = bye.retry_after
            {
                // Before the last callback, which may decide otherwise.
                shared.next_attempt.set(Order::After(clamped(delay)));
            }
            let last = serve_last(&client, handler, &mut driver, reason);
            if catch_panic(pin!(last)).await.is_err() {
                driver.handle_panic(
                    &format_args!("{} client of {uri}", P::NAME),
                    P::SERVER_MEMBERS,
                );
            }
            // The server speaks this protocol, and was connected for a while.
            if driver.is_validated() && served >= self.stable_after {
                self.attempts.handle_stable_connection();
            }
            let is_stopped = mailbox.is_stopped() || shared.next_attempt.is_never();
            driver.take_successor().filter(|_| !is_stopped)
        }
    }

    /// Asks the handler for the next step. A panic counts as [`Retry::Backoff`].
    async fn report(&mut self, uri: &Uri, error: &ConnectError) -> Retry {
        warn!(target: LOG_TARGET, "{} client: no connection to {uri}: {}", P::NAME, Report(error));
        let callback = pin!(P::on_connect_failure(
            &mut self.handler,
            &self.client,
            error
        ));
        let answer = catch_panic(callback);
        match unless(self.client.shared.mailbox.stopped(), answer).await {
            Some(Ok(retry)) => retry,
            Some(Err(_)) => {
                error!(target: LOG_TARGET, "{} client of {uri}: on_connect_failure panicked", P::NAME);
                Retry::Backoff
            }
            None => Retry::Never,
        }
    }
}

/// The work of a client without a connection. Boxed, so that the program of the user need not compile it.
impl SharedClient {
    /// Attempts to connect to a server. Returns `None` once the client is stopped or drains.
    fn connect<'a>(
        &'a self,
        connector: &'a Connector,
        uri: &'a Uri,
    ) -> BoxFuture<'a, Option<Result<(BoxSocket, Address), ConnectError>>> {
        async move {
            self.set_connecting(true);
            let attempt = unless(self.next_attempt.never(), connector.connect(uri));
            let result = unless(self.mailbox.stopped(), attempt).await;
            self.set_connecting(false);
            result.flatten()
        }
        .boxed()
    }

    /// Waits before the next attempt, for this delay unless an order changes it. Returns `None` if there is no
    /// further attempt.
    fn wait<'a>(
        &'a self,
        runtime: &'a dyn AsyncRuntime,
        attempts: &'a mut Attempts,
        delay: Duration,
    ) -> BoxFuture<'a, Option<()>> {
        let mut deadline = runtime.now() + delay;
        async move {
            loop {
                let left = deadline.saturating_duration_since(runtime.now());
                let ordered = pin!(self.next_attempt.ordered());
                let event = select(ordered, runtime.sleep(left));
                match unless(self.mailbox.stopped(), event).await? {
                    Either::Left((Order::AtOnce, _)) => {
                        attempts.reset_delay();
                        // Not later than planned, even if it is ordered again and again.
                        deadline = deadline.min(runtime.now() + clamped(Duration::ZERO));
                    }
                    Either::Left((Order::After(delay), _)) => deadline = runtime.now() + delay,
                    Either::Left((Order::Never, _)) => return None,
                    Either::Right(_) => return Some(()),
                }
            }
        }
        .boxed()
    }
}

/// Runs the callbacks of one connection, but for the last one.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn holds its arguments twice, and this one is held for each client"
)]
fn serve_messages<P, H>(
    client: &Client<P>,
    handler: &mut H,
    driver: &mut Driver,
) -> impl Future<Output = ()>
where
    H: Send + 'static,
    P: ConnectWith<H>,
{
    async move {
        // In a block: it must not be held while messages are handled.
        {
            let first = pin!(P::on_connected(handler, client));
            let first = pin!(client.mailbox().opening(first));
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
            let mut place = <P::FromServer as Form>::Place::default();
            // In a block: the message must not be held beside the callback that it is moved into.
            let callback = {
                let mut received = Received::<ServerMessage<'_, P>>::default();
                if !driver.decode::<P::FromServer>(&mut received.__message, &mut place) {
                    continue;
                }
                if let Some(member) = P::from_server_member(&received.__message) {
                    received.__request.0 = OpenRequest::open(member, client.mailbox(), None);
                }
                P::on_message(handler, client, received)
            };
            driver.dispatch(pin!(callback)).await;
        }
    }
}

/// Runs the callback for the notice about the session.
async fn run_notice<P, H>(client: &Client<P>, handler: &mut H, driver: &mut Driver)
where
    H: Send + 'static,
    P: ConnectWith<H>,
{
    match driver.take_notice() {
        Some(Notice::Interrupted(reason)) => {
            let callback = P::on_interrupted(handler, client, reason);
            driver.run(pin!(callback)).await;
        }
        Some(Notice::Resumed(away)) => {
            let callback = P::on_resumed(handler, client, away);
            driver.run(pin!(callback)).await;
        }
        Some(Notice::ConnectFailed(error)) => {
            let callback = P::on_connect_failure(handler, client, &error);
            match driver.run(pin!(callback)).await {
                Some(Retry::Never) => client.mailbox().stop(),
                Some(Retry::After(delay)) => driver.delay_attempt(clamped(delay)),
                Some(Retry::Backoff) | None => {}
            }
        }
        None => {}
    }
}

/// Runs the last callback of one connection. It is dropped in here: a panic of that is one of the callback.
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
