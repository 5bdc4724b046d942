//! The thread of a connection.
//!
//! async-nats needs tokio, and servers of messi may have other runtimes. So each connection has a thread with a runtime of
//! tokio of its own. It ends with the connection, and all tasks of async-nats with it: they can't go on, such as to connect
//! again.

use std::io;
use std::sync::Arc;
use std::thread;

use futures::future::{AbortHandle, Abortable, Either, select};
use messi_core::cluster::EngineError;
use messi_core::cluster::queue::Queue;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot};

use crate::connection::Connection;
use crate::link::Handle;
use crate::nats::Settings;

/// The receiver of a connection that is being made.
type Connecting = oneshot::Receiver<Result<Handle, EngineError>>;

/// Starts the thread of a connection.
pub(crate) fn start(settings: Settings) -> io::Result<Connecting> {
    let (connected, connecting) = oneshot::channel();
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = thread::Builder::new().name("messi-nats".into());
    thread.spawn(move || {
        runtime.block_on(drive(settings, connected));
        // A host may still be looked up.
        runtime.shutdown_background();
    })?;
    Ok(connecting)
}

/// Makes a connection, and carries out its orders until it ends.
async fn drive(settings: Settings, mut connected: oneshot::Sender<Result<Handle, EngineError>>) {
    let (stop, registration) = AbortHandle::new_pair();
    let queue = Arc::new(Queue::new(move || stop.abort()));
    let connection = Box::pin(Connection::open(&settings, queue.clone()));
    let connection = match select(connection, Box::pin(connected.closed())).await {
        Either::Left((connection, _)) => connection,
        // The node does not wait any more.
        Either::Right(_) => return,
    };
    match connection {
        Ok(connection) => {
            let (batches, orders) = mpsc::channel(1);
            let running = Abortable::new(connection.run(orders), registration);
            if connected.send(Ok(Handle { batches, queue })).is_ok() {
                // The node learns the reason of the end from the queue.
                let _ = running.await;
            }
        }
        Err(error) => {
            let _ = connected.send(Err(error));
        }
    }
}
