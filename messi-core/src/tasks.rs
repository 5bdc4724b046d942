//! Stopping tasks, and knowing when every one of them has ended.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use event_listener::Event;
use futures::future::{Either, select};

/// The tasks of one client or server.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    running: AtomicUsize,
    ended: Event,
}

/// A running task, until it is dropped.
#[derive(Debug)]
pub(crate) struct Running(Arc<Tasks>);

impl Tasks {
    /// Counts a task as running.
    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::AcqRel);
        Running(self.clone())
    }

    /// Waits until no task is running.
    pub(crate) async fn ended(&self) {
        loop {
            let listener = self.ended.listen();
            if self.running.load(Ordering::Acquire) == 0 {
                return;
            }
            listener.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.ended.notify(usize::MAX);
        }
    }
}

/// Waits for a future; `None` if `stop` is ready first.
pub(crate) async fn unless<T>(
    stop: impl Future<Output = ()>,
    future: impl Future<Output = T>,
) -> Option<T> {
    match select(pin!(stop), pin!(future)).await {
        Either::Left(_) => None,
        Either::Right((output, _)) => Some(output),
    }
}
