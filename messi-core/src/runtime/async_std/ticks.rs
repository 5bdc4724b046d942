//! Sleep that may last a little longer than asked for, for the deadlines of many connections.
//!
//! Deadlines of keep-alive move on with each ping, most often just before they come. To learn of
//! that, each connection is woken once per ping more. Here, those whose deadlines are near each
//! other are woken together, and the reactor is not disturbed for each.

use std::collections::BTreeMap;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use async_std::task;
use event_listener::Event;
use futures::future::select;

/// How far ticks are apart, in milliseconds.
const TICK: u64 = 32;

/// Sleep that is shorter is not for this: a tick would be too much of it.
pub(super) const MIN_SLEEP: Duration = Duration::from_secs(1);

/// The tick 0.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Sleepers of the whole process. A waker is cloned, used and dropped only while this is not locked,
/// since each of them may run foreign code; nothing is awaited and no task is spawned under it.
static SLEEPERS: Mutex<Sleepers> = Mutex::new(Sleepers {
    wakers: BTreeMap::new(),
    is_driven: false,
});

/// The id of the next sleep.
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// Notified when [`drive`] must look at the sleepers before it would by itself: one is to be woken
/// before all others, or there is none left.
static CHANGED: Event = Event::new();

/// The tick to wake a sleeper at, and the id of its sleep.
type Key = (u64, u64);

/// The sleeps that have been polled, and neither dropped nor woken since.
#[derive(Debug)]
struct Sleepers {
    wakers: BTreeMap<Key, Waker>,
    /// Whether there is a task that wakes them.
    is_driven: bool,
}

/// Ready at a tick. Once dropped, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Sleep {
    key: Key,
}

impl Sleep {
    /// Sleep until the first tick after a duration.
    pub(super) fn new(duration: Duration) -> Self {
        let tick = ticks(START.elapsed() + duration) + 1;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Self { key: (tick, id) }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.key.0 <= ticks(START.elapsed()) {
            return Poll::Ready(());
        }
        insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        remove(self.key);
    }
}

/// The whole ticks in a duration, which nobody has set to more than
/// [a hundred years](crate::settings::bounded).
fn ticks(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).map_or(u64::MAX - 1, |millis| millis / TICK)
}

/// Adds a sleeper, or replaces the waker of one that is there.
fn insert(key: Key, waker: Waker) {
    let mut sleepers = lock();
    let first = sleepers.wakers.first_key_value();
    let is_first = first.is_none_or(|(first, _)| key < *first);
    let replaced = sleepers.wakers.insert(key, waker);
    let was_driven = mem::replace(&mut sleepers.is_driven, true);
    drop(sleepers);
    drop(replaced);
    if !was_driven {
        task::spawn(drive());
    } else if is_first {
        CHANGED.notify(1);
    }
}

/// Removes a sleeper, if it is there.
fn remove(key: Key) {
    let mut sleepers = lock();
    let removed = sleepers.wakers.remove(&key);
    let was_last = removed.is_some() && sleepers.wakers.is_empty();
    drop(sleepers);
    drop(removed);
    if was_last {
        // The task would go on until a tick that no one waits for, which may be years away.
        CHANGED.notify(1);
    }
}

/// Wakes sleepers for as long as there are any.
async fn drive() {
    loop {
        // Before the look at the sleepers: a change right after it must not be missed.
        let changed = CHANGED.listen();
        let Some(next) = wake_due() else {
            return;
        };
        select(pin!(task::sleep(next)), changed).await;
    }
}

/// Wakes the sleepers whose tick has come. Returns the time to the next tick that one waits for.
fn wake_due() -> Option<Duration> {
    let (due, next) = take_due();
    due.into_values().for_each(Waker::wake);
    next
}

fn take_due() -> (BTreeMap<Key, Waker>, Option<Duration>) {
    let mut sleepers = lock();
    let later = sleepers.wakers.split_off(&(ticks(START.elapsed()) + 1, 0));
    let due = mem::replace(&mut sleepers.wakers, later);
    let next = sleepers.wakers.first_key_value().map(|(key, _)| key.0);
    sleepers.is_driven = next.is_some();
    (due, next.map(until))
}

/// How far a tick is.
fn until(tick: u64) -> Duration {
    Duration::from_millis(tick.saturating_mul(TICK)).saturating_sub(START.elapsed())
}

fn lock() -> MutexGuard<'static, Sleepers> {
    // Nothing that runs under the lock leaves it half changed.
    SLEEPERS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;
    use std::thread;

    use super::*;

    const SHORT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(3600);

    fn sleep_for(duration: Duration) -> Duration {
        let start = Instant::now();
        task::block_on(Sleep::new(duration));
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

    fn poll(sleep: &mut Sleep, wakes: &Arc<Wakes>) -> Poll<()> {
        let waker = Waker::from(wakes.clone());
        Pin::new(sleep).poll(&mut Context::from_waker(&waker))
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
        assert!(sleep_for(SHORT) >= SHORT);
    }

    #[test]
    fn one_who_sleeps_again_is_woken_again() {
        for _ in 0..3 {
            assert!(sleep_for(SHORT) >= SHORT);
        }
    }

    #[test]
    fn a_short_sleep_is_not_held_up_by_a_long_one() {
        let mut long = Sleep::new(LONG);
        assert!(poll(&mut long, &Arc::default()).is_pending());
        // At the second, the task surely sleeps for long.
        for _ in 0..2 {
            sleep_for(SHORT);
        }
    }

    #[test]
    fn a_sleep_that_is_dropped_leaves_no_waker() {
        let wakes = Arc::default();
        let mut sleep = Sleep::new(LONG);
        assert!(poll(&mut sleep, &wakes).is_pending());
        assert!(Arc::strong_count(&wakes) > 1);
        drop(sleep);
        assert_eq!(Arc::strong_count(&wakes), 1);
    }

    #[test]
    fn only_the_last_waker_is_kept_and_woken() {
        let [first, last] = [Arc::default(), Arc::default()];
        let mut sleep = Sleep::new(SHORT);
        assert!(poll(&mut sleep, &first).is_pending());
        assert!(poll(&mut sleep, &last).is_pending());
        assert_eq!(Arc::strong_count(&first), 1);
        wait_until(|| last.0.load(Ordering::Relaxed) == 1);
        assert_eq!(first.0.load(Ordering::Relaxed), 0);
        assert!(poll(&mut sleep, &last).is_ready());
    }

    #[test]
    fn the_task_ends_once_no_one_waits() {
        let mut sleep = Sleep::new(LONG);
        assert!(poll(&mut sleep, &Arc::default()).is_pending());
        drop(sleep);
        // Sleepers of other tests may keep it for a while.
        wait_until(|| !lock().is_driven);
    }
}
