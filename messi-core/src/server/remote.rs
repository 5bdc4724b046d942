//! The side of a server for the other nodes of its cluster.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::SharedServer;
use crate::ListenError;
use crate::cluster::{ClusterNode, Local, Target};

impl SharedServer {
    /// Starts the task of the node, and waits for its link if the server needs one.
    // Boxed, so that the program of the user need not compile it.
    pub(super) fn join_cluster(
        self: &Arc<Self>,
        node: Arc<ClusterNode>,
    ) -> BoxFuture<'static, Result<(), ListenError>> {
        let (shared, running) = (self.clone(), self.tasks.begin());
        let task = node.clone();
        let task = async move {
            task.run(&*shared).await;
            drop(shared);
            drop(running);
        };
        self.runtime.spawn(task.boxed());
        async move {
            let started = node.started().await;
            started.map_err(|source| ListenError::Cluster { source })
        }
        .boxed()
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
