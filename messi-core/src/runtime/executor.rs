//! The executor of messi's tasks on async-io: a fixed number of threads with one queue.
//!
//! A thread that is woken in vain costs more than a small message does. So a wake-up goes to another thread only
//! if there is work that no thread is about to look for:
//!
//! 1. A task that becomes ready is put at the end of the queue ([`Shared::schedule`]).
//! 2. On a worker that is between two tasks, most often since it has waited for events, no other is woken: it takes
//!    the task itself. Everywhere else, one idle worker is woken. In the middle of a task too: that may go on to
//!    block its thread, and the tasks that it has woken must not wait for it.
//! 3. A worker that takes a task while others are left wakes one idle worker, which does the same
//!    ([`Shared::next`]).
//! 4. Until a woken worker has looked at the queue, no second one is woken.
//! 5. A worker that finds the queue empty becomes idle under the lock of the queue: a task that is scheduled later
//!    finds it among the idle ones.
//!
//! An idle worker waits in [`async_io::block_on`], for events of the reactor if no other thread does, and else to
//! be woken. After [`TASKS_PER_TURN`] tasks in a row it looks for events.

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::VecDeque;
use std::env;
use std::fmt::{self, Debug, Formatter};
use std::future::poll_fn;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use async_task::{Runnable, ScheduleInfo, WithInfo};
use futures::future::BoxFuture;

use super::async_io;
use crate::thread_scope::ThreadScope;

/// Tasks that a worker runs before it looks for events.
const TASKS_PER_TURN: usize = 64;

/// The most threads of one executor.
const MAX_THREADS: usize = 1024;

/// Returns the number of threads that the shared executor has.
pub(super) fn default_threads() -> usize {
    // As many as async-std had, for programs that limit it.
    let variable = env::var("ASYNC_STD_THREAD_COUNT").ok();
    let threads = variable.and_then(|threads| threads.parse().ok());
    threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get))
}

/// The activity of a worker thread.
#[derive(Clone, Copy)]
struct CurrentWorker {
    /// The id of its executor, or 0 on other threads.
    executor: usize,
    /// Its place among the workers of the executor.
    index: usize,
    is_running_task: bool,
}

thread_local! {
    static CURRENT: Cell<CurrentWorker> = const {
        Cell::new(CurrentWorker {
            executor: 0,
            index: 0,
            is_running_task: false,
        })
    };
}

/// The next id of an executor.
static NEXT_ID: AtomicUsize = AtomicUsize::new(1);

/// Threads with one queue of tasks. They end once it is dropped, and all tasks have ended.
#[derive(Debug)]
pub(super) struct ThreadPool(Arc<Threads>);

/// Ends the threads when the executor and all tasks, each of which has a reference, are dropped.
#[derive(Debug)]
struct Threads(Arc<Shared>);

/// The state that the threads share.
struct Shared {
    id: usize,
    /// The waker of each worker, which is always the same: `block_on` has one for each thread.
    wakers: Vec<OnceLock<Waker>>,
    /// Under the lock no task is run, dropped or woken.
    state: Mutex<WorkQueue>,
}

#[derive(Default)]
struct WorkQueue {
    ready: VecDeque<Runnable>,
    /// The workers that wait, the last one at the end.
    idle: Vec<usize>,
    /// The worker that was woken for others' tasks, until it looks at the queue.
    woken: Option<usize>,
    is_closed: bool,
}

/// The next step of a worker.
enum Next {
    Task(Runnable),
    Idle,
    Closed,
}

impl ThreadPool {
    /// Starts the threads: at least one, and at most [`MAX_THREADS`].
    ///
    /// # Panics
    ///
    /// If the operating system starts no thread.
    pub(super) fn new(threads: usize) -> Self {
        let threads = threads.clamp(1, MAX_THREADS);
        let shared = Arc::new(Shared {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            wakers: (0..threads).map(|_| OnceLock::new()).collect(),
            state: Mutex::default(),
        });
        for index in 0..threads {
            let shared = shared.clone();
            thread::Builder::new()
                .name("messi".into())
                .spawn(move || shared.work(index))
                .expect("the operating system starts a thread");
        }
        Self(Arc::new(Threads(shared)))
    }
}

impl async_io::Spawn for ThreadPool {
    fn name(&self) -> &'static str {
        "async-io"
    }

    fn threads(&self) -> usize {
        self.0.0.wakers.len()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        let threads = self.0.clone();
        let task = async move {
            // The threads must not end before their tasks.
            let _threads = threads;
            task.await;
        };
        let shared = self.0.0.clone();
        let schedule = WithInfo(move |runnable, info| shared.schedule(runnable, info));
        let (runnable, task) = async_task::spawn(task, schedule);
        runnable.schedule();
        // A task reports its end itself.
        task.detach();
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        drop(state);
        // Those that are not idle look at the state before they become so.
        self.0
            .wakers
            .iter()
            .filter_map(OnceLock::get)
            .for_each(Waker::wake_by_ref);
    }
}

impl Shared {
    /// Puts a task into the queue, and wakes a worker if no worker is about to look for it.
    fn schedule(&self, runnable: Runnable, info: ScheduleInfo) {
        let current = CURRENT.get();
        let is_worker = current.executor == self.id;
        // A task that woke itself is scheduled after its poll.
        let takes_next = is_worker && (!current.is_running_task || info.woken_while_running);
        let mut state = self.lock();
        state.ready.push_back(runnable);
        let woken = if takes_next {
            // It waits for events, and would go on with that.
            state.end_idleness(current.index).then_some(current.index)
        } else {
            state.wake_one()
        };
        drop(state);
        self.wake(woken);
    }

    /// Runs tasks until the executor is closed.
    fn work(&self, index: usize) {
        let current = CurrentWorker {
            executor: self.id,
            index,
            is_running_task: false,
        };
        let _scope = ThreadScope::enter(&CURRENT, current);
        ::async_io::block_on(poll_fn(|cx| self.poll_work(cx, current)));
    }

    /// Runs the tasks that are ready. It is ready itself once the executor is closed.
    fn poll_work(&self, cx: &mut Context<'_>, current: CurrentWorker) -> Poll<()> {
        self.wakers[current.index].get_or_init(|| cx.waker().clone());
        for _ in 0..TASKS_PER_TURN {
            let runnable = match self.next(current.index) {
                Next::Task(runnable) => runnable,
                Next::Idle => return Poll::Pending,
                Next::Closed => return Poll::Ready(()),
            };
            let running = CurrentWorker {
                is_running_task: true,
                ..current
            };
            let _scope = ThreadScope::enter(&CURRENT, running);
            // The panic hook has reported it, and whoever waits for the task learns that it is gone.
            let _ = catch_unwind(AssertUnwindSafe(|| runnable.run()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes the first task, and wakes another worker if more are left. Without a task the worker becomes idle.
    fn next(&self, index: usize) -> Next {
        let mut state = self.lock();
        state.end_idleness(index);
        if state.woken == Some(index) {
            state.woken = None;
        }
        let Some(runnable) = state.ready.pop_front() else {
            if state.is_closed {
                return Next::Closed;
            }
            state.idle.push(index);
            return Next::Idle;
        };
        let woken = if state.ready.is_empty() {
            None
        } else {
            state.wake_one()
        };
        drop(state);
        self.wake(woken);
        Next::Task(runnable)
    }

    fn wake(&self, worker: Option<usize>) {
        // Set: a worker is idle only after its first poll.
        if let Some(waker) = worker.and_then(|index| self.wakers[index].get()) {
            waker.wake_by_ref();
        }
    }

    fn lock(&self) -> MutexGuard<'_, WorkQueue> {
        // No code that runs under the lock panics halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkQueue {
    /// Returns an idle worker to wake, unless one is on its way. The last one that became idle is the first to
    /// be woken: its memory is still in the cache.
    fn wake_one(&mut self) -> Option<usize> {
        if self.woken.is_none() {
            self.woken = self.idle.pop();
            return self.woken;
        }
        None
    }

    /// Removes a worker from the idle ones. Returns whether it was there.
    fn end_idleness(&mut self, index: usize) -> bool {
        let place = self.idle.iter().position(|it| *it == index);
        place.map(|place| self.idle.remove(place)).is_some()
    }
}

impl Debug for Shared {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("threads", &self.wakers.len())
            .field("ready", &self.lock().ready.len())
            .finish_non_exhaustive()
    }
}
