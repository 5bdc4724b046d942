use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::{FutureExt, pending};

use super::limit::CONGESTION;
use super::*;
use crate::testing::Simulation;

/// A task that counts its wake-ups.
#[derive(Default)]
struct CountingTask(AtomicUsize);

impl Wake for CountingTask {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl CountingTask {
    /// Calls a poll function with the waker of this task.
    fn poll<T>(self: &Arc<Self>, poll: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let waker = Waker::from(self.clone());
        poll(&mut Context::from_waker(&waker))
    }

    fn take_wakes(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// A permit and its task.
struct User(CpuPermit, Arc<CountingTask>);

impl User {
    fn new(limit: &Arc<CpuLimit>) -> Self {
        Self(CpuPermit::new(limit.clone()), Arc::default())
    }

    fn acquires(&mut self) -> bool {
        self.1.poll(|cx| self.0.poll_acquire(cx).is_ready())
    }
}

fn users<const COUNT: usize>(limit: &Arc<CpuLimit>) -> [User; COUNT] {
    std::array::from_fn(|_| User::new(limit))
}

/// A future that counts its polls, and is ready after a certain number. Keeps the waker of the last
/// poll.
struct Steps {
    polls: usize,
    needed: usize,
    waker: Option<Waker>,
}

impl Steps {
    fn new(needed: usize) -> Self {
        Self {
            polls: 0,
            needed,
            waker: None,
        }
    }
}

impl Future for Steps {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.polls += 1;
        self.waker = Some(cx.waker().clone());
        if self.polls < self.needed {
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

fn poll_steps(task: &Arc<CountingTask>, steps: &mut HeavySteps<Steps>) -> Poll<()> {
    task.poll(|cx| Pin::new(steps).poll(cx))
}

fn wake(steps: &HeavySteps<Steps>) {
    steps.future.waker.as_ref().unwrap().wake_by_ref();
}

#[test]
fn one_of_several_cores_is_left_to_other_tasks() {
    for (cores, permits) in [(0, 1), (1, 1), (2, 1), (4, 3)] {
        assert_eq!(CpuLimit::new(cores).free_and_waiting().0, permits);
    }
}

#[test]
fn permits_are_acquired_in_the_order_of_requests() {
    let limit = CpuLimit::new(2);
    let [mut first, mut second, mut third] = users(&limit);
    assert!(first.acquires());
    assert!(!second.acquires());
    assert!(!third.acquires());
    first.0.release();
    // A permit that is requested again is queued behind waiting ones.
    assert!(!first.acquires());
    assert!(!third.acquires());
    assert_eq!((second.1.take_wakes(), third.1.take_wakes()), (1, 0));
    assert!(second.acquires());
    second.0.release();
    assert!(third.acquires());
    third.0.release();
    assert!(first.acquires());
}

#[test]
fn a_task_that_pauses_keeps_its_place() {
    let limit = CpuLimit::new(1);
    let [mut first, mut second, mut third] = users(&limit);
    assert!(first.acquires());
    assert!(!second.acquires());
    assert!(!third.acquires());
    first.0.pause();
    // The second user gets the permit, but not yet the third.
    assert!(!first.acquires());
    assert!(second.acquires());
    second.0.release();
    assert!(first.acquires());
    first.0.release();
    assert!(third.acquires());
}

#[test]
fn a_dropped_permit_is_passed_to_the_next_task() {
    let limit = CpuLimit::new(1);
    let [mut first, mut second, mut third, mut fourth] = users(&limit);
    assert!(first.acquires());
    for user in [&mut second, &mut third, &mut fourth] {
        assert!(!user.acquires());
    }
    // Drops a waiting user, the one with the permit, and one that got the permit but has not polled.
    drop(second);
    drop(first);
    assert_eq!(third.1.take_wakes(), 1);
    drop(third);
    assert_eq!(fourth.1.take_wakes(), 1);
    assert!(fourth.acquires());
    drop(fourth);
    assert_eq!(limit.free_and_waiting().0, 1);
    assert_eq!(limit.free_and_waiting().1, 0);
}

#[test]
fn uncongested_waits_until_fewer_tasks_wait_for_permits() {
    let limit = CpuLimit::new(1);
    let mut waiting: Vec<User> = (0..CONGESTION).map(|_| User::new(&limit)).collect();
    let mut last = User::new(&limit);
    // One of these users has the permit.
    waiting.iter_mut().for_each(|user| {
        user.acquires();
    });
    assert!(limit.uncongested().now_or_never().is_some());
    assert!(!last.acquires());
    let task = Arc::new(CountingTask::default());
    let mut uncongested = pin!(limit.uncongested());
    assert!(task.poll(|cx| uncongested.as_mut().poll(cx)).is_pending());
    drop(last);
    assert_eq!(task.take_wakes(), 1);
    assert!(task.poll(|cx| uncongested.as_mut().poll(cx)).is_ready());
}

#[test]
fn a_permit_is_released_after_a_turn_of_other_tasks() {
    let limit = CpuLimit::new(1);
    let mut other = User::new(&limit);
    let task = Arc::new(CountingTask::default());
    let mut steps = HeavySteps::new(limit, Steps::new(2));
    assert!(poll_steps(&task, &mut steps).is_pending());
    assert_eq!(task.take_wakes(), 1);
    assert!(!other.acquires());
    assert!(poll_steps(&task, &mut steps).is_pending());
    assert_eq!(other.1.take_wakes(), 1);
    // The future was not woken, so it was not polled.
    assert_eq!((steps.future.polls, task.take_wakes()), (1, 0));
}

#[test]
fn a_future_woken_during_the_turn_of_other_tasks_is_polled_again() {
    let limit = CpuLimit::new(1);
    let task = Arc::new(CountingTask::default());
    let mut steps = HeavySteps::new(limit.clone(), Steps::new(2));
    assert!(poll_steps(&task, &mut steps).is_pending());
    wake(&steps);
    assert!(poll_steps(&task, &mut steps).is_ready());
    assert_eq!(limit.free_and_waiting().0, 1);
}

#[test]
fn a_future_woken_while_it_waits_for_its_permit_is_polled_once_it_has_it() {
    let limit = CpuLimit::new(1);
    let mut other = User::new(&limit);
    let task = Arc::new(CountingTask::default());
    let mut steps = HeavySteps::new(limit, Steps::new(2));
    assert!(poll_steps(&task, &mut steps).is_pending());
    assert!(poll_steps(&task, &mut steps).is_pending());
    assert!(other.acquires());
    task.take_wakes();
    wake(&steps);
    assert_eq!(task.take_wakes(), 1);
    assert!(poll_steps(&task, &mut steps).is_pending());
    // Woken again while it waits: the task is woken without an effect.
    wake(&steps);
    assert_eq!(task.take_wakes(), 1);
    assert!(poll_steps(&task, &mut steps).is_pending());
    assert_eq!(steps.future.polls, 1);
    other.0.release();
    assert_eq!(task.take_wakes(), 1);
    assert!(poll_steps(&task, &mut steps).is_ready());
}

#[test]
fn a_deadline_includes_the_time_of_waiting_for_a_permit() {
    let simulation = Simulation::new(1);
    let limit = CpuLimit::new(1);
    let mut other = User::new(&limit);
    assert!(other.acquires());
    let waits = HeavySteps::new(limit.clone(), pending::<()>());
    let deadline = Duration::from_secs(5);
    assert_eq!(simulation.run(simulation.timeout(deadline, waits)), None);
    assert_eq!(simulation.elapsed(), deadline);
    assert_eq!(limit.free_and_waiting().1, 0);
}

/// Counts working threads: one more during its lifetime.
struct AtWork<'a>(&'a AtomicUsize);

impl<'a> AtWork<'a> {
    fn begin(count: &'a AtomicUsize, most: usize) -> Self {
        let others = count.fetch_add(1, Ordering::SeqCst);
        assert!(others < most, "{others} other threads are working");
        Self(count)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn threads_never_work_with_more_than_all_permits_and_complete_all_futures() {
    const FUTURES: usize = 1_000;
    const STEPS: usize = 5;
    let limit = CpuLimit::new(3);
    let at_work = AtomicUsize::new(0);
    let work = || {
        for _ in 0..FUTURES {
            let mut steps = 0;
            let future = poll_fn(|cx| {
                let _at_work = AtWork::begin(&at_work, 2);
                // Woken before the step ends, or later by another thread.
                let waker = cx.waker().clone();
                steps += 1;
                match steps {
                    STEPS => return Poll::Ready(()),
                    2 => drop(thread::spawn(|| waker.wake())),
                    _ => waker.wake(),
                }
                Poll::Pending
            });
            block_on(pin!(HeavySteps::new(limit.clone(), future)));
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    assert_eq!(limit.free_and_waiting().0, 2);
}
