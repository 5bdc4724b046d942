//! Sleep that may last a little longer than asked for, for the deadlines of many connections.
//!
//! Deadlines of keep-alive move on with each ping, most often just before they come, and each connection must
//! wake up once more per ping to find that out. Here, connections whose deadlines are near each other are
//! woken together, by one timer of the reactor.
//!
//! How a sleeper is woken:
//!
//! 1. A sleep that is polled leaves its waker under its tick. The first of all starts the task that wakes.
//! 2. The task sleeps until the first tick, or until the sleepers change in such a way that this is not the
//!    moment any more: a new sleeper is the first, or the last one is gone.
//! 3. It takes the wakers that are due out of the map, and wakes them after it has unlocked the map.
//! 4. With the last sleeper gone, the task ends. Whether it runs is known under the lock of the map, so that
//!    the next sleeper starts another one.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use async_io::Timer;
use event_listener::Event;
use futures::future::{BoxFuture, FutureExt, select};

use crate::runtime::TICK_MILLIS;

/// The tick at which a sleeper is woken, and the id of its sleep.
type Key = (u64, u64);

/// The sleepers of one runtime, and the task that wakes them.
pub(super) struct Ticks {
    spawn: Box<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>,
    /// The tick 0.
    start: Instant,
    next_id: AtomicU64,
    /// Under the lock, no waker is cloned, woken or dropped, as that may run foreign code; no task is
    /// spawned, and nothing is awaited or logged.
    sleepers: Mutex<Sleepers>,
    /// Notified when [`drive`](Self::drive) must look at the sleepers before it would by itself.
    changed: Event,
}

/// The sleeps that have been polled, and neither dropped nor woken since.
#[derive(Debug, Default)]
struct Sleepers {
    wakers: BTreeMap<Key, Waker>,
    /// Whether there is a task that wakes them.
    is_driven: bool,
}

/// Sleep until a tick. Once dropped, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct TickSleep {
    ticks: Arc<Ticks>,
    key: Key,
}

impl Ticks {
    /// Creates the ticks of a runtime that spawns tasks so.
    pub(super) fn new(spawn: impl Fn(BoxFuture<'static, ()>) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            spawn: Box::new(spawn),
            start: Instant::now(),
            next_id: AtomicU64::new(0),
            sleepers: Mutex::default(),
            changed: Event::new(),
        })
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
    fn insert(self: &Arc<Self>, key: Key, waker: Waker) {
        let mut sleepers = self.lock();
        let first = sleepers.wakers.first_key_value();
        let is_first = first.is_none_or(|(first, _)| key < *first);
        let replaced = sleepers.wakers.insert(key, waker);
        // Under the lock: of sleepers that come at the same time, one starts the task.
        let was_driven = mem::replace(&mut sleepers.is_driven, true);
        drop(sleepers);
        drop(replaced);
        // After unlocking: the task may run at once, and locks the map.
        if !was_driven {
            (self.spawn)(self.clone().drive().boxed());
        } else if is_first {
            // The task sleeps until a later tick. It is the only one that listens.
            self.changed.notify(1);
        }
    }

    /// Removes a sleeper, if it exists.
    fn remove(&self, key: Key) {
        let mut sleepers = self.lock();
        let removed = sleepers.wakers.remove(&key);
        // A sleep that was woken is not in the map any more, and does not count as the last.
        let was_last = removed.is_some() && sleepers.wakers.is_empty();
        drop(sleepers);
        drop(removed);
        if was_last {
            // The task would go on until a tick that no one waits for, which may be years away.
            self.changed.notify(1);
        }
    }

    /// Wakes sleepers for as long as there are any.
    async fn drive(self: Arc<Self>) {
        loop {
            // Before the look at the sleepers: a change right after it must not be missed.
            let changed = self.changed.listen();
            let Some(next) = self.wake_due() else {
                return;
            };
            select(pin!(Timer::after(next)), changed).await;
        }
    }

    /// Wakes the sleepers whose tick has come. Returns the time until the tick of the next one.
    fn wake_due(&self) -> Option<Duration> {
        let (due, next) = self.take_due();
        due.into_values().for_each(Waker::wake);
        next
    }

    fn take_due(&self) -> (BTreeMap<Key, Waker>, Option<Duration>) {
        let mut sleepers = self.lock();
        // The least key of the next tick, since ids begin with 0.
        let later = sleepers.wakers.split_off(&(self.now() + 1, 0));
        let due = mem::replace(&mut sleepers.wakers, later);
        let next = sleepers.wakers.first_key_value().map(|(key, _)| key.0);
        // In the step that finds the map empty: a sleeper after it must start another task.
        sleepers.is_driven = next.is_some();
        (due, next.map(|tick| self.until(tick)))
    }

    /// Returns the time until a tick.
    fn until(&self, tick: u64) -> Duration {
        let tick = Duration::from_millis(tick.saturating_mul(TICK_MILLIS));
        tick.saturating_sub(self.start.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Sleepers> {
        // Nothing that runs under the lock leaves it half changed.
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for Ticks {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ticks")
            .field("sleepers", &self.lock().wakers.len())
            .finish_non_exhaustive()
    }
}

impl Future for TickSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.key.0 <= self.ticks.now() {
            return Poll::Ready(());
        }
        // Cloned before the lock. If the tick comes before the key is in the map, the key is among the first,
        // and the task looks again.
        self.ticks.insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for TickSleep {
    fn drop(&mut self) {
        self.ticks.remove(self.key);
    }
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

    /// Ticks whose task has a thread of its own.
    fn ticks() -> Arc<Ticks> {
        Ticks::new(|task| drop(thread::spawn(|| block_on(task))))
    }

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

    /// Begins a long sleep, and waits until the task that wakes surely sleeps for as long.
    fn sleep_for_long(ticks: &Arc<Ticks>, sleep: &mut TickSleep) {
        assert!(poll(sleep, &Arc::default()).is_pending());
        for _ in 0..2 {
            sleep_for(ticks, SHORT);
        }
    }

    /// Waits for what another thread does.
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
        assert!(sleep_for(&ticks(), SHORT) >= SHORT);
    }

    #[test]
    fn one_who_sleeps_again_is_woken_again() {
        let ticks = ticks();
        for _ in 0..3 {
            assert!(sleep_for(&ticks, SHORT) >= SHORT);
        }
    }

    #[test]
    fn a_short_sleep_is_not_held_up_by_a_long_one() {
        let ticks = ticks();
        let mut long = ticks.sleep(LONG);
        sleep_for_long(&ticks, &mut long);
    }

    #[test]
    fn a_sleep_that_is_dropped_leaves_no_waker() {
        let wakes = Arc::default();
        let mut sleep = ticks().sleep(LONG);
        assert!(poll(&mut sleep, &wakes).is_pending());
        assert!(Arc::strong_count(&wakes) > 1);
        drop(sleep);
        assert_eq!(Arc::strong_count(&wakes), 1);
    }

    #[test]
    fn only_the_last_waker_is_kept_and_woken() {
        let [first, last] = [Arc::default(), Arc::default()];
        let mut sleep = ticks().sleep(SHORT);
        assert!(poll(&mut sleep, &first).is_pending());
        assert!(poll(&mut sleep, &last).is_pending());
        assert_eq!(Arc::strong_count(&first), 1);
        wait_until(|| last.0.load(Ordering::Relaxed) == 1);
        assert_eq!(first.0.load(Ordering::Relaxed), 0);
        assert!(poll(&mut sleep, &last).is_ready());
    }

    #[test]
    fn the_task_ends_once_no_one_waits() {
        let ticks = ticks();
        let mut sleep = ticks.sleep(LONG);
        sleep_for_long(&ticks, &mut sleep);
        assert!(ticks.lock().is_driven);
        drop(sleep);
        wait_until(|| !ticks.lock().is_driven);
    }

    #[test]
    fn nothing_is_left_once_a_runtime_and_its_sleeps_are_dropped() {
        let ticks = ticks();
        let left = Arc::downgrade(&ticks);
        let mut sleeps = [LONG, 2 * LONG].map(|duration| ticks.sleep(duration));
        for sleep in &mut sleeps {
            sleep_for_long(&ticks, sleep);
        }
        drop(ticks);
        drop(sleeps);
        wait_until(|| left.strong_count() == 0);
    }
}
