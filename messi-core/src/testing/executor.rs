//! Tasks on one thread, in a random order that the seed decides.
//!
//! The clock stands still while a task is ready. A run repeats these steps until its future is ready:
//!
//! 1. It takes a random one of the ready tasks, the future of the run among them, and marks it as not woken: a
//!    wake during the poll makes it ready again.
//! 2. It polls the task, without any lock. A panic of the task removes it and ends the run.
//! 3. If no task is ready, it advances the clock to the next time that a task waits for. The waker for that time makes
//!    that task ready.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use fastrand::Rng;
use futures::future::BoxFuture;

use super::clock::SimulatedClock;

/// The limit of polls while the clock stands still. Only a loop that never waits exceeds it.
const MAX_POLLS_AT_ONE_MOMENT: u32 = 1_000_000;

/// The limit of the pretended time of one run. Only one that waits in vain, while keep-alive goes on for
/// ever, exceeds it.
const MAX_TIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The tasks of a simulation.
pub(super) struct Executor {
    clock: SimulatedClock,
    ready: Arc<ReadyQueue>,
    state: Mutex<ExecutorState>,
}

struct ExecutorState {
    tasks: BTreeMap<u64, SimulatedTask>,
    next_id: u64,
    random: Rng,
    running: bool,
    /// Whether the simulation has been dropped, and its tasks with it.
    closed: bool,
}

struct SimulatedTask {
    waker: Arc<TaskWaker>,
    /// `None` while it is polled.
    future: Option<BoxFuture<'static, ()>>,
}

/// The tasks that are ready to be polled.
#[derive(Default)]
struct ReadyQueue(Mutex<Vec<u64>>);

/// The waker of a task. It has only its number, so that keeping the waker does not keep the task.
struct TaskWaker {
    id: u64,
    is_queued: AtomicBool,
    ready: Arc<ReadyQueue>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            self.ready.lock().push(self.id);
        }
    }
}

impl ReadyQueue {
    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Executor {
    pub(super) fn new(clock: SimulatedClock, random: Rng) -> Self {
        Self {
            clock,
            ready: Arc::default(),
            state: Mutex::new(ExecutorState {
                tasks: BTreeMap::new(),
                next_id: 0,
                random,
                running: false,
                closed: false,
            }),
        }
    }

    /// Adds a task. It is polled by [`run`](Self::run).
    pub(super) fn spawn(&self, future: BoxFuture<'static, ()>) {
        let waker = self.new_waker();
        let mut state = self.lock();
        if state.closed {
            // Dropping the future may call this again: not under the lock.
            drop(state);
            return drop(future);
        }
        let task = SimulatedTask {
            waker: waker.clone(),
            future: Some(future),
        };
        state.tasks.insert(waker.id, task);
        drop(state);
        waker.wake();
    }

    /// Returns the number of tasks that have not ended.
    pub(super) fn tasks(&self) -> usize {
        self.lock().tasks.len()
    }

    /// Polls a future and all tasks until the future is ready.
    pub(super) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let _running = RunGuard::new(self);
        let limit = self.clock.elapsed().saturating_add(MAX_TIME);
        let mut future = pin!(future);
        let task_waker = self.new_waker();
        task_waker.wake_by_ref();
        let waker = Waker::from(task_waker.clone());
        let mut polls = 0;
        loop {
            match self.take_ready() {
                Some(id) if id == task_waker.id => {
                    task_waker.is_queued.store(false, Ordering::Release);
                    let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
                    if let Poll::Ready(output) = poll {
                        return output;
                    }
                }
                Some(id) => self.poll_task(id),
                None => {
                    self.advance(limit);
                    polls = 0;
                }
            }
            polls += 1;
            assert!(
                polls <= MAX_POLLS_AT_ONE_MOMENT,
                "the simulation goes on and on at one moment, {:?} after its start: something \
                 repeats without ever waiting for time to pass",
                self.clock.elapsed()
            );
        }
    }

    /// Drops every task, and each that is added from now on.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let tasks = mem::take(&mut state.tasks);
        drop(state);
        drop(tasks);
    }

    fn new_waker(&self) -> Arc<TaskWaker> {
        let mut state = self.lock();
        state.next_id += 1;
        Arc::new(TaskWaker {
            id: state.next_id,
            is_queued: AtomicBool::new(false),
            ready: self.ready.clone(),
        })
    }

    /// Takes a random one of the tasks that are ready.
    fn take_ready(&self) -> Option<u64> {
        let mut state = self.lock();
        let mut ready = self.ready.lock();
        if ready.is_empty() {
            return None;
        }
        let index = state.random.usize(..ready.len());
        Some(ready.swap_remove(index))
    }

    fn poll_task(&self, id: u64) {
        let Some((waker, mut future)) = self.take_task(id) else {
            // It has ended since it was woken.
            return;
        };
        waker.is_queued.store(false, Ordering::Release);
        let waker = Waker::from(waker);
        let mut cx = Context::from_waker(&waker);
        let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx)));
        if matches!(poll, Ok(Poll::Pending)) {
            if let Some(task) = self.lock().tasks.get_mut(&id) {
                task.future = Some(future);
            }
            return;
        }
        // Not under the lock, since the end of a task may be the start of another.
        drop(future);
        let ended = self.lock().tasks.remove(&id);
        drop(ended);
        if let Err(panic) = poll {
            resume_unwind(panic);
        }
    }

    fn take_task(&self, id: u64) -> Option<(Arc<TaskWaker>, BoxFuture<'static, ()>)> {
        let mut state = self.lock();
        let task = state.tasks.get_mut(&id)?;
        Some((task.waker.clone(), task.future.take()?))
    }

    /// Advances the clock to the next time that a task waits for, as no task is ready.
    fn advance(&self, limit: Duration) {
        let elapsed = self.clock.elapsed();
        let Some(next) = self.clock.next() else {
            panic!(
                "the simulation has come to a standstill {elapsed:?} after its start: the future \
                 given to `run` waits, and so do {} tasks, but none of them for a time. What it \
                 waits for never happens, or happens outside of the simulation, as what another \
                 thread, a real socket and another runtime's timer do",
                self.tasks()
            );
        };
        assert!(
            next <= limit,
            "the simulation goes on for more than {MAX_TIME:?} in one run: the future given to \
             `run` waits for what never happens, while clients and servers go about their business"
        );
        self.clock.advance_to(next);
    }

    fn lock(&self) -> MutexGuard<'_, ExecutorState> {
        // No code that runs under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for Executor {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Executor")
            .field("tasks", &self.tasks())
            .finish_non_exhaustive()
    }
}

/// Ensures that there is only one run at a time.
struct RunGuard<'a>(&'a Executor);

impl<'a> RunGuard<'a> {
    fn new(executor: &'a Executor) -> Self {
        let was_running = mem::replace(&mut executor.lock().running, true);
        assert!(!was_running, "the simulation is being run already");
        Self(executor)
    }
}

impl Drop for RunGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().running = false;
    }
}
