//! Sleep that may last a little longer than asked for, for the deadlines of many connections.
//!
//! Deadlines of keep-alive move on with each ping, most often just before they come. To learn of
//! that, each connection is woken once per ping more. Here, those whose deadlines are near each
//! other are woken together, and the reactor is not disturbed for each.

use std::collections::BTreeMap;
use std::mem;
use std::pin::{Pin, pin};
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

static SLEEPERS: Mutex<Sleepers> = Mutex::new(Sleepers {
    by_tick: BTreeMap::new(),
    is_driven: false,
});

/// Notified when someone is to be woken before all others.
static EARLIER: Event = Event::new();

/// Who is to be woken, at which tick.
#[derive(Debug)]
struct Sleepers {
    by_tick: BTreeMap<u64, Vec<Waker>>,
    /// Whether there is a task that wakes them.
    is_driven: bool,
}

/// Ready at a tick.
#[derive(Debug)]
pub(super) struct Sleep {
    tick: u64,
    /// Who is woken then, once it has been polled.
    waker: Option<Waker>,
}

impl Sleep {
    /// Sleep until the first tick after a duration.
    pub(super) fn new(duration: Duration) -> Self {
        Self {
            tick: ticks(START.elapsed() + duration) + 1,
            waker: None,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.tick <= ticks(START.elapsed()) {
            return Poll::Ready(());
        }
        let is_known = self
            .waker
            .as_ref()
            .is_some_and(|it| it.will_wake(cx.waker()));
        if !is_known {
            wake_at(self.tick, cx.waker().clone());
            self.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// The whole ticks in a duration, which nobody has set to more than
/// [a hundred years](crate::settings::bounded).
fn ticks(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).map_or(u64::MAX - 1, |millis| millis / TICK)
}

fn wake_at(tick: u64, waker: Waker) {
    let mut sleepers = lock();
    let first = sleepers.by_tick.first_key_value();
    let is_first = first.is_none_or(|(first, _)| tick < *first);
    sleepers.by_tick.entry(tick).or_default().push(waker);
    if !mem::replace(&mut sleepers.is_driven, true) {
        task::spawn(drive());
    } else if is_first {
        EARLIER.notify(1);
    }
}

/// Wakes sleepers for as long as there are any.
async fn drive() {
    loop {
        let earlier = EARLIER.listen();
        let Some(next) = wake_due() else {
            return;
        };
        select(pin!(task::sleep(next)), earlier).await;
    }
}

/// Wakes those whose tick has come, and tells how far the next tick is that someone waits for.
fn wake_due() -> Option<Duration> {
    let (due, next) = take_due();
    due.into_values().flatten().for_each(Waker::wake);
    next
}

fn take_due() -> (BTreeMap<u64, Vec<Waker>>, Option<Duration>) {
    let mut sleepers = lock();
    let later = sleepers.by_tick.split_off(&(ticks(START.elapsed()) + 1));
    let due = mem::replace(&mut sleepers.by_tick, later);
    let next = sleepers.by_tick.first_key_value().map(|(tick, _)| *tick);
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
    use super::*;

    const SHORT: Duration = Duration::from_millis(40);
    const LONG: Duration = Duration::from_secs(3600);

    fn sleep_for(duration: Duration) -> Duration {
        let start = Instant::now();
        task::block_on(Sleep::new(duration));
        start.elapsed()
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
        let long = task::spawn(Sleep::new(LONG));
        while !lock().by_tick.keys().any(|tick| until(*tick) > LONG / 2) {
            std::thread::yield_now();
        }
        sleep_for(SHORT);
        task::block_on(long.cancel());
    }
}
