//! The side of a server for the other nodes of its cluster.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Server, SharedServer};
use crate::cluster::{ClusterNode, Local, Target};
use crate::{ListenError, Protocol};

impl<P: Protocol> Server<P> {
    /// Starts the task of the node, and waits for its link if the server needs one.
    pub(super) async fn join_cluster(&self, node: Arc<ClusterNode>) -> Result<(), ListenError> {
        let (shared, running) = (self.shared.clone(), self.shared.tasks.begin());
        let task = node.clone();
        let task = async move {
            task.run(&*shared).await;
            drop(shared);
            drop(running);
        };
        self.shared.runtime.spawn(task.boxed());
        let started = node.started().await;
        started.map_err(|source| ListenError::Cluster { source })
    }
}

impl Local for SharedServer {
    fn deliver(&self, target: Target<'_>, frames: &[u8], messages: u64) {
        self.registry.deliver(target, frames, messages);
    }

    fn flush(&self) {
        self.registry.flush();
    }

    fn stopped(&self) -> BoxFuture<'_, ()> {
        self.closed().boxed()
    }
}
