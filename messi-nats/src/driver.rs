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
use crate::link::{Batch, Handle};
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
            let (batches, mut orders) = mpsc::channel(1);
            if connected.send(Ok(Handle { batches, queue })).is_ok() {
                // The node learns the reason of the end from the queue.
                let _ = Abortable::new(connection.run(&mut orders), registration).await;
                refuse(orders).await;
            }
        }
        Err(error) => {
            let _ = connected.send(Err(error));
        }
    }
}

/// Drops all batches of a connection that has ended, so that the node does not wait for their results.
///
/// To drop the receiver is not enough: a batch that the node is sending at this moment would stay in the channel.
async fn refuse(mut batches: mpsc::Receiver<Batch>) {
    batches.close();
    while batches.recv().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::executor::block_on;
    use futures::future::join;

    use super::*;

    #[test]
    fn a_batch_that_is_being_sent_when_the_connection_ends_is_refused() {
        let (batches, orders) = mpsc::channel(1);
        let (done, result) = oneshot::channel();
        // What `send` has before it appends the batch.
        let room = batches.try_reserve().unwrap();
        let sending = async {
            let orders = Vec::new();
            room.send(Batch { orders, done });
        };
        block_on(join(refuse(orders), sending));
        assert!(result.now_or_never().is_some_and(|it| it.is_err()));
    }
}
