//! Waiting for the end of a task.

use std::fmt::{self, Debug, Formatter};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::channel::oneshot;

use crate::waits;

/// A future of the output of a task. [`Runtime::spawn`](super::Runtime::spawn) returns it.
///
/// Dropping it does not end the task.
///
/// # Panics
///
/// Awaiting it panics if the task has panicked, or was dropped with its simulation.
///
/// # Examples
///
/// ```
/// use messi::testing::Simulation;
///
/// let simulation = Simulation::new(7);
/// let task = simulation.spawn(async { 6 * 7 });
/// assert_eq!(simulation.run(task), 42);
/// ```
pub struct JoinHandle<T>(oneshot::Receiver<T>);

impl<T: Send + 'static> JoinHandle<T> {
    /// Returns a future that runs another one to its end, and the handle to wait for its output.
    pub(super) fn of(
        future: impl Future<Output = T> + Send + 'static,
    ) -> (impl Future<Output = ()> + Send + 'static, Self) {
        let (sender, receiver) = oneshot::channel();
        let task = async move {
            // An error means that the handle has been dropped.
            let _ = sender.send(future.await);
        };
        (task, Self(receiver))
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let output = waits::recorded(self.0.poll_unpin(cx));
        output.map(|it| it.expect("the task has panicked, or was dropped with its simulation"))
    }
}

impl<T> Debug for JoinHandle<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}
