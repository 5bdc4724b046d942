//! The permits, and the queue of the tasks that wait for one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use event_listener::Event;

use crate::tasks::{notify_all, until};

/// The number of waiting tasks from which on no further work should be accepted. For handshakes, so many take
/// some tenths of a second of a core.
pub(super) const CONGESTION: usize = 256;

/// A number of permits, and the queue of the tasks that wait for one.
#[derive(Debug)]
pub(crate) struct CpuLimit {
    /// Notified when fewer than [`CONGESTION`] tasks wait.
    relieved: Event,
    /// Under the lock, no waker is cloned, woken or dropped, and there is no await or log output.
    queue: Mutex<PermitQueue>,
}

#[derive(Debug)]
struct PermitQueue {
    /// Permits that no task has. If there are any, no task waits.
    free: usize,
    next_ticket: u64,
    /// The wakers of the waiting tasks, in the order of their tickets. A task that is not here any more has
    /// been given a permit.
    waiting: BTreeMap<u64, Waker>,
}

impl CpuLimit {
    /// Creates a limit for so many cores, one of which is left to others if there are several.
    pub(crate) fn new(cores: usize) -> Arc<Self> {
        let queue = PermitQueue {
            free: cores.saturating_sub(1).max(1),
            next_ticket: 0,
            waiting: BTreeMap::new(),
        };
        Arc::new(Self {
            relieved: Event::new(),
            queue: Mutex::new(queue),
        })
    }

    /// Waits as long as [`CONGESTION`] tasks or more wait for a permit.
    pub(crate) async fn uncongested(&self) {
        let is_uncongested = || (self.lock().waiting.len() < CONGESTION).then_some(());
        if is_uncongested().is_none() {
            until(&self.relieved, is_uncongested).await;
        }
    }

    /// Takes a permit. Returns `false` if the task has to wait for it.
    pub(super) fn enter(&self, ticket: u64, waker: &Waker) -> bool {
        let waker = waker.clone();
        let mut queue = self.lock();
        if queue.free > 0 {
            queue.free -= 1;
            // The waker, which is not needed, is dropped after the lock.
            return true;
        }
        queue.waiting.insert(ticket, waker);
        false
    }

    /// Returns the ticket of a task that asks for the first time.
    pub(super) fn next_ticket(&self) -> u64 {
        let mut queue = self.lock();
        queue.next_ticket += 1;
        queue.next_ticket
    }

    /// Returns whether the task with this ticket has been given a permit. If not, the waker replaces its
    /// last.
    pub(super) fn is_permitted(&self, ticket: u64, waker: &Waker) -> bool {
        let waker = waker.clone();
        let mut queue = self.lock();
        let Some(place) = queue.waiting.get_mut(&ticket) else {
            return true;
        };
        let replaced = std::mem::replace(place, waker);
        drop(queue);
        drop(replaced);
        false
    }

    /// Removes a task from the queue. Returns `false` if it has been given a permit meanwhile.
    pub(super) fn leave(&self, ticket: u64) -> bool {
        let mut queue = self.lock();
        let removed = queue.waiting.remove(&ticket);
        self.unlock_shortened(queue);
        removed.is_some()
    }

    /// Returns a permit, which goes to the first task that waits.
    pub(super) fn release(&self) {
        let mut queue = self.lock();
        let first = queue.waiting.pop_first();
        if first.is_none() {
            queue.free += 1;
        }
        self.unlock_shortened(queue);
        if let Some((_, waker)) = first {
            waker.wake();
        }
    }

    /// Unlocks the queue after a task has left it. Tasks leave one by one, so that the notification is due at
    /// one length alone.
    fn unlock_shortened(&self, queue: MutexGuard<'_, PermitQueue>) {
        let is_relieved = queue.waiting.len() == CONGESTION - 1;
        drop(queue);
        if is_relieved {
            notify_all(&self.relieved);
        }
    }

    /// Returns the number of free permits, and that of the tasks that wait.
    #[cfg(test)]
    pub(super) fn free_and_waiting(&self) -> (usize, usize) {
        let queue = self.lock();
        (queue.free, queue.waiting.len())
    }

    fn lock(&self) -> MutexGuard<'_, PermitQueue> {
        // No code that runs under the lock leaves it half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
