//! Time as a runtime keeps it: the clock, sleep, and the timers that are built on them.

use std::fmt::Debug;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, Either, select};

/// The clock of a runtime, and futures that wait for it.
pub(crate) trait TimeSource: Debug + Send + Sync + 'static {
    /// Returns the time now.
    fn now(&self) -> Instant;

    /// Waits for a duration.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Waits for a duration or a few hundredths longer, which costs less if many do so.
    fn sleep_about(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.sleep(duration)
    }
}

/// Waits for a future, but not longer than `limit`: then it returns `None`.
pub(crate) async fn timeout<T>(
    time: &dyn TimeSource,
    limit: Duration,
    future: impl Future<Output = T> + Unpin,
) -> Option<T> {
    match select(future, time.sleep(limit)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// A timer for deadlines that mostly move on before they come.
///
/// It is armed again only when it fires, or when the deadline has moved forward. It may fire a little late.
#[derive(Default)]
pub(crate) struct DeadlineTimer {
    armed: Option<ArmedTimer>,
}

/// The sleep of a [`DeadlineTimer`].
struct ArmedTimer {
    deadline: Instant,
    sleep: BoxFuture<'static, ()>,
    /// The task that the sleep wakes, once the sleep has been polled.
    waker: Option<Waker>,
}

impl DeadlineTimer {
    /// Waits for `deadline`, and returns the time then. The caller passes the same source of time each time, and a
    /// time `now` of the same poll of its task: a timer that has fired since then has woken the task once more.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        time: &dyn TimeSource,
        deadline: Instant,
        now: Instant,
    ) -> Poll<Instant> {
        // Most often, a sleep will wake this task in time: to poll it takes as long as a part of a message.
        let armed = self.armed.as_ref();
        if now < deadline && armed.is_some_and(|armed| armed.will_wake(cx, deadline, now)) {
            return Poll::Pending;
        }
        self.poll_sleep(cx, time, deadline, now)
    }

    fn poll_sleep(
        &mut self,
        cx: &mut Context<'_>,
        time: &dyn TimeSource,
        deadline: Instant,
        mut now: Instant,
    ) -> Poll<Instant> {
        while now < deadline {
            match &mut self.armed {
                // A sleep that ends before the deadline is kept: to arm it again costs more than to wake
                // up once too often.
                Some(armed) if armed.deadline <= deadline => {
                    ready!(armed.poll(cx));
                    self.armed = None;
                    now = time.now();
                }
                _ => {
                    // The time of the caller may be that of its last read.
                    now = time.now();
                    self.armed = Some(ArmedTimer {
                        deadline,
                        sleep: time.sleep_about(deadline.saturating_duration_since(now)),
                        waker: None,
                    });
                }
            }
        }
        Poll::Ready(now)
    }
}

impl ArmedTimer {
    /// Returns whether the sleep, which has not ended, will wake this task by itself, before the deadline or then.
    #[inline]
    fn will_wake(&self, cx: &Context<'_>, deadline: Instant, now: Instant) -> bool {
        let wakes = |waker: &Waker| waker.will_wake(cx.waker());
        now < self.deadline && self.deadline <= deadline && self.waker.as_ref().is_some_and(wakes)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let result = self.sleep.as_mut().poll(cx);
        self.waker = Some(cx.waker().clone());
        result
    }
}
