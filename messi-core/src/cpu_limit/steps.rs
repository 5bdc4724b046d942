//! A future with heavy polls.
//!
//! A poll does, in this order:
//!
//! 1. It registers the waker of the task. Whoever wakes the future from then on wakes the task.
//! 2. It returns the permit of the last step, and keeps its place in the order of the tasks that ask. The
//!    task has gone through the queue of the executor since: others that were ready have had their turn.
//! 3. Unless the future was woken since the last step, it is pending.
//! 4. It waits for a permit. StepWakes that come meanwhile are remembered.
//! 5. It forgets that the future was woken, and only then polls it: a wake that comes during the poll
//!    leads to another step.
//! 6. If the future is pending, it wakes the task and is pending too, and keeps the permit.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker, ready};

use futures::task::AtomicWaker;

use super::limit::CpuLimit;
use super::permit::CpuPermit;

/// Polls a future only with a permit, and only when it was woken.
#[derive(Debug)]
pub(crate) struct HeavySteps<F> {
    pub(super) future: F,
    permit: CpuPermit,
    wakes: Arc<StepWakes>,
    /// Made of `wakes`.
    waker: Waker,
}

impl<F> HeavySteps<F> {
    /// Limits the polls of a future.
    pub(crate) fn new(limit: Arc<CpuLimit>, future: F) -> Self {
        let wakes = Arc::new(StepWakes {
            // The first step needs no wake.
            is_woken: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        Self {
            future,
            permit: CpuPermit::new(limit),
            waker: Waker::from(wakes.clone()),
            wakes,
        }
    }
}

impl<F: Future + Unpin> Future for HeavySteps<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.wakes.task.register(cx.waker());
        this.permit.pause();
        if !this.wakes.is_woken.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        ready!(this.permit.poll_acquire(cx));
        this.wakes.is_woken.store(false, Ordering::Release);
        let mut step = Context::from_waker(&this.waker);
        match Pin::new(&mut this.future).poll(&mut step) {
            Poll::Ready(output) => {
                // The next task with the permit goes to the end of the queue of the executor.
                this.permit.release();
                Poll::Ready(output)
            }
            Poll::Pending => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

/// Remembers that the future was woken, and wakes the task.
#[derive(Debug)]
struct StepWakes {
    is_woken: AtomicBool,
    task: AtomicWaker,
}

impl Wake for StepWakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Before the task is woken, which may look at it at once on another thread.
        self.is_woken.store(true, Ordering::Release);
        self.task.wake();
    }
}
