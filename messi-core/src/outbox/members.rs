//! The queues that share memory, and which of them goes first when it is used up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Outbox;
use super::budget::Ticket;

/// The queues that share memory.
#[derive(Debug, Default)]
pub(super) struct Members(Mutex<State>);

/// What is behind the lock, under which nothing is woken, and no queue is dropped or locked.
#[derive(Debug, Default)]
struct State {
    /// All queues, some of which may be gone.
    all: Vec<Weak<Outbox>>,
    /// Those that waited when it was last looked, the slowest last. A shortage often ends many connections
    /// one after the other, and to look at all queues for each would take long where there are thousands.
    line: Vec<(Ticket, Weak<Outbox>)>,
}

impl Members {
    /// Adds a queue.
    pub(super) fn add(&self, outbox: &Arc<Outbox>) {
        let mut state = self.lock();
        // To look only before the list would grow costs no more than the growing.
        if state.all.len() == state.all.capacity() {
            state.all.retain(|member| member.strong_count() > 0);
        }
        state.all.push(Arc::downgrade(outbox));
    }

    /// Returns the queue whose peer is the slowest: the one with the first ticket, if any has one.
    pub(super) fn slowest(&self) -> Option<Arc<Outbox>> {
        self.first_in_line().or_else(|| {
            self.make_line();
            self.first_in_line()
        })
    }

    /// Takes the first queue out of the line that still has the ticket by which it is there.
    fn first_in_line(&self) -> Option<Arc<Outbox>> {
        loop {
            let (ticket, outbox) = self.lock().line.pop()?;
            let outbox = outbox.upgrade();
            if let Some(outbox) = outbox.filter(|it| it.ticket() == Some(ticket)) {
                return Some(outbox);
            }
        }
    }

    fn make_line(&self) {
        // They outlive the lock: to drop the last handle of one wakes those who wait with it.
        let members: Vec<_> = self.lock().all.iter().filter_map(Weak::upgrade).collect();
        let waiting = members.iter();
        let waiting = waiting.filter_map(|it| Some((it.ticket()?, Arc::downgrade(it))));
        let mut line: Vec<_> = waiting.collect();
        line.sort_unstable_by_key(|(ticket, _)| std::cmp::Reverse(*ticket));
        self.lock().line = line;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
