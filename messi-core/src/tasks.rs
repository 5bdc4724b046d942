//! Waiting for an event, for a stop, and for the end of all tasks.

use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::task::{Context, Poll, Waker};

use event_listener::Event;
use pin_project_lite::pin_project;

use crate::waits;

/// The tasks of one client or server.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    running: AtomicUsize,
    ended: Event,
}

/// Counts as a running task until it is dropped.
#[derive(Debug)]
pub(crate) struct Running(Arc<Tasks>);

impl Tasks {
    /// Counts one more task as running.
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
            notify_all(&self.0.ended);
        }
    }
}

/// Waits for a future. Returns `None` if `stop` is ready first.
// Not an `async fn`, which holds its arguments twice: a client would keep that memory for its whole life.
pub(crate) fn unless<T>(
    stop: impl Future<Output = ()>,
    future: impl Future<Output = T>,
) -> impl Future<Output = Option<T>> {
    Unless { stop, future }
}

pin_project! {
    /// The future of [`unless`].
    struct Unless<S, F> {
        #[pin]
        stop: S,
        #[pin]
        future: F,
    }
}

impl<S: Future<Output = ()>, F: Future> Future for Unless<S, F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.stop.poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => this.future.poll(cx).map(Some),
        }
    }
}

/// Wakes a task. No lock may be held: it runs foreign code.
#[inline]
pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Notifies all tasks that wait for an event by [`until`]. An event without such tasks allocates no memory.
#[inline]
pub(crate) fn notify_all(event: &Event) {
    // Before the look for listeners: one that comes later finds the change that this notifies of.
    fence(Ordering::SeqCst);
    if event.total_listeners() > 0 {
        event.notify_relaxed(usize::MAX);
    }
}

/// Waits until `check` returns a value. It is called at once, and after each notification.
pub(crate) async fn until<T>(event: &Event, check: impl Fn() -> Option<T>) -> T {
    // Without a listener, which is allocated: most calls need not wait.
    if let Some(output) = check() {
        return output;
    }
    loop {
        // Before the check: a notification in between must not be missed.
        let listener = event.listen();
        if let Some(output) = check() {
            return output;
        }
        waits::record();
        listener.await;
    }
}

/// Counts the steps of a loop, which lets other tasks run after some of them.
#[derive(Debug)]
pub(crate) struct Turns {
    steps: u32,
    steps_per_turn: u32,
}

impl Turns {
    /// Creates a counter at the beginning of a turn.
    pub(crate) fn new(steps_per_turn: u32) -> Self {
        Self {
            steps: 0,
            steps_per_turn,
        }
    }

    /// Counts a step. After the last step of a turn, other tasks that are ready run first.
    pub(crate) async fn step(&mut self) {
        self.steps += 1;
        if self.steps >= self.steps_per_turn {
            self.steps = 0;
            yield_now().await;
        }
    }
}

/// Lets other tasks that are ready run.
pub(crate) async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|cx| {
        if mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        // A callback that only lets others run waits for something of this crate.
        waits::record();
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::future::FutureExt;

    use super::*;

    #[test]
    fn a_turn_ends_after_its_last_step() {
        let mut turns = Turns::new(3);
        for _ in 0..2 {
            assert!(turns.step().now_or_never().is_some());
            assert!(turns.step().now_or_never().is_some());
            assert!(turns.step().now_or_never().is_none());
        }
    }

    #[test]
    fn the_next_turn_begins_by_itself() {
        let mut turns = Turns::new(1);
        block_on(turns.step());
    }
}
