use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use futures::future::{FutureExt, pending};

use super::limit::CONGESTION;
use super::*;
use crate::testing::Simulation;

/// A task that counts how often it was woken.
#[derive(Default)]
struct CountingTask(AtomicUsize);

impl Wake for CountingTask {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl CountingTask {
    /// Polls something as this task.
    fn poll<T>(self: &Arc<Self>, poll: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let waker = Waker::from(self.clone());
        poll(&mut Context::from_waker(&waker))
    }

    fn take_wakes(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// A permit, and its task.
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

/// A future whose polls are counted, ready once it has been polled so often. The waker of the last poll
/// is kept.
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
fn one_core_is_left_to_others_if_there_are_several() {
    for (cores, permits) in [(0, 1), (1, 1), (2, 1), (4, 3)] {
        assert_eq!(CpuLimit::new(cores).free_and_waiting().0, permits);
    }
}

#[test]
fn permits_are_given_in_the_order_of_asking() {
    let limit = CpuLimit::new(2);
    let [mut first, mut second, mut third] = users(&limit);
    assert!(first.acquires());
    assert!(!second.acquires());
    assert!(!third.acquires());
    first.0.release();
    // A permit that is requested again comes after those that wait.
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
    // The second has the permit already, but the third has not.
    assert!(!first.acquires());
    assert!(second.acquires());
    second.0.release();
    assert!(first.acquires());
    first.0.release();
    assert!(third.acquires());
}

#[test]
fn a_task_that_is_dropped_passes_its_turn_on() {
    let limit = CpuLimit::new(1);
    let [mut first, mut second, mut third, mut fourth] = users(&limit);
    assert!(first.acquires());
    for user in [&mut second, &mut third, &mut fourth] {
        assert!(!user.acquires());
    }
    // One that waits, one that has the permit, and one that was given it and does not know yet.
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
fn more_work_waits_while_there_is_congestion() {
    let limit = CpuLimit::new(1);
    let mut waiting: Vec<User> = (0..CONGESTION).map(|_| User::new(&limit)).collect();
    let mut last = User::new(&limit);
    // One of them has the permit.
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
fn a_permit_is_returned_once_the_task_has_let_others_run() {
    let limit = CpuLimit::new(1);
    let mut other = User::new(&limit);
    let task = Arc::new(CountingTask::default());
    let mut steps = HeavySteps::new(limit, Steps::new(2));
    assert!(poll_steps(&task, &mut steps).is_pending());
    assert_eq!(task.take_wakes(), 1);
    assert!(!other.acquires());
    assert!(poll_steps(&task, &mut steps).is_pending());
    assert_eq!(other.1.take_wakes(), 1);
    // It was not woken: there was no step, and there is none until it is.
    assert_eq!((steps.future.polls, task.take_wakes()), (1, 0));
}

#[test]
fn a_future_that_is_woken_while_its_task_lets_others_run_is_polled_again() {
    let limit = CpuLimit::new(1);
    let task = Arc::new(CountingTask::default());
    let mut steps = HeavySteps::new(limit.clone(), Steps::new(2));
    assert!(poll_steps(&task, &mut steps).is_pending());
    wake(&steps);
    assert!(poll_steps(&task, &mut steps).is_ready());
    assert_eq!(limit.free_and_waiting().0, 1);
}

#[test]
fn a_future_that_is_woken_while_it_waits_for_its_permit_is_polled_with_it() {
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
    // Once more, while it waits: that wakes the task for nothing.
    wake(&steps);
    assert_eq!(task.take_wakes(), 1);
    assert!(poll_steps(&task, &mut steps).is_pending());
    assert_eq!(steps.future.polls, 1);
    other.0.release();
    assert_eq!(task.take_wakes(), 1);
    assert!(poll_steps(&task, &mut steps).is_ready());
}

#[test]
fn a_deadline_includes_the_time_of_waiting() {
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

/// Adds itself to those that are at work, during its life.
struct AtWork<'a>(&'a AtomicUsize);

impl<'a> AtWork<'a> {
    fn begin(count: &'a AtomicUsize, most: usize) -> Self {
        let others = count.fetch_add(1, Ordering::SeqCst);
        assert!(others < most, "{others} others are at work");
        Self(count)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn threads_never_do_more_at_a_time_than_there_are_permits_and_all_get_done() {
    const FUTURES: usize = 1_000;
    const STEPS: usize = 5;
    let limit = CpuLimit::new(3);
    let at_work = AtomicUsize::new(0);
    let work = || {
        for _ in 0..FUTURES {
            let mut steps = 0;
            let future = poll_fn(|cx| {
                let _at_work = AtWork::begin(&at_work, 2);
                // Either before the step ends, or by another thread at some moment.
                let waker = cx.waker().clone();
                steps += 1;
                match steps {
                    STEPS => return Poll::Ready(()),
                    2 => drop(thread::spawn(|| waker.wake())),
                    _ => waker.wake(),
                }
                Poll::Pending
            });
            async_io::block_on(pin!(HeavySteps::new(limit.clone(), future)));
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    assert_eq!(limit.free_and_waiting().0, 2);
}
