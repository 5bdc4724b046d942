//! A limit on the tasks that do heavy work at a time, so that the others get a core.
//!
//! A TLS handshake takes half a millisecond of a core in one piece. If hundreds of handshakes are ready
//! at a time, each task that is ready too waits for all of them. With a [`CpuLimit`], those that must
//! wait are parked, not in the queue of the executor, and one core at least is left to the others.
//!
//! The limit is fair: permits are given in the order of asking. A permit that is returned is handed to
//! the first that waits, and nobody can take it in between.
//!
//! [`HeavySteps`] limits the polls of a future. For other work, hold a [`CpuPermit`] in the task, call
//! [`CpuPermit::poll_acquire`] before each heavy step, and [`CpuPermit::release`] at the beginning of the
//! next poll, after the task has woken itself and been pending: other tasks that are ready then run
//! before the next heavy step. Work that has an end may keep its place in the order from step to step
//! ([`CpuPermit::pause`]), so that what is begun is finished before more is begun.

mod steps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use event_listener::Event;

pub(crate) use self::steps::HeavySteps;
use crate::tasks::until;

/// Tasks that wait while more work is better left where it comes from: for handshakes, some tenths of a
/// second of a core.
const CROWD: usize = 256;

/// A number of permits, and the tasks that wait for one.
#[derive(Debug)]
pub(crate) struct CpuLimit {
    /// Notified when the tasks that wait are no crowd any more.
    dispersed: Event,
    /// Under the lock, nothing is woken or dropped that is a task's.
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    /// Permits that nobody has. If there are any, nobody waits.
    free: usize,
    next_ticket: u64,
    /// The wakers of those who wait, in their order. Who is not here any more has been given a permit.
    waiting: BTreeMap<u64, Waker>,
}

impl CpuLimit {
    /// Creates a limit for so many cores, one of which is left to others if there are several.
    pub(crate) fn new(cores: usize) -> Arc<Self> {
        let queue = Queue {
            free: cores.saturating_sub(1).max(1),
            next_ticket: 0,
            waiting: BTreeMap::new(),
        };
        Arc::new(Self {
            dispersed: Event::new(),
            queue: Mutex::new(queue),
        })
    }

    /// Waits as long as [`CROWD`] tasks or more wait for a permit.
    pub(crate) async fn uncrowded(&self) {
        let is_uncrowded = || (self.lock().waiting.len() < CROWD).then_some(());
        if is_uncrowded().is_none() {
            until(&self.dispersed, is_uncrowded).await;
        }
    }

    /// Takes a permit; `false` if the task has to wait for it.
    fn enter(&self, ticket: u64, waker: &Waker) -> bool {
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

    fn next_ticket(&self) -> u64 {
        let mut queue = self.lock();
        queue.next_ticket += 1;
        queue.next_ticket
    }

    /// Whether the task with this ticket has been given a permit. If not, the waker replaces its last.
    fn is_permitted(&self, ticket: u64, waker: &Waker) -> bool {
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

    /// Takes a task out of those that wait; `false` if it has been given a permit meanwhile.
    fn leave(&self, ticket: u64) -> bool {
        let mut queue = self.lock();
        let removed = queue.waiting.remove(&ticket);
        self.unlock_shortened(queue);
        removed.is_some()
    }

    /// Hands a permit that is returned to the first task that waits.
    fn release(&self) {
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

    /// Unlocks the queue after a task has left it. The notification is due at one length alone, as each
    /// task leaves by itself.
    fn unlock_shortened(&self, queue: MutexGuard<'_, Queue>) {
        let is_dispersed = queue.waiting.len() == CROWD - 1;
        drop(queue);
        if is_dispersed {
            self.dispersed.notify(usize::MAX);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing that runs under the lock leaves it half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The permit of one task, which may have it, wait for it, or neither.
///
/// Dropping it returns the permit, or leaves the place in the queue to the next.
#[derive(Debug)]
pub(crate) struct CpuPermit {
    limit: Arc<CpuLimit>,
    /// The place in the order of those who ask, once this has asked.
    ticket: Option<u64>,
    state: PermitState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PermitState {
    Idle,
    /// The permit may have been given already.
    Waiting(u64),
    Permitted,
}

impl CpuPermit {
    /// Creates a permit that has not been asked for.
    pub(crate) fn new(limit: Arc<CpuLimit>) -> Self {
        Self {
            limit,
            ticket: None,
            state: PermitState::Idle,
        }
    }

    /// Waits for the permit, and is ready as long as there is one.
    ///
    /// Pending, it has arranged for the task to be woken when the permit is given. From then on others
    /// have to wait for this task, until it has used the permit and returned it.
    pub(crate) fn poll_acquire(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = &self.limit;
        let is_permitted = match self.state {
            PermitState::Permitted => true,
            PermitState::Waiting(ticket) => limit.is_permitted(ticket, cx.waker()),
            PermitState::Idle => {
                let ticket = *self.ticket.get_or_insert_with(|| limit.next_ticket());
                self.state = PermitState::Waiting(ticket);
                limit.enter(ticket, cx.waker())
            }
        };
        if !is_permitted {
            return Poll::Pending;
        }
        self.state = PermitState::Permitted;
        Poll::Ready(())
    }

    /// Returns the permit, if [`poll_acquire`](Self::poll_acquire) was ready, and gives up the place in
    /// the order: whoever waits comes before the next request.
    pub(crate) fn release(&mut self) {
        if self.state == PermitState::Permitted {
            self.ticket = None;
        }
        self.pause();
    }

    /// Returns the permit, if [`poll_acquire`](Self::poll_acquire) was ready, and keeps the place in the
    /// order: the next request comes before those of whoever asked later than this did first.
    pub(crate) fn pause(&mut self) {
        if self.state == PermitState::Permitted {
            self.state = PermitState::Idle;
            self.limit.release();
        }
    }

    /// Returns the permit, or asks for it no longer.
    pub(crate) fn cancel(&mut self) {
        if let PermitState::Waiting(ticket) = self.state {
            self.ticket = None;
            let has_left = self.limit.leave(ticket);
            self.state = if has_left {
                PermitState::Idle
            } else {
                PermitState::Permitted
            };
        }
        self.release();
    }
}

impl Drop for CpuPermit {
    fn drop(&mut self) {
        self.cancel();
    }
}
