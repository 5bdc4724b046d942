//! Waiting for what others do: for an event, for a stop, for the end of every task.

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
        let has_ended = || (self.running.load(Ordering::Acquire) == 0).then_some(());
        until(&self.ended, has_ended).await;
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

/// Waits until `check` gives something. It is asked at once, and after each notification.
pub(crate) async fn until<T>(event: &Event, check: impl Fn() -> Option<T>) -> T {
    loop {
        let listener = event.listen();
        if let Some(output) = check() {
            return output;
        }
        listener.await;
    }
}
