//! The two halves of a link, on the runtime of the server. Their operations go to the thread of the connection and
//! back.

use std::sync::Arc;

use messi_core::cluster::queue::{Message, Queue};
use messi_core::cluster::{
    EngineError, EngineFuture, Inbox, Link, LinkReceiver, LinkSender, Order,
};
use tokio::sync::{mpsc, oneshot};

use crate::driver;
use crate::error::Failure;
use crate::nats::Settings;

/// Orders on their way to the thread of a connection.
pub(crate) struct Batch {
    pub(crate) orders: Vec<Order>,
    /// Takes the result. The node may have stopped waiting.
    pub(crate) done: oneshot::Sender<Result<(), EngineError>>,
}

/// A connection, as its thread hands it out.
#[derive(Debug)]
pub(crate) struct Handle {
    /// Has room for one batch: the node waits for each, and one that stops waiting must not fill the memory.
    pub(crate) batches: mpsc::Sender<Batch>,
    pub(crate) queue: Arc<Queue>,
}

/// Starts the thread of a connection, and waits until it is made.
pub(crate) async fn establish(settings: Settings) -> Result<Link, EngineError> {
    let connected = driver::start(settings).map_err(Failure::Thread)?;
    let handle = connected
        .await
        .unwrap_or_else(|_| Err(Failure::ended().into()))?;
    let connection = Arc::new(Connection {
        queue: handle.queue,
    });
    Ok(Link {
        sender: Box::new(NatsSender {
            batches: handle.batches,
            connection: connection.clone(),
        }),
        receiver: Box::new(NatsReceiver {
            messages: Vec::new(),
            connection,
        }),
    })
}

/// The state that the halves of a link share. The connection is closed when both are dropped.
#[derive(Debug)]
struct Connection {
    queue: Arc<Queue>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.queue.close(Failure::Lost("it is not needed any more"));
    }
}

/// Publishes and subscribes.
#[derive(Debug)]
struct NatsSender {
    batches: mpsc::Sender<Batch>,
    connection: Arc<Connection>,
}

impl LinkSender for NatsSender {
    fn send(&mut self, orders: Vec<Order>) -> EngineFuture<'_, ()> {
        Box::pin(async move {
            if orders.is_empty() {
                return Ok(());
            }
            let (done, result) = oneshot::channel();
            if self.batches.send(Batch { orders, done }).await.is_ok()
                && let Ok(result) = result.await
            {
                return result;
            }
            let end = self.connection.queue.end();
            Err(end.unwrap_or_else(|| Failure::ended().into()))
        })
    }
}

/// Receives messages.
#[derive(Debug)]
struct NatsReceiver {
    /// Empty between two calls, to keep its memory.
    messages: Vec<Message>,
    connection: Arc<Connection>,
}

impl LinkReceiver for NatsReceiver {
    fn receive<'a>(&'a mut self, inbox: &'a mut Inbox<'_>) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            self.connection.queue.take(&mut self.messages).await?;
            for message in self.messages.drain(..) {
                inbox.deliver(&message.channel, &message.payload);
            }
            Ok(())
        })
    }
}
