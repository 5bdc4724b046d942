//! Sleep that may last a little longer than asked for, for the deadlines of many connections.
//!
//! Deadlines of keep-alive move on with each ping, most often just before they come, and each connection must wake up
//! once more per ping to find that out. Here, connections with deadlines near each other are woken together.
//!
//! A thread of its own wakes them. A timer of the reactor would cost each wait for events a new deadline: two more looks
//! at the clock, an allocation, and a timer of the operating system that is set and stopped for each message.
//!
//! How a sleeper is woken:
//!
//! 1. A sleep that is polled leaves its waker under its tick.
//! 2. The thread waits until the first tick, or until another sleeper becomes the first. Without sleepers, it waits
//!    for one.
//! 3. It takes the wakers that are due out of the map, and wakes them after it has unlocked the map.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::runtime::TICK_MILLIS;

/// The tick at which a sleeper is woken, and the id of its sleep.
type Key = (u64, u64);

/// The wakers of the sleeps that have been polled, and neither dropped nor woken since.
type Sleepers = BTreeMap<Key, Waker>;

/// The sleepers of all runtimes on the reactor, which is shared by all of them too.
pub(super) struct Ticks {
    /// The tick 0.
    start: Instant,
    next_id: AtomicU64,
    /// Under the lock, no waker is cloned, woken or dropped, as that may run foreign code; there is no await or log
    /// output.
    sleepers: Mutex<Sleepers>,
    /// Notified when the thread must look at the sleepers before it would by itself.
    changed: Condvar,
}

/// Sleep until a tick. Once dropped, it leaves no sleeper behind.
#[derive(Debug)]
pub(super) struct TickSleep {
    ticks: Arc<Ticks>,
    key: Key,
}

impl Ticks {
    /// Returns the ticks of this process. Their thread starts with the first call.
    ///
    /// # Panics
    ///
    /// If the operating system starts no thread.
    pub(super) fn shared() -> Arc<Self> {
        static SHARED: LazyLock<Arc<Ticks>> = LazyLock::new(Ticks::start);
        SHARED.clone()
    }

    /// Creates ticks, and starts the thread that wakes their sleepers, which never ends.
    fn start() -> Arc<Self> {
        let ticks = Arc::new(Self {
            start: Instant::now(),
            next_id: AtomicU64::new(0),
            sleepers: Mutex::default(),
            changed: Condvar::new(),
        });
        let of_thread = ticks.clone();
        thread::Builder::new()
            .name("messi-ticks".into())
            .spawn(move || of_thread.wake_sleepers())
            .expect("the operating system starts a thread");
        ticks
    }

    /// Sleeps until the first tick after a duration.
    pub(super) fn sleep(self: &Arc<Self>, duration: Duration) -> TickSleep {
        // Whole ticks round down, but no sleep may be too short.
        let tick = whole_ticks(self.start.elapsed() + duration) + 1;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        TickSleep {
            ticks: self.clone(),
            key: (tick, id),
        }
    }

    /// Returns the last tick that has come.
    fn now(&self) -> u64 {
        whole_ticks(self.start.elapsed())
    }

    /// Adds a sleeper, or replaces the waker of one that exists.
    fn insert(&self, key: Key, waker: Waker) {
        let mut sleepers = self.lock();
        let first = sleepers.first_key_value();
        let is_first = first.is_none_or(|(first, _)| key < *first);
        let replaced = sleepers.insert(key, waker);
        drop(sleepers);
        drop(replaced);
        if is_first {
            // The thread waits for a later tick.
            self.changed.notify_one();
        }
    }

    /// Removes a sleeper, if it exists. The thread may look for it in vain once.
    fn remove(&self, key: Key) {
        // The guard is dropped before the waker.
        let removed = self.lock().remove(&key);
        drop(removed);
    }

    /// Wakes sleepers when their ticks have come.
    fn wake_sleepers(&self) -> ! {
        let mut sleepers = self.lock();
        loop {
            let due = self.take_due(&mut sleepers);
            sleepers = if due.is_empty() {
                self.wait(sleepers)
            } else {
                drop(sleepers);
                due.into_values().for_each(wake);
                self.lock()
            };
        }
    }

    /// Takes the wakers of the sleepers that are due.
    fn take_due(&self, sleepers: &mut Sleepers) -> Sleepers {
        // The least key of the next tick, since ids begin with 0.
        let later = sleepers.split_off(&(self.now() + 1, 0));
        mem::replace(sleepers, later)
    }

    /// Waits until the first tick, or until the sleepers have changed.
    fn wait<'a>(&'a self, sleepers: MutexGuard<'a, Sleepers>) -> MutexGuard<'a, Sleepers> {
        let Some(((tick, _), _)) = sleepers.first_key_value() else {
            let waited = self.changed.wait(sleepers);
            return waited.unwrap_or_else(PoisonError::into_inner);
        };
        let left = self.until(*tick);
        let waited = self.changed.wait_timeout(sleepers, left);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Returns the time until a tick.
    fn until(&self, tick: u64) -> Duration {
        let tick = Duration::from_millis(tick.saturating_mul(TICK_MILLIS));
        tick.saturating_sub(self.start.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Sleepers> {
        // No code that runs under the lock leaves it half changed.
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for Ticks {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ticks")
            .field("sleepers", &self.lock().len())
            .finish_non_exhaustive()
    }
}

impl Future for TickSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.key.0 <= self.ticks.now() {
            return Poll::Ready(());
        }
        // Cloned before the lock. If the tick comes before the key is in the map, the key is the first, and the
        // thread looks again.
        self.ticks.insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for TickSleep {
    fn drop(&mut self) {
        self.ticks.remove(self.key);
    }
}

/// Wakes a task. A waker that panics must not end the thread: all other sleepers would sleep for ever.
fn wake(waker: Waker) {
    // The panic hook has reported it.
    let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
}

/// Returns the whole ticks in a duration, which the settings bound to
/// [a hundred years](messi_wire::config::bounded).
fn whole_ticks(duration: Duration) -> u64 {
    // Below the greatest number: a sleep adds a tick.
    u64::try_from(duration.as_millis()).map_or(u64::MAX - 1, |millis| millis / TICK_MILLIS)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;
    use std::thread;

    use async_io::block_on;

    use super::*;

    const SHORT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(3600);

    fn sleep_for(ticks: &Arc<Ticks>, duration: Duration) -> Duration {
        let start = Instant::now();
        block_on(ticks.sleep(duration));
        start.elapsed()
    }

    /// Counts how often it is woken. Its references are its wakers, and the one of the test.
    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll(sleep: &mut TickSleep, wakes: &Arc<Wakes>) -> Poll<()> {
        let waker = Waker::from(wakes.clone());
        Pin::new(sleep).poll(&mut Context::from_waker(&waker))
    }

    /// Begins a long sleep, and waits until the thread surely waits for its tick.
    fn sleep_for_long(ticks: &Arc<Ticks>, sleep: &mut TickSleep) {
        assert!(poll(sleep, &Arc::default()).is_pending());
        for _ in 0..2 {
            sleep_for(ticks, SHORT);
        }
    }

    /// Waits for an action of another thread.
    #[track_caller]
    fn wait_until(is_done: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_done() {
            assert!(start.elapsed() < Duration::from_secs(60), "it never is");
            thread::yield_now();
        }
    }

    #[test]
    fn nobody_is_woken_too_early() {
        assert!(sleep_for(&Ticks::start(), SHORT) >= SHORT);
    }

    #[test]
    fn one_who_sleeps_again_is_woken_again() {
        let ticks = Ticks::start();
        for _ in 0..3 {
            assert!(sleep_for(&ticks, SHORT) >= SHORT);
        }
    }

    #[test]
    fn a_short_sleep_is_not_held_up_by_a_long_one() {
        let ticks = Ticks::start();
        let mut long = ticks.sleep(LONG);
        sleep_for_long(&ticks, &mut long);
    }

    #[test]
    fn a_sleep_that_is_dropped_leaves_no_waker() {
        let wakes = Arc::default();
        let mut sleep = Ticks::start().sleep(LONG);
        assert!(poll(&mut sleep, &wakes).is_pending());
        assert!(Arc::strong_count(&wakes) > 1);
        drop(sleep);
        assert_eq!(Arc::strong_count(&wakes), 1);
    }

    #[test]
    fn only_the_last_waker_is_kept_and_woken() {
        let [first, last] = [Arc::default(), Arc::default()];
        let mut sleep = Ticks::start().sleep(SHORT);
        assert!(poll(&mut sleep, &first).is_pending());
        assert!(poll(&mut sleep, &last).is_pending());
        assert_eq!(Arc::strong_count(&first), 1);
        wait_until(|| last.0.load(Ordering::Relaxed) == 1);
        assert_eq!(first.0.load(Ordering::Relaxed), 0);
        assert!(poll(&mut sleep, &last).is_ready());
    }

    #[test]
    fn a_sleep_after_all_others_were_dropped_is_woken() {
        let ticks = Ticks::start();
        let mut sleep = ticks.sleep(LONG);
        sleep_for_long(&ticks, &mut sleep);
        drop(sleep);
        assert!(ticks.lock().is_empty());
        assert!(sleep_for(&ticks, SHORT) >= SHORT);
    }
}
