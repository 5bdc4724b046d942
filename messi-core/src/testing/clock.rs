//! Pretended time.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::waits;

/// The clock of a simulation. It stands still while a task is ready, and then jumps to the next time that a task
/// waits for.
#[derive(Clone)]
pub(super) struct SimulatedClock(Arc<ClockShared>);

struct ClockShared {
    /// The `Instant` that stands for the start. Only differences matter.
    start: Instant,
    state: Mutex<ClockState>,
}

#[derive(Default)]
struct ClockState {
    elapsed: Duration,
    next_id: u64,
    /// The wakers of sleeping tasks, by the time to wake them, and then in the order of falling asleep.
    sleepers: BTreeMap<(Duration, u64), Waker>,
}

impl SimulatedClock {
    pub(super) fn new() -> Self {
        Self(Arc::new(ClockShared {
            start: Instant::now(),
            state: Mutex::default(),
        }))
    }

    /// Returns the pretended time since the start of the simulation.
    pub(super) fn elapsed(&self) -> Duration {
        self.lock().elapsed
    }

    /// Waits for a pretended duration.
    pub(super) fn sleep(&self, duration: Duration) -> ClockSleep {
        self.sleep_until(self.elapsed().saturating_add(duration))
    }

    /// Waits until this time has passed since the start.
    pub(super) fn sleep_until(&self, deadline: Duration) -> ClockSleep {
        let mut state = self.lock();
        state.next_id += 1;
        ClockSleep {
            clock: self.clone(),
            key: (deadline, state.next_id),
        }
    }

    /// Returns the time now, as an `Instant`.
    pub(super) fn now(&self) -> Instant {
        self.0.start + self.elapsed()
    }

    /// Returns the next time that a task waits for.
    pub(super) fn next(&self) -> Option<Duration> {
        self.lock().sleepers.keys().next().map(|key| key.0)
    }

    /// Jumps to a time, and wakes the tasks that have waited for it.
    pub(super) fn advance_to(&self, moment: Duration) {
        let mut state = self.lock();
        state.elapsed = moment;
        let later = state.sleepers.split_off(&(moment, u64::MAX));
        let due = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        due.into_values().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, ClockState> {
        // No code that runs under the lock leaves it half changed.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for SimulatedClock {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SimulatedClock")
            .field("elapsed", &self.elapsed())
            .finish_non_exhaustive()
    }
}

/// Waits for a time. Once it is dropped, the clock does not jump to that time any more.
#[derive(Debug)]
pub(super) struct ClockSleep {
    clock: SimulatedClock,
    key: (Duration, u64),
}

impl ClockSleep {
    /// Returns the time, counted from the start.
    pub(super) fn deadline(&self) -> Duration {
        self.key.0
    }
}

impl Future for ClockSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if state.elapsed >= self.key.0 {
            return Poll::Ready(());
        }
        let replaced = state.sleepers.insert(self.key, cx.waker().clone());
        // A waker may do anything when it is dropped: not under the lock.
        drop(state);
        drop(replaced);
        waits::record();
        Poll::Pending
    }
}

impl Drop for ClockSleep {
    fn drop(&mut self) {
        let removed = self.clock.lock().sleepers.remove(&self.key);
        drop(removed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn those_are_woken_whose_moment_has_come() {
        let clock = SimulatedClock::new();
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(wakes.clone());
        let mut cx = Context::from_waker(&waker);
        let mut sleeps = [1, 1, 2].map(|seconds| clock.sleep(seconds * SECOND));
        for sleep in &mut sleeps {
            assert_eq!(Pin::new(sleep).poll(&mut cx), Poll::Pending);
        }
        let start = clock.now();
        assert_eq!(clock.next(), Some(SECOND));
        clock.advance_to(SECOND);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 2);
        assert_eq!(clock.now() - start, SECOND);
        assert_eq!(clock.next(), Some(2 * SECOND));
        assert_eq!(Pin::new(&mut sleeps[0]).poll(&mut cx), Poll::Ready(()));
        assert_eq!(Pin::new(&mut sleeps[2]).poll(&mut cx), Poll::Pending);
    }

    #[test]
    fn nobody_waits_for_a_sleep_that_was_dropped() {
        let clock = SimulatedClock::new();
        let mut sleep = clock.sleep(SECOND);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(Pin::new(&mut sleep).poll(&mut cx), Poll::Pending);
        drop(sleep);
        assert_eq!(clock.next(), None);
    }

    #[test]
    fn a_sleep_without_end_does_not_overflow() {
        let clock = SimulatedClock::new();
        clock.advance_to(SECOND);
        assert_eq!(clock.sleep_until(Duration::MAX).deadline(), Duration::MAX);
        drop(clock.sleep(Duration::MAX));
    }
}
