//! The reports of async-nats about a connection.

use std::sync::Arc;

use async_nats::Event;
use messi_core::cluster::queue::Queue;

use crate::error::Failure;

/// Takes the reports of a connection. All but a few are its end.
///
/// async-nats drops it when the task of the connection has ended, for whatever reason.
pub(crate) struct Reports(pub(crate) Arc<Queue>);

impl Reports {
    pub(crate) fn take(&self, event: Event) {
        let failure = match event {
            Event::Connected | Event::LameDuckMode | Event::Draining => return,
            Event::ServerError(error) => Failure::Reported(error.to_string()),
            Event::ClientError(error) => Failure::Reported(error.to_string()),
            // Does not happen, since `Subscription` takes each message at once.
            Event::SlowConsumer(_) => Failure::Lost("a message was dropped"),
            Event::Disconnected | Event::Closed => {
                Failure::Lost("the server has closed it, or does not answer")
            }
        };
        self.0.close(failure);
    }
}

impl Drop for Reports {
    fn drop(&mut self) {
        self.0.close(Failure::Lost("its task has ended"));
    }
}
