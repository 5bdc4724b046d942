//! Tests of the executor, on threads of the operating system.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::Barrier;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use futures::channel::{mpsc, oneshot};
use futures::{FutureExt, SinkExt, StreamExt};

use super::super::async_io::Spawn as _;
use super::*;

/// The time limit of every wait. Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(60);

fn spawn(executor: &ThreadPool, task: impl Future<Output = ()> + Send + 'static) {
    executor.spawn(task.boxed());
}

fn wait<T>(receiver: &Receiver<T>) -> T {
    receiver
        .recv_timeout(LIMIT)
        .expect("it comes within the limit")
}

/// Waits for an action of another thread.
#[track_caller]
fn wait_until(is_done: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_done() {
        assert!(start.elapsed() < LIMIT, "it never is");
        thread::yield_now();
    }
}

#[test]
fn a_panic_ends_its_task_alone() {
    let executor = ThreadPool::new(1);
    let (sender, receiver) = channel();
    spawn(&executor, async {
        resume_unwind(Box::new("expected panic"))
    });
    spawn(&executor, async move { sender.send(1).unwrap() });
    assert_eq!(wait(&receiver), 1);
}

#[test]
fn a_task_that_blocks_its_thread_does_not_delay_the_task_that_it_has_woken() {
    let executor = ThreadPool::new(2);
    let shared = executor.0.0.clone();
    let (wake, woken) = oneshot::channel::<()>();
    let (sender, receiver) = channel();
    let (done, is_done) = channel();
    spawn(&executor, async move {
        woken.await.unwrap();
        sender.send(()).unwrap();
    });
    spawn(&executor, async move {
        // The other thread sleeps, and does not look at the queue by itself.
        wait_until(|| !shared.lock().idle.is_empty());
        wake.send(()).unwrap();
        // Blocks the thread until the other task has run.
        wait(&receiver);
        done.send(()).unwrap();
    });
    wait(&is_done);
}

#[test]
fn tasks_that_are_ready_run_on_all_threads_at_the_same_time() {
    const THREADS: usize = 4;
    let executor = ThreadPool::new(THREADS);
    let barrier = Arc::new(Barrier::new(THREADS));
    let (sender, receiver) = channel();
    // First all at once from another thread, then from a task.
    for _ in 0..THREADS {
        spawn(&executor, meet(barrier.clone(), sender.clone()));
    }
    (0..THREADS).for_each(|_| wait(&receiver));
    let executor = Arc::new(executor);
    let spawner = executor.clone();
    spawn(&executor, async move {
        for _ in 0..THREADS {
            spawn(&spawner, meet(barrier.clone(), sender.clone()));
        }
    });
    (0..THREADS).for_each(|_| wait(&receiver));
}

/// Blocks its thread until as many tasks do so as the barrier is for.
async fn meet(barrier: Arc<Barrier>, sender: Sender<()>) {
    barrier.wait();
    sender.send(()).unwrap();
}

/// Sends when it is dropped, at the end of its thread.
struct EndOfThread(Sender<()>);

impl Drop for EndOfThread {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

thread_local! {
    static END: RefCell<Option<EndOfThread>> = const { RefCell::new(None) };
}

#[test]
fn the_threads_end_after_the_executor_and_its_last_task() {
    let executor = ThreadPool::new(1);
    let (sender, receiver) = channel();
    let (wake, woken) = oneshot::channel::<()>();
    let (event, events) = channel();
    spawn(&executor, async move {
        END.set(Some(EndOfThread(sender)));
        event.send(()).unwrap();
        woken.await.unwrap();
        event.send(()).unwrap();
    });
    wait(&events);
    let shared = executor.0.0.clone();
    drop(executor);
    assert!(!shared.lock().is_closed);
    wake.send(()).unwrap();
    wait(&events);
    wait(&receiver);
}

#[test]
fn idle_threads_end_with_the_executor() {
    let executor = ThreadPool::new(3);
    let shared = Arc::downgrade(&executor.0.0);
    wait_until(|| executor.0.0.lock().idle.len() == 3);
    drop(executor);
    wait_until(|| shared.strong_count() == 0);
}

/// Lost wake-ups would leave a ring of tasks waiting for each other.
#[test]
fn no_wake_up_is_lost_between_threads() {
    const TASKS: usize = 16;
    const ROUNDS: usize = 2_000;
    let executor = ThreadPool::new(4);
    let (done, is_done) = channel();
    let (first, mut receiver) = mpsc::channel(1);
    for index in 0..TASKS {
        let (mut sender, next) = if index + 1 == TASKS {
            (first.clone(), mpsc::channel(1).1)
        } else {
            mpsc::channel(1)
        };
        let mut previous = std::mem::replace(&mut receiver, next);
        let done = done.clone();
        spawn(&executor, async move {
            for _ in 0..ROUNDS {
                let Some(number) = previous.next().await else {
                    break;
                };
                if sender.send(number + 1_usize).await.is_err() {
                    break;
                }
            }
            done.send(()).unwrap();
        });
    }
    // Several numbers go round, so that several threads have work.
    for mut first in (0..4).map(|_| first.clone()) {
        spawn(&executor, async move { first.send(0).await.unwrap() });
    }
    drop(first);
    wait(&is_done);
}
