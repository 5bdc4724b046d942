//! The task of one client.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures::future::FutureExt;
use log::debug;

use super::ServerClient;
use super::peer::Peer;
use crate::driver::{Driver, Notice};
use crate::protocol::ClientMessage;
use crate::reply::OpenRequest;
use crate::tasks::Running;
use crate::{DisconnectReason, Form, LOG_TARGET, Received, Report, ServeWith};

/// Serves one client to its end.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn holds its arguments twice, and this one is held for each client"
)]
pub(super) fn serve<P, H>(
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
                run_notice(client, handler, driver).boxed().await;
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

/// Runs the callback for what has happened to the session.
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
